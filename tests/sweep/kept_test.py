"""Tests of kept.py."""

import contextlib
import dataclasses
import io
import pathlib
import re
import subprocess
import sys
from unittest import mock

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.run import history
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.sweep import kept
from tests import processes
from tests import small_data


class DigestTest(tf.test.TestCase):
  def test_only_the_seed_does_not_matter(self):
    digest = kept.digest(settings_lib.Settings())
    self.assertEqual(kept.digest(settings_lib.Settings(seed=7)), digest)
    self.assertNotEqual(
      kept.digest(settings_lib.Settings(num_epochs=21)), digest
    )

  def test_it_needs_no_tensorflow(self):
    code = (
      'import sys\nfrom cnn_tf.sweep import kept\n'
      'assert "tensorflow" not in sys.modules'
    )
    subprocess.run([sys.executable, '-c', code], check=True)


class KeptTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(self.folder)
    self.settings = settings_lib.Settings(
      **small_data.flags(self.folder, batch_size=64, num_epochs=2)
    )

  def train(self, **options):
    return kept.train(self.settings, self.folder / 'runs', '1', **options)

  def test_the_folder_is_named_after_the_data_the_settings_and_the_seed(self):
    wanted = dataclasses.replace(self.settings, seed=4)
    digest = kept.digest(self.settings)
    self.assertEqual(
      kept.workdir(wanted, pathlib.Path('runs')),
      pathlib.Path('runs', f'{self.folder.name}-{digest}-seed4'),
    )
    odd = settings_lib.Settings(data_dir='my [digits]')
    self.assertEqual(
      kept.workdir(odd, pathlib.Path()).name,
      f'my -digits--{kept.digest(odd)}-seed0',
    )

  def test_a_finished_run_is_not_trained_again(self):
    workdir = self.train()
    self.assertIn('test_accuracy', storage.read_result(workdir))
    before = (workdir / 'metrics.csv').stat().st_mtime_ns
    self.assertEqual(self.train(), workdir)
    self.assertEqual((workdir / 'metrics.csv').stat().st_mtime_ns, before)

  def test_what_training_prints_is_in_the_log(self):
    workdir = self.train()
    log = (workdir / 'log.txt').read_text()
    self.assertIn('conv1', log)
    self.assertIn(str(workdir), log)
    self.assertLen(re.findall(r'^ *\d/2 ', log, re.MULTILINE), 2)

  def test_a_terminal_shows_the_progress_within_an_epoch(self):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    with contextlib.redirect_stdout(terminal):
      log = (self.train() / 'log.txt').read_text()
    self.assertRegex(
      terminal.getvalue(), r'^\r +1/2 100%  .*\r +2/2 100%  .*\r\033\[K$'
    )
    self.assertNotIn('\r', log)

  def test_without_the_test_set_its_files_are_not_read(self):
    for path in self.folder.glob('t10k-*'):
      path.write_bytes(b'not an IDX file')
    runs = self.folder / 'runs'
    workdir = self.train(read_test=False)
    self.assertIsNone(storage.read_result(workdir))
    self.assertTrue(kept.is_finished(self.settings, runs, read_test=False))
    self.assertFalse(kept.is_finished(self.settings, runs))
    with self.assertRaises(errors.UserError):
      self.train()

  def test_the_accuracy_is_that_of_the_last_epoch(self):
    workdir = self.train(read_test=False)
    first, last = history.read_epochs(workdir)
    found = kept.validation_accuracy(workdir)
    self.assertEqual(found, last.validation_accuracy)
    self.assertNotEqual(found, first.validation_accuracy)
    history.write_epochs(workdir, [first])
    with self.assertRaisesRegex(errors.UserError, 'lacks epoch 2'):
      kept.validation_accuracy(workdir)

  def test_a_full_disk_is_one_line(self):
    self.settings = dataclasses.replace(self.settings, seed=3)
    with (
      processes.files_of_at_most(100),
      self.assertRaisesRegex(errors.UserError, 'seed3.*: File too large'),
    ):
      self.train()

  def test_the_newest_checkpoints_are_kept(self):
    self.settings = dataclasses.replace(self.settings, num_epochs=6)
    workdir = self.train(num_kept=1)
    self.assertEqual(storage.saved_epochs(workdir), [6, 4, 2, 1])


class QueueTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(self.folder)

  def settings(self, **others):
    return settings_lib.Settings(**small_data.flags(self.folder, **others))

  def queue(self, *wanted):
    return kept.Queue(wanted, self.folder / 'runs', read_test=False)

  def test_the_time_grows_with_epochs_and_multiplications(self):
    layers = settings_lib.REFERENCE_LAYERS
    once, twice, wider = (
      kept.seconds_left(self.settings(**changes), self.folder)
      for changes in (
        {'layers': layers, 'num_epochs': 1},
        {'layers': layers, 'num_epochs': 2},
        {'layers': f'conv 99 3x3 same, {layers}', 'num_epochs': 2},
      )
    )
    # 640 - 128 images of 2,815,336 multiplications; a start takes 3 s.
    epoch = 512 * (5e-6 + 2815336 / 5e10)
    self.assertAllClose((once, twice), (3 + epoch, 3 + 2 * epoch))
    self.assertGreater(wider, twice)

  def test_what_is_saved_takes_no_more_time(self):
    wanted = self.settings(num_epochs=4)
    before = kept.seconds_left(wanted, self.folder)
    saved = kept.workdir(wanted, self.folder) / 'checkpoints'
    saved.mkdir(parents=True)
    for epoch, left in ((1, 3 / 4), (3, 1 / 4), (4, 0)):
      (saved / f'ckpt-{epoch}.index').touch()
      after = kept.seconds_left(wanted, self.folder)
      self.assertAllClose(after - 3, left * (before - 3))
    self.assertEqual(kept.seconds_left(wanted, self.folder, read_test=False), 0)

  def test_only_runs_that_are_missing_are_announced_and_each_once(self):
    one, other = (self.settings(seed=seed) for seed in (0, 1))
    queue = self.queue(one, other, one)
    self.assertEqual(queue.unfinished, [one, other])
    kept.train(one, self.folder / 'runs', '1', read_test=False)
    queue = self.queue(one, other)
    self.assertEqual(queue.unfinished, [other])
    with contextlib.redirect_stdout(io.StringIO()) as text:
      queue.announce()
      self.queue(one).announce()
    self.assertEqual(
      text.getvalue(), '1 networks to train: about 1 min on two cores\n'
    )

  def test_the_time_left_by_hand(self):
    runs = [self.settings(seed=seed) for seed in range(3)]
    seconds = iter((6, 4, 2))
    clock = iter((100, 130, 150, 160))
    with (
      mock.patch.object(kept, 'seconds_left', lambda *_: next(seconds)),
      mock.patch('time.perf_counter', lambda: next(clock)),
    ):
      queue = self.queue(*runs)
      # 30 s for 6, so 30 s for 4 + 2; then 50 s for 10, so 10 s for 2.
      left = [queue.left_after(run) for run in runs]
    self.assertEqual(left, ['0:30', '0:10', '0:00'])

  def test_a_finished_run_takes_no_time(self):
    runs = [self.settings(seed=seed) for seed in range(2)]
    seconds = iter((0, 90))
    with mock.patch.object(kept, 'seconds_left', lambda *_: next(seconds)):
      queue = self.queue(*runs)
    self.assertEqual(queue.unfinished, runs[1:])
    self.assertEqual(queue.left_after(runs[0]), '1:30')  # as predicted

  def test_no_op_runs_before_the_replicas_have_their_devices(self):
    code = (
      'import sys\nfrom cnn_tf.run import replicas, settings\n'
      'from cnn_tf.sweep import kept\nimport pathlib\n'
      f'wanted = [settings.Settings(data_dir={str(self.folder)!r})]\n'
      f'kept.Queue(wanted, pathlib.Path({str(self.folder)!r}))\n'
      'assert len(replicas.split_cpu(4)) == 4\n'
    )
    subprocess.run([sys.executable, '-c', code], check=True)

  def test_layers_that_are_impossible_and_missing_data_are_one_line(self):
    for wanted, words in (
      (self.settings(layers='conv 4 29x3'), '29x3 does not fit'),
      (settings_lib.Settings(data_dir='nothing'), 'nothing: no such folder'),
    ):
      with self.assertRaisesRegex(errors.UserError, words):
        self.queue(wanted)


if __name__ == '__main__':
  tf.test.main()
