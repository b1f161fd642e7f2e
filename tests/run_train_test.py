"""Tests of run_train.py, from the outside."""

import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.run import settings as settings_lib
from tests import processes
from tests import small_data

_SCRIPT = str(small_data.ROOT / 'run_train.py')


def _python(*arguments, folder):
  """`python ...` as the shell runs it."""
  environment = os.environ | {'PYTHONPATH': str(small_data.ROOT)}
  environment.pop('TF_CPP_MIN_LOG_LEVEL', None)  # only tests are that quiet
  return subprocess.run(
    [sys.executable, *arguments],
    cwd=folder,
    env=environment,
    capture_output=True,
    text=True,
  )


class FlagsTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = self.create_tempdir().full_path

  @parameterized.parameters(('--help', 0), ('--bath_size=3', 1))
  def test_answers_in_half_a_second_without_tensorflow(self, flag, code):
    seconds = []
    for _ in range(3):
      started = time.perf_counter()
      done = _python(_SCRIPT, flag, folder=self.folder)
      seconds.append(time.perf_counter() - started)
      self.assertEqual(done.returncode, code)
    self.assertLess(min(seconds), 0.5)
    done = _python('-X', 'importtime', _SCRIPT, flag, folder=self.folder)
    self.assertIn('cnn_tf.run.settings', done.stderr)
    self.assertNotIn('tensorflow', done.stderr)

  def test_help_lists_every_setting_and_the_folder(self):
    done = processes.Command(self.folder, '--help').wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    names = [field.name for field in dataclasses.fields(settings_lib.Settings)]
    for name in [*names, 'workdir', 'replicas', 'figures', 'page']:
      self.assertRegex(done.stdout, rf'--(\[no\])?{name}\b')

  @parameterized.parameters(
    (['--batch_size=many'], '--batch_size=many'),
    (['--batch_size=0'], '--batch_size=0 must be at least 1'),
    (['--learning_rate=nan'], '--learning_rate=nan must be finite'),
    (['--dataset=cifar'], '--dataset=cifar must be one of mnist, fashion'),
    (['--optimizer=adam', '--nesterov'], '--nesterov needs'),
    (['--layers=conv 64 3y3'], 'layer 1, "conv 64 3y3": kernel size must'),
    (['--num_epochs', '3', 'fashion'], "not a flag: 'fashion'"),
    (['--flagfile=no.flags'], 'no.flags'),
    (['--flagfile=indented.flags'], "not a flag: '# slower'"),
    (['--workdir'], '--workdir'),
    (['--workdir='], '--workdir= must name a folder'),
    ([f'--workdir={"x" * 300}'], ': File name too long'),
  )
  def test_one_line_for_a_mistake(self, arguments, words):
    indented = pathlib.Path(self.folder, 'indented.flags')
    indented.write_text('--seed=1\n  # slower\n')
    done = processes.Command(self.folder, *arguments).wait()
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertRegex(done.stderr, r'^run_train.py: [^\n]*\n$')
    self.assertIn(words, done.stderr)
    self.assertFalse(pathlib.Path(self.folder, 'runs').exists())


class RunTest(tf.test.TestCase, parameterized.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.data_dir = cls.enterClassContext(tempfile.TemporaryDirectory())
    small_data.write(cls.data_dir)
    # Two replicas where there are two cores. An epoch has 7 steps.
    settings = small_data.flags(cls.data_dir, batch_size=70, num_epochs=24)
    cls.flags = [f'--{name}={value}' for name, value in settings.items()]
    cls.whole = pathlib.Path(cls.data_dir, 'whole')
    cls.done = _python(
      _SCRIPT, *cls.flags, '--workdir=whole', folder=cls.data_dir
    )

  def setUp(self):
    super().setUp()
    self.folder = self.create_tempdir().full_path
    self.workdir = pathlib.Path(self.folder, 'my run')

  def start(self, *arguments):
    return processes.Command(self.folder, *arguments)

  def assert_one_line(self, done, words):
    self.assertEqual(done.code, 1, done)
    self.assertRegex(done.stderr, r'^run_train.py: [^\n]*\n$')
    self.assertIn(words, done.stderr)

  def assert_ends_like_the_whole_run(self, workdir):
    self.assertEqual(
      small_data.records(workdir), small_data.records(self.whole)
    )
    values = small_data.saved_values(self.whole, 24)
    self.assertIn('velocities', ' '.join(values))
    self.assertEqual(small_data.saved_values(workdir, 24), values)

  def test_a_run_ends_with_its_result_and_says_nothing_else(self):
    self.assertEqual((self.done.returncode, self.done.stderr), (0, ''))
    self.assertLen(re.findall(r'^ *\d+/24 ', self.done.stdout, re.M), 24)
    self.assertRegex(
      self.done.stdout,
      r'\nTest: \d\d\.\d\d% of 200 images .*\nFigures: whole/figures\n'
      r'Page: whole/page.html\n$',
    )
    self.assertTrue((self.whole / 'figures' / 'curves.png').exists())
    self.assertIn('</html>', (self.whole / 'page.html').read_text())

  def test_a_finished_run_says_so(self):
    before = {f: f.stat().st_mtime_ns for f in self.whole.rglob('*')}
    done = self.start(f'--workdir={self.whole}').wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    *_, result, _, _ = self.done.stdout.splitlines()
    self.assertEqual(done.stdout, f'{self.whole} is finished. {result}\n')
    after = {f: f.stat().st_mtime_ns for f in self.whole.rglob('*')}
    self.assertEqual(after, before)

  def test_a_figure_that_fails_does_not_fail_the_run(self):
    shutil.copytree(self.whole, self.workdir)
    shutil.rmtree(self.workdir / 'figures')
    table = self.workdir / 'metrics.csv'
    text = table.read_text()
    last_step = str(24 * 7)
    self.assertIn(f'\n24,{last_step},', text)
    table.write_text(text.replace(f'\n24,{last_step},', f'\n24,{10**400},'))
    done = self.start('--workdir=my run').wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    finished, figures = done.stdout.splitlines()
    self.assertStartsWith(finished, 'my run is finished. Test: ')
    self.assertRegex(
      figures, r"^No figures \(\w+Error: .+\); again: .* --workdir='my run'$"
    )

  def test_its_flags_replay_it_in_a_folder_of_its_own(self):
    done = self.start(
      f'--flagfile={self.whole}/run.flags', '--nofigures', '--nopage'
    ).wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    (workdir,) = pathlib.Path(self.folder, 'runs').iterdir()
    data = re.escape(pathlib.Path(self.data_dir).name)
    self.assertRegex(workdir.name, rf'^\d{{8}}-\d{{6}}-{data}-constant$')
    self.assert_ends_like_the_whole_run(workdir)
    self.assertEqual(
      (workdir / 'run.flags').read_text(),
      (self.whole / 'run.flags').read_text(),
    )

  def test_a_second_process_is_refused_and_the_first_one_does_not_notice(self):
    arguments = [*self.flags, '--nofigures', '--nopage', '--workdir=my run']
    first = self.start(*arguments)
    first.wait_for('/24 ')
    os.kill(first.process.pid, signal.SIGSTOP)  # it must not end too early
    other = pathlib.Path(self.folder, 'other')
    other.mkdir()
    second = processes.Command(
      str(other), *arguments[:-1], f'--workdir={self.workdir}'
    )
    self.assert_one_line(
      second.wait(), f'my run is in use by process {first.process.pid}: '
    )
    os.kill(first.process.pid, signal.SIGCONT)
    done = first.wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assert_ends_like_the_whole_run(self.workdir)

  def test_ctrl_c_says_how_to_go_on(self):
    running = self.start(*self.flags, '--workdir=my_run')
    running.wait_for('/24 ')
    os.kill(running.process.pid, signal.SIGINT)
    stopped = running.wait()
    self.assertEqual((stopped.code, stopped.stderr), (130, ''))
    *_, hint = stopped.stdout.splitlines()
    command = f'Stopped. To resume: python {_SCRIPT} '
    self.assertStartsWith(hint, command)
    done = self.start(
      hint.removeprefix(command), '--nofigures', '--nopage'
    ).wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertNotIn('may differ', done.stdout)
    self.assert_ends_like_the_whole_run(pathlib.Path(self.folder, 'my_run'))

  def test_a_run_whose_output_is_lost_ends_like_any_other(self):
    done = processes.Command(
      self.folder,
      *self.flags,
      '--nofigures',
      '--nopage',
      '--workdir=my run',
      stdout='/dev/full',
    ).wait()
    self.assertEqual(done.code, 0)
    self.assertEqual(
      done.stderr, 'standard output is lost: No space left on device\n'
    )
    self.assert_ends_like_the_whole_run(self.workdir)

  def test_a_run_ends_quietly_with_the_reader_of_its_output(self):
    pipe = pathlib.Path(self.folder, 'pipe')
    os.mkfifo(pipe)
    arguments = [*self.flags, '--nofigures', '--nopage', '--workdir=my run']
    running = processes.Command(self.folder, *arguments, stdout=str(pipe))
    with pipe.open() as reader:
      for line in reader:
        if '1/24 ' in line:
          break
    done = running.wait()
    self.assertEqual((done.code, done.stderr), (141, ''))
    done = self.start(*arguments).wait()
    self.assertIn('Resuming after epoch', done.stdout)
    self.assert_ends_like_the_whole_run(self.workdir)

  def test_a_folder_with_other_flags_is_refused(self):
    done = self.start(
      f'--workdir={self.whole}', '--seed=3', '--nesterov'
    ).wait()
    self.assert_one_line(
      done,
      'which need a new --workdir: --seed=0 -> --seed=3; --nesterov=false -> ',
    )

  @parameterized.parameters(
    (['--learning_rate=1e30'], 'at step 1, in epoch 1'),
    (['--batch_size=513'], '--batch_size=513 is larger than the 512 training'),
    (['--layers=conv 4 29x1'], 'conv1: a window of 29x1 does not fit'),
    (['--data_dir=.'], 'no train-images-idx3-ubyte and no'),
    (['--replicas=71'], '--replicas=71'),
    (['--seed=99999999999999999999'], '--seed'),
  )
  def test_one_line_for(self, arguments, words):
    done = self.start(*self.flags, *arguments, '--workdir=my run').wait()
    self.assert_one_line(done, words)

  def test_one_line_for_a_workdir_that_is_a_file(self):
    self.workdir.write_text('mine')
    done = self.start(*self.flags, '--workdir=my run').wait()
    self.assert_one_line(done, 'my run is a file, not a folder')
    self.assertEqual(self.workdir.read_text(), 'mine')

  def test_a_tilde_is_the_home_of_the_user(self):
    home = os.path.expanduser('~')
    data = os.path.relpath(self.data_dir, home)
    whole = os.path.relpath(self.whole, home)
    done = self.start(
      *self.flags, f'--data_dir=~/{data}', f'--workdir=~/{whole}'
    ).wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertIn(' is finished.', done.stdout)

  def test_on_a_terminal_an_error_does_not_hang_on_the_status(self):
    received = processes.on_a_terminal(
      self.folder,
      *self.flags,
      '--batch_size=10',
      '--lr_schedule=step',
      f'--decay_epochs={50 / 51}',
      '--decay_rate=1e30',
    )
    self.assertIn('images/s', received)
    self.assertRegex(received, r'[\r\n](\033\[K)?run_train.py: [^\n]* not')

  def test_nothing_is_left_of_a_run_that_could_not_begin(self):
    images = pathlib.Path(self.folder, 'train-images-idx3-ubyte')
    small_data.write(self.folder)
    images.write_bytes(b'\0\0\x08\x03')
    done = self.start('--data_dir=.').wait()
    self.assert_one_line(done, f'{images}: truncated in its header')
    self.assertEmpty(list(pathlib.Path(self.folder, 'runs').iterdir()))


if __name__ == '__main__':
  tf.test.main()
