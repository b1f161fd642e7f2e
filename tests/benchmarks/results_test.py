"""Tests of benchmarks/results.py, and of docs/results.md."""

import pathlib

from absl.testing import absltest

from benchmarks import records
from benchmarks import results
from benchmarks import seeds
from cnn_tf.run import settings as settings_lib
from cnn_tf.sweep import kept

_ROOT = results.CONFIGS.parent
_RECORDS = records.read(_ROOT / 'benchmarks/accuracy.csv')


class TablesTest(absltest.TestCase):
  def test_it_shows_the_table_of_the_csv_file(self):
    shown = _between_markers(_ROOT / 'docs/results.md')
    self.assertEqual(shown, results.table(_RECORDS, results.CONFIGS))

  def test_the_readme_shows_the_short_table(self):
    shown = _between_markers(_ROOT / 'README.md')
    self.assertEqual(shown, results.short_table(_RECORDS, results.CONFIGS))

  def test_the_headers_of_the_flagfiles_state_the_same(self):
    for name, result in results.headers(_RECORDS, results.CONFIGS).items():
      with self.subTest(name):
        lines = (results.CONFIGS / f'{name}.flags').read_text().splitlines()
        header = ' '.join(line[2:] for line in lines if line.startswith('# '))
        self.assertIn(result, header)


def _between_markers(path):
  text = path.read_text().split('<!-- table of the accuracies -->\n')[1]
  return text.split('\n<!-- end -->')[0]


class TableTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.configs = pathlib.Path(self.create_tempdir().full_path)
    self.settings = settings_lib.Settings(
      dataset='fashion', precision='float32', num_epochs=7
    )
    path = self.configs / 'plain.flags'
    path.write_text(self.settings.to_flags())

  def record(self, seed, accuracy, **changes):
    on_test = seeds.settings_on(self.settings, 'test')
    return records.Record(
      *('plain', kept.digest(on_test), 'fashion', 'test', seed, 7),
      *(accuracy, 0.3, None, 'float32', 2, 75, 'a CPU', '2.21.0'),
    )._replace(**changes)

  def rows(self, *found):
    lines = results.table(list(found), self.configs).splitlines()
    return [line.strip('| ').split(' | ') for line in lines[2:]]

  def test_numbers_by_hand(self):
    # Mean 92.0 and deviation 0.2; a median of 75 s.
    (row,) = self.rows(
      self.record(1002, 0.922, seconds=None),
      self.record(1000, 0.918, seconds=74),
      self.record(1001, 0.920, seconds=76),
    )
    self.assertEqual(
      row,
      ['`plain`', 'Fashion-MNIST', '114,454', '2,815,336', '7', '1:15']
      + ['float32', '3', '92.00 (sd 0.20)', '91.50 to 92.50', '']
      + [
        '`python -m benchmarks.accuracy --flagfile=configs/plain.flags '
        '--seeds=3 --first_seed=1000 --on=test`'
      ],
    )

  def test_other_settings_and_the_validation_set_do_not_count(self):
    self.assertEmpty(
      self.rows(
        self.record(0, 0.9, settings='00000000'),
        self.record(0, 0.9, on='validation'),
      )
    )

  def test_the_short_table_and_the_header(self):
    found = [self.record(seed, 0.9 + seed / 100) for seed in (0, 1, 2)]
    self.assertEqual(
      results.short_table(found, self.configs).splitlines()[2],
      '| `plain` | Fashion-MNIST | 7 | 3 | 91.00 (sd 1.00) '
      '| 88.52 to 93.48 |  |',
    )
    self.assertEqual(
      results.headers(found, self.configs),
      {'plain': 'Test accuracy 91.00 % (sd 1.00, n = 3)'},
    )

  def test_flips_are_a_column_of_their_own(self):
    (row,) = self.rows(
      self.record(0, 0.92, accuracy_with_flips=0.93),
      self.record(1, 0.92, accuracy_with_flips=0.93),
    )
    self.assertEqual(
      row[8:11], ['92.00 (sd 0.00)', '92.00 to 92.00', '93.00 (sd 0.00)']
    )


if __name__ == '__main__':
  absltest.main()
