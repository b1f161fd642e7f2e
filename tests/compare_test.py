"""Tests of cnn_tf/compare.py."""

import csv
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
