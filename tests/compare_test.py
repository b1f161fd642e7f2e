"""Tests of cnn_tf/compare.py."""

import csv
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import tensorflow as tf

from cnn_tf import compare
from cnn_tf import errors
from cnn_tf.run import storage
from tests import small_data
from tests import small_run


class CompareTest(small_run.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    self.copy = self.folder / 'copy'
    shutil.copytree(self.workdir, self.copy)

  def change(self, before, after):
    path = self.copy / 'run.flags'
    text = path.read_text()
    self.assertIn(before, text)
    path.write_text(text.replace(before, after))

  def row(self):
    header, row = compare.table([compare.read(self.copy)])
    return dict(zip(header, row, strict=True))

  def test_the_results_are_those_of_the_files(self):
    row = self.row()
    with (self.copy / 'metrics.csv').open() as file:
      *_, last = csv.DictReader(file)
    validated = 100 * float(last['validation_accuracy'])
    tested = storage.read_result(self.copy)
    self.assertEqual(row['epoch'], '2')
    self.assertEqual(row['validation'], f'{validated:.2f}')
    self.assertEqual(row['test'], f'{100 * tested["test_accuracy"]:.2f}')
    self.assertEqual(
      row['cross-entropy'], f'{tested["test_cross_entropy"]:.4f}'
    )

  def test_only_flags_that_differ_are_shown(self):
    self.change('--learning_rate=0.05', '--learning_rate=0.1')
    self.change('--nesterov=false', '--nesterov=true')
    entries = [compare.read(path) for path in (self.workdir, self.copy)]
    header, *rows = compare.table(entries)
    self.assertEqual(header[1:4], ['nesterov', 'learning_rate', 'epoch'])
    self.assertEqual(
      [row[1:3] for row in rows], [['false', '0.05'], ['true', '0.1']]
    )

  def test_an_unfinished_run_shows_its_epoch_and_no_test(self):
    (self.copy / 'result.json').unlink()
    self.change('--num_epochs=2', '--num_epochs=5')
    row = self.row()
    self.assertEqual((row['epoch'], row['test']), ('2 of 5', ''))
    self.assertNotEmpty(row['validation'])
    (self.copy / 'metrics.csv').unlink()
    row = self.row()
    self.assertEqual(row['epoch'], '2 of 5')
    self.assertEqual((row['validation'], row['cross-entropy']), ('', ''))
    shutil.rmtree(self.copy / 'checkpoints')
    self.assertEqual(self.row()['epoch'], '0 of 5')

  def test_an_accuracy_of_an_earlier_epoch_is_not_that_of_the_last_one(self):
    path = self.copy / 'metrics.csv'
    path.write_text(''.join(path.read_text().splitlines(True)[:2]))
    row = self.row()
    self.assertEqual((row['epoch'], row['validation']), ('2', ''))
    self.assertNotEmpty(row['test'])

  def test_the_time_is_that_of_the_result_or_so_far(self):
    recorded = storage.read_result(self.copy)['training_seconds']
    self.assertEqual(compare.read(self.copy).seconds, recorded)
    (self.copy / 'seconds.txt').write_text('83.7\n')
    self.assertEqual(compare.read(self.copy).seconds, recorded)
    (self.copy / 'result.json').unlink()
    self.assertEqual(self.row()['time'], '1:24')
    (self.copy / 'seconds.txt').unlink()
    self.assertEqual(self.row()['time'], '')

  def seeds(self, accuracies, **changes):
    """Entries of finished runs, one seed each."""
    one = compare.read(self.copy)
    return [
      one._replace(
        name=f'seed{seed}',
        settings=dataclasses.replace(one.settings, seed=seed, **changes),
        last=one.last._replace(validation_accuracy=accuracy),
        seconds=10.0 * (seed + 1),
      )
      for seed, accuracy in enumerate(accuracies)
    ]

  def test_seeds_of_the_same_settings_are_one_row(self):
    # Deviation 1, t(2, 0.975) = 4.303: 4.303 / sqrt(3) = 2.48.
    header, row = compare.table(self.seeds([0.90, 0.91, 0.92]))
    self.assertEqual(header[:4], ['run', 'n', 'epoch', 'time'])
    self.assertEqual(row[:4], ['seed0 and 2 more', '3', '2', '0:20'])
    self.assertEqual(row[header.index('validation')], '91.00 ± 2.48')
    self.assertRegex(row[header.index('test')], r'^\d\d\.\d\d ± 0.00$')
    self.assertRegex(row[-1], r'^\d\.\d{4} ± 0\.0000$')

  def test_other_settings_are_another_row(self):
    small, usual = self.seeds([0.8] * 3, batch_size=32), self.seeds([0.9] * 2)
    header, *rows = compare.table([*small, *usual[::-1]])
    self.assertEqual(header[1:4], ['n', 'batch_size', 'seed'])
    self.assertEqual(
      [row[1:4] for row in rows], [['3', '32', '0 to 2'], ['2', '64', '0, 1']]
    )
    # Without what does not differ.
    header, *_ = compare.table([*small[:2], *usual])
    self.assertEqual(header[1:4], ['n', 'batch_size', 'epoch'])
    header, *_ = compare.table([small[0], usual[1]])
    self.assertEqual(header[1:4], ['batch_size', 'seed', 'epoch'])

  def test_the_same_seed_twice_counts_once(self):
    entries = self.seeds([0.9, 0.8])
    header, *rows = compare.table([*entries, entries[0]])
    self.assertEqual(header[:3], ['run', 'n', 'seed'])
    self.assertEqual(
      [row[:3] for row in rows],
      [['seed0 and 1 more', '2', '0, 1'], ['seed0', '1', '0']],
    )

  def test_a_seed_with_fewer_epochs_is_not_part_of_a_mean(self):
    first, *others = self.seeds([0.9, 0.8, 0.7])
    first = first._replace(num_epochs=1, result={})
    _, *rows = compare.table([first, *others])
    self.assertEqual([row[1] for row in rows], ['1', '2'])

  def test_numbers_of_the_test_set_are_shown_if_all_seeds_have_them(self):
    first, second = self.seeds([0.9, 0.8])
    header, row = compare.table([first._replace(result={}), second])
    cells = dict(zip(header, row, strict=True))
    self.assertEqual((cells['epoch'], cells['test']), ('2 of 2', ''))
    validated = first.last.validation_cross_entropy
    self.assertEqual(cells['cross-entropy'], f'{validated:.4f} ± 0.0000')

  def test_a_value_that_a_seed_lacks_has_no_mean(self):
    first, second = self.seeds([0.9, 0.8])
    header, row = compare.table([first._replace(last=None, seconds=0), second])
    cells = dict(zip(header, row, strict=True))
    self.assertEqual((cells['validation'], cells['time']), ('', ''))
    self.assertNotEmpty(cells['test'])

  def test_a_folder_without_a_run_is_an_error(self):
    with self.assertRaisesRegex(errors.UserError, 'there is no run here'):
      compare.read(self.folder)

  def run_command(self, *arguments, python=()):
    return subprocess.run(
      [sys.executable, *python, '-m', 'cnn_tf.compare', *arguments],
      cwd=self.folder,
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      capture_output=True,
      text=True,
    )

  def test_the_command_names_the_folders_that_it_leaves_out(self):
    (self.folder / 'empty').mkdir()
    (self.folder / 'file').touch()
    done = self.run_command('copy', 'empty', 'file')
    self.assertEqual((done.returncode, done.stderr), (0, ''))
    self.assertRegex(done.stdout, r'(?m)^run +epoch .*\ncopy +2 ')
    self.assertEndsWith(
      done.stdout,
      'left out: empty: there is no run here\n'
      'left out: file: there is no run here\n',
    )
    done = self.run_command('empty')
    self.assertEqual((done.returncode, done.stderr), (1, ''))
    done = self.run_command()
    self.assertEqual(done.returncode, 1)
    self.assertIn('no folders are given', done.stderr)

  def test_it_expands_patterns_itself(self):
    self.assertIn('\ncopy ', self.run_command('c?p*').stdout)
    done = self.run_command('nothing*')
    self.assertIn('left out: nothing*: there is no run here', done.stdout)

  def test_it_answers_in_half_a_second_without_tensorflow(self):
    seconds = []
    for _ in range(3):
      started = time.perf_counter()
      self.run_command('copy')
      seconds.append(time.perf_counter() - started)
    self.assertLess(min(seconds), 0.5)
    done = self.run_command('copy', python=('-X', 'importtime'))
    self.assertIsNone(re.search('tensorflow', done.stderr))


if __name__ == '__main__':
  tf.test.main()
