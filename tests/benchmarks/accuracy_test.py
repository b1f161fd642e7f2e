"""Tests of benchmarks/accuracy.py and benchmarks/seeds.py."""

import contextlib
import io
import pathlib
import re

import tensorflow as tf

from benchmarks import accuracy
from benchmarks import records
from benchmarks import seeds
from cnn_tf import errors
from cnn_tf.run import environment
from cnn_tf.run import settings as settings_lib
from tests import processes
from tests import small_data


class SeedsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(self.folder)
    self.table = self.folder / 'table.csv'
    self.settings = settings_lib.Settings(
      **small_data.flags(self.folder, batch_size=64, num_epochs=2)
    )

  def measure(self, on, numbers, settings=None):
    wanted = settings or self.settings
    runs = self.folder / 'runs'
    return seeds.measure('small', wanted, on, numbers, self.table, '1', runs)

  def damage(self, prefix):
    for path in self.folder.glob(f'{prefix}-*'):
      path.write_bytes(b'not an IDX file')

  def test_on_validation_the_test_files_are_not_read(self):
    self.damage('t10k')
    (record,) = self.measure('validation', [3])
    self.assertEqual((record.seed, record.on), (3, 'validation'))
    # It is the accuracy in the last line of the metrics.
    metrics = next(self.folder.glob('runs/*-seed3/metrics.csv')).read_text()
    last = float(metrics.split(',')[-1])
    self.assertAlmostEqual(record.accuracy, last, delta=1e-6)
    with self.assertRaises(errors.UserError):
      self.measure('test', [3])  # the damage would have been seen

  def test_on_test_all_training_examples_are_used(self):
    (record,) = self.measure('test', [0])
    self.assertEqual(round(200 * record.accuracy, 4) % 1, 0)
    # 640 images in batches of 64: ten steps in each of two epochs.
    metrics = next(self.folder.glob('runs/*/metrics.csv')).read_text()
    self.assertStartsWith(metrics.splitlines()[-1], '2,20,')

  def test_what_is_in_the_table_is_not_trained_again(self):
    first = self.measure('validation', [0, 1])
    self.damage('train')
    again = self.measure('validation', [1, 0])
    self.assertEqual(again, first[::-1])
    self.assertEqual(records.read(self.table), first)

  def test_a_lost_line_gets_the_same_digits_from_the_finished_run(self):
    (first,) = self.measure('validation', [0])
    self.table.unlink()
    (again,) = self.measure('validation', [0])
    self.assertEqual(again, first._replace(seconds=None))

  def test_the_precision_is_printed_and_recorded(self):
    records_of = {}
    for precision in ('auto', 'bfloat16'):
      changes = small_data.flags(
        self.folder, batch_size=64, num_epochs=1, precision=precision
      )
      settings = settings_lib.Settings(**changes)
      with contextlib.redirect_stdout(io.StringIO()) as printed:
        (records_of[precision],) = self.measure('validation', [0], settings)
      line = environment.describe_precision(precision)
      self.assertEqual(line in printed.getvalue(), precision == 'bfloat16')
    self.assertEqual(records_of['bfloat16'].precision, 'bfloat16')
    best = environment.best_precision()
    self.assertEqual(records_of['auto'].precision, best)

  def test_flips_have_a_column_of_their_own(self):
    changes = small_data.flags(
      self.folder, batch_size=64, num_epochs=2, evaluate_flips=True
    )
    (both,) = self.measure('validation', [0], settings_lib.Settings(**changes))
    (plain,) = self.measure('validation', [0])
    self.assertEqual(both.accuracy, plain.accuracy)
    self.assertIsNone(plain.accuracy_with_flips)
    self.assertNotEqual(both.accuracy_with_flips, both.accuracy)

  def test_no_validation_examples_is_one_line(self):
    changes = small_data.flags(self.folder, num_validation=0)
    with self.assertRaisesRegex(errors.UserError, '--on=validation needs'):
      self.measure('validation', [0], settings_lib.Settings(**changes))


class RowTest(tf.test.TestCase):
  def test_the_statistics_of_two_seeds(self):
    # The t quantile of one degree of freedom is 12.706.
    found = accuracy.row('a', [0.91, 0.93])
    expected = ['a', '2', '92.000', '1.414', '91.00', '93.00']
    self.assertEqual(found, [*expected, '79.294 to 104.706'])

  def test_one_seed_has_neither_deviation_nor_interval(self):
    found = accuracy.row('a', [0.91])
    self.assertEqual(found, ['a', '1', '91.000', '', '91.00', '91.00', ''])


class CommandTest(tf.test.TestCase):
  def run_command(self, *arguments):
    return processes.Command(
      self.folder, *arguments, module='benchmarks.accuracy'
    ).wait()

  def test_several_flagfiles_in_one_call(self):
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(self.folder)
    for name, rate in (('a', 0.05), ('b', 0.02)):
      changes = {'batch_size': 64, 'num_epochs': 1, 'learning_rate': rate}
      settings = settings_lib.Settings(
        **small_data.flags(self.folder, **changes)
      )
      (self.folder / f'{name}.flags').write_text(settings.to_flags())
    arguments = ('--flagfile=a.flags', '--seeds=2', '--csv=table.csv')
    done = self.run_command('b.flags', *arguments)
    self.assertEqual((done.code, done.stderr), (0, ''))
    lines = done.stdout.splitlines()
    self.assertRegex(lines[-2], r'^b +2  \d\d\.\d{3} .* to ')
    self.assertRegex(lines[-1], r'^a +2  \d\d\.\d{3} .* to ')
    found = records.read(self.folder / 'table.csv')
    self.assertEqual([r.name for r in found], ['b', 'b', 'a', 'a'])
    done = self.run_command('b.flags', *arguments)
    self.assertEqual(done.stdout.splitlines()[-2:], lines[-2:])
    self.assertLen(re.findall('2 of 2 seeds', done.stdout), 2)

  def test_one_line_for_a_mistake(self):
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    (self.folder / 'wrong.flags').write_text('--rate=1\n')
    for size in (32, 64):
      (self.folder / f'{size}.flags').write_text(f'--batch_size={size}\n')
    for arguments, words in (
      ([], 'no flagfile is given'),
      (['no.flags'], 'no.flags: '),
      (['--flagfile=wrong.flags'], "wrong.flags: Unknown command line flag 'r"),
      (['--on=train', 'wrong.flags'], '--on=train'),
      (['32.flags', '64.flags'], 'each --batch_size needs'),
    ):
      with self.subTest(words):
        done = self.run_command(*arguments)
        self.assertEqual((done.code, done.stdout), (1, ''))
        self.assertLen(done.stderr.splitlines(), 1)
        self.assertIn(words, done.stderr)


if __name__ == '__main__':
  tf.test.main()
