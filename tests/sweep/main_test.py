"""Tests of the command that trains settings over seeds."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import tensorflow as tf
from absl import flags
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.sweep import __main__ as sweep
from tests import processes
from tests import small_data


def read(*lines, given=()):
  """The settings of lines, in addition to the flags `given`."""
  values = flags.FlagValues()
  settings_lib.define(values)
  values(['', *given])
  return sweep.read(lines, values)


class ReadTest(parameterized.TestCase):
  def test_a_line_changes_what_is_given_for_all(self):
    found = read('--seed=0', '--flip --l2_scale=0', given=['--l2_scale=0.5'])
    self.assertEqual(
      found,
      {
        '--seed=0': settings_lib.Settings(l2_scale=0.5),
        '--flip --l2_scale=0': settings_lib.Settings(l2_scale=0.0, flip=True),
      },
    )

  def test_the_default_rate_is_that_of_the_optimizer_of_the_line(self):
    found = read('--optimizer=momentum', '', given=['--optimizer=adam'])
    rates = [settings.learning_rate for settings in found.values()]
    self.assertEqual(rates, [0.1, 0.002])

  @parameterized.parameters(
    '--layers=conv 8 3x3, dense 10 --nesterov --optimizer=momentum',
    "--layers='conv 8 3x3, dense 10' --nesterov --optimizer=momentum",
    '  --layers="conv 8 3x3, dense 10"  --nesterov --optimizer=momentum ',
  )
  def test_a_value_may_have_spaces_and_quotes(self, line):
    (settings,) = read(line).values()
    self.assertEqual(settings.layers, 'conv 8 3x3, dense 10')
    self.assertTrue(settings.nesterov)

  def test_a_line_may_be_a_flagfile(self):
    file = self.create_tempfile(content='--batch_size=50\n--flip\n')
    (settings,) = read(f'--flagfile={file.full_path} --noflip').values()
    self.assertEqual((settings.batch_size, settings.flip), (50, False))

  @parameterized.parameters(
    ('--lr_shedule=exp', '"--lr_shedule=exp": Unknown command line flag'),
    ('--batch_size=0', '"--batch_size=0": --batch_size=0 must be at least 1'),
    ('--seeds=2', "Unknown command line flag 'seeds'"),
    ('lr_schedule=exp', "not a flag: 'lr_schedule=exp'"),
    ('--flip fast', "'flip fast'"),
    ('--layers=conv 8 3y3', 'layer 1, "conv 8 3y3": kernel size must'),
    ('--seed=1', 'all settings have the same seeds'),
    ('--num_validation=0', 'leaves nothing to compare'),
    ('--flagfile=no.flags', 'no.flags'),
    ('--l2_scale=1e-4', '--vary="" and --vary="--l2_scale=1e-4" are the same'),
  )
  def test_a_mistake_in_a_line_is_named(self, line, words):
    with self.assertRaises(errors.UserError) as caught:
      read('', line)
    self.assertIn(words, str(caught.exception))
    self.assertLen(str(caught.exception).splitlines(), 1)

  def test_a_mistake_in_the_flags_for_all_has_no_line(self):
    with self.assertRaisesRegex(errors.UserError, '^--dataset=x must be'):
      read('', given=['--dataset=x'])

  @parameterized.parameters('--num_validation=100', '--data_dir=elsewhere')
  def test_accuracies_on_different_images_are_not_compared(self, line):
    sweep.check_comparable(read('', '--flip'))
    with self.assertRaisesRegex(
      errors.UserError, f'"" and --vary="{line}" are'
    ):
      sweep.check_comparable(read('', '--flip', line))
    # Not even if nothing is left to train.
    with self.assertRaisesRegex(errors.UserError, 'on different images'):
      sweep._train(read('', line), {}, pathlib.Path('runs'))


class CommandTest(tf.test.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.data = cls.enterClassContext(tempfile.TemporaryDirectory())
    small_data.write(cls.data)
    for path in pathlib.Path(cls.data).glob('t10k-*'):
      path.write_bytes(b'not an IDX file: a sweep does not read it')

  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    given = small_data.flags(self.data, batch_size=64, num_epochs=2)
    lines = [f'--{name}={value}\n' for name, value in given.items()]
    (self.folder / 'all.flags').write_text(''.join([*lines, '--seeds=2\n']))

  def start(self, *arguments):
    given = ['--flagfile=all.flags', *arguments]
    return processes.Command(str(self.folder), *given, module='cnn_tf.sweep')

  def sweep(self, *arguments):
    return self.start(*arguments).wait()

  def sweep_without_tensorflow(self, *arguments):
    code = (
      'import runpy, sys; sys.modules["tensorflow"] = None;'
      'runpy.run_module("cnn_tf.sweep", run_name="__main__", alter_sys=True)'
    )
    return subprocess.check_output(
      [sys.executable, '-c', code, '--flagfile=all.flags', *arguments],
      cwd=self.folder,
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      text=True,
    )

  def test_the_table_is_of_the_runs_and_nothing_is_trained_twice(self):
    lines = ('--vary=', '--vary=--learning_rate=0.01', '--seed=5')
    done = self.sweep(*lines)
    self.assertEqual((done.code, done.stderr), (0, ''))
    header, first, *others = done.stdout.splitlines()[:5]
    self.assertEqual(header, '4 networks to train: about 1 min on two cores')
    self.assertRegex(first, r'^no change, seed 5: \d\d\.\d\d%; left: 0:\d\d$')
    names = [re.sub(': .*', '', line) for line in others]
    self.assertEqual(
      names,
      [
        '--learning_rate=0.01, seed 5',
        'no change, seed 6',
        '--learning_rate=0.01, seed 6',
      ],
    )
    table = done.stdout.partition('\n\n')[2]
    self.assertRegex(
      table.splitlines()[2],
      r'^--learning_rate=0.01 +2 +[\d.]+ +\S+ to \S+ '
      r'+[+-][\d.]+ +\S+ to \S+ +\d+$',
    )
    self.assertEqual(self.sweep_without_tensorflow(*lines), table)
    runs = list(self.folder.glob('runs/sweep/*'))
    self.assertLen(runs, 4)
    self.assertEqual(
      sorted(storage.read_settings(run).seed for run in runs), [5, 5, 6, 6]
    )

  def test_each_run_has_as_many_replicas_as_alone(self):
    # An op before the devices are made would leave one replica for all.
    (self.folder / 'lines.flags').write_text(
      '--vary=--batch_size=33\n\n# two cores\n--vary=--batch_size=64 --flip\n'
    )
    done = self.sweep('--flagfile=lines.flags', '--seeds=1')
    self.assertEqual((done.code, done.stderr), (0, ''))
    runs = list(self.folder.glob('runs/sweep/*'))
    self.assertLen(runs, 2)
    for run in runs:
      size = storage.read_settings(run).batch_size
      here = json.loads((run / 'environment.json').read_text())
      expected = replicas.largest_count(replicas.num_cores(), size)
      self.assertEqual(here['replicas'], expected)

  def test_a_setting_that_diverges_does_not_stop_the_others(self):
    done = self.sweep('--vary=--learning_rate=1e30', '--vary=', '--seeds=1')
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertRegex(done.stdout, r'rate=1e30, seed 0: diverged; left')
    self.assertRegex(done.stdout, r'(?m)^--learning_rate=1e30 +1  1 diverged$')
    self.assertRegex(done.stdout, r'(?m)^no change +1 +\d\d\.\d\d +\d+$')

  def test_ctrl_c_says_how_to_resume(self):
    running = self.start('--num_epochs=1000')
    running.wait_for('networks to train')
    os.kill(running.process.pid, signal.SIGINT)
    done = running.wait()
    self.assertEqual((done.code, done.stderr), (130, ''))
    self.assertEndsWith(
      done.stdout, '\nStopped. To resume, give the same command.\n'
    )

  def test_nothing_is_trained_if_the_last_line_is_wrong(self):
    for arguments, words in (
      (
        ['--vary=--layers=conv 4 29x3'],
        '"--layers=conv 4 29x3": conv1: a window',
      ),
      (
        ['--vary=--batch_size=33', '--replicas=2'],
        '"--batch_size=33": --replicas',
      ),
      (['--vary=--num_validation=640'], 'leaves none of the 640'),
      (['--vary=--data_dir=nothing'], 'nothing: no such folder'),
      (['--vary=--rate=1'], 'Unknown command line flag'),
      (['--workdir='], '--workdir= must name a folder'),
      (['--workdir=a[b'], 'TensorFlow does not find files'),
    ):
      with self.subTest(words):
        done = self.sweep('--vary=', *arguments)
        self.assertEqual((done.code, done.stdout), (1, ''))
        self.assertRegex(done.stderr, r'^[^\n]+\n$')
        self.assertIn(words, done.stderr)
        self.assertFalse((self.folder / 'runs').exists())


if __name__ == '__main__':
  absltest.main()
