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
from cnn_tf.run import run_folder
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
    tested = run_folder.read_result(self.copy)
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
    self.assertEqual(row['epoch'], '0 of 5')
    self.assertEqual((row['validation'], row['cross-entropy']), ('', ''))

  def test_the_time_is_that_between_events(self):
    entry = compare.read(self.copy)
    records = tf.data.TFRecordDataset(
      [str(path) for path in self.copy.glob('events.*')]
    )
    times = [
      tf.compat.v1.Event.FromString(record.numpy()).wall_time
      for record in records
    ]
    self.assertEqual(entry.seconds, round(times[-1] - times[0]))
    # Half of a record, as a kill may leave it.
    path = next(self.copy.glob('events.*'))
    path.write_bytes(path.read_bytes()[:-5])
    compare.read(self.copy)

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
    done = self.run_command()
    self.assertEqual(done.returncode, 1)
    self.assertIn('no folders are given', done.stderr)

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
