"""Two machines of a cluster: as the document says, and when they cannot."""

import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.run import replicas
from tests import documents
from tests import small_data


def _addresses():
  with (
    socket.create_server(('127.0.0.1', 0)) as a,
    socket.create_server(('127.0.0.1', 0)) as b,
  ):
    return [f'127.0.0.1:{s.getsockname()[1]}' for s in (a, b)]


class MachinesTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(self.folder)
    self.addresses = _addresses()

  def start(self, task, workdir='run', **others):
    cluster = {'worker': self.addresses}
    config = {'cluster': cluster, 'task': {'type': 'worker', 'index': task}}
    flags = small_data.flags(self.folder, **others)
    process = subprocess.Popen(
      [sys.executable, str(small_data.ROOT / 'run_train.py')]
      + [f'--{name}={value}' for name, value in flags.items()]
      + [f'--workdir={self.folder / workdir}'],
      env=os.environ
      | {'PYTHONPATH': str(small_data.ROOT), 'TF_CONFIG': json.dumps(config)}
      | {'PYTHONUNBUFFERED': '1'},
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )
    self.addCleanup(process.wait)
    self.addCleanup(process.kill)
    return process

  def train_alone(self, *arguments, **flags):
    """Trains in one process, in `self.folder`."""
    command = [sys.executable, str(small_data.ROOT / 'run_train.py')]
    flags = [f'--{name}={value}' for name, value in flags.items()]
    no_figures = ['--nofigures', '--nopage']
    subprocess.run(
      [*command, *arguments, *flags, *no_figures],
      cwd=self.folder,
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      check=True,
      stdout=subprocess.PIPE,
    )

  @unittest.skipIf(replicas.num_cores() < 2, 'one core')
  def test_two_workers_of_the_document_are_two_replicas_to_the_bit(self):
    [snippet] = documents.blocks('docs/elsewhere.md', 'Several machines', '')
    (self.folder / 'run_train.py').symlink_to(small_data.ROOT / 'run_train.py')
    programs = f'{pathlib.Path(sys.executable).parent}:{os.environ["PATH"]}'
    variables = {'PYTHONPATH': str(small_data.ROOT), 'PATH': programs}
    subprocess.run(
      ['bash', '-c', snippet],
      cwd=self.folder,
      env=os.environ | variables,
      check=True,
      capture_output=True,
    )
    [layers] = re.findall(r'--layers="(.*?)"', snippet)
    self.train_alone(
      '--workdir=runs/one',
      layers=layers,
      num_epochs=1,
      replicas=2,
      precision='float32',
    )
    two, one = (self.folder / 'runs' / x for x in ('two_workers', 'one'))
    self.assertEqual(
      (two / 'metrics.csv').read_text(), (one / 'metrics.csv').read_text()
    )
    self.assertEqual(
      small_data.saved_values(two, 1), small_data.saved_values(one, 1)
    )

  def test_they_train_and_go_on_as_one_and_only_the_chief_writes(self):
    smooth = 'conv 4 3x3 tanh, avgpool 2x2, conv 8 3x3 tanh, dense 16 tanh'
    others = {'layers': smooth, 'num_epochs': 2, 'learning_rate': 0.01}
    two = self.folder / 'two'

    def run_on_two():
      workers = [self.start(task, 'two', **others) for task in (0, 1)]
      outputs = [worker.communicate()[0] for worker in workers]
      self.assertEqual([worker.returncode for worker in workers], [0, 0])
      self.assertIn('Test:', outputs[0])
      self.assertEqual(outputs[1], '')
      return outputs[0], (two / 'metrics.csv').read_text()

    _, table = run_on_two()
    self.assertLen(list(two.glob('events.*')), 1)
    flags = small_data.flags('.', **others)
    self.train_alone('--workdir=one', '--replicas=1', **flags)
    rows = [
      np.loadtxt(self.folder / x / 'metrics.csv', delimiter=',', skiprows=1)
      for x in ('one', 'two')
    ]
    self.assertAllClose(*rows, rtol=1e-4, atol=0)

    # As if both had been killed before the end of the second epoch.
    (two / 'result.json').unlink()
    for file in (two / 'checkpoints').glob('ckpt-2.*'):
      file.unlink()
    printed, table_again = run_on_two()
    self.assertIn('Resuming after epoch 1.', printed)
    self.assertEqual(table_again, table)

  def test_other_flags_are_refused_by_both(self):
    processes = [self.start(task, seed=5 * task) for task in (0, 1)]
    for process, seed in zip(processes, (0, 5), strict=True):
      _, said = process.communicate()
      self.assertEqual(process.returncode, 1)
      self.assertIn('another machine has other flags', said)
      self.assertIn(f'--seed={seed}', said)
    self.assertFalse((self.folder / 'run').exists())

  def test_both_must_see_the_checkpoints(self):
    self.train_alone('--workdir=run', **small_data.flags('.', num_epochs=1))
    workdirs = ('run', 'elsewhere')
    processes = [self.start(i, x, num_epochs=2) for i, x in enumerate(workdirs)]
    for process, num_epochs in zip(processes, (1, 0), strict=True):
      _, said = process.communicate()
      self.assertEqual(process.returncode, 1)
      self.assertIn(f'epochs in the --workdir: {num_epochs}', said)
    metrics = (self.folder / 'run' / 'metrics.csv').read_text()
    self.assertLen(metrics.splitlines(), 2)  # names, and the epoch alone

  @parameterized.parameters(signal.SIGINT, signal.SIGTERM)
  def test_who_waits_says_for_whom_and_can_be_ended(self, number):
    process = self.start(0)
    line = process.stderr.readline()
    self.assertEqual(line, f'Waiting for {self.addresses[1]}\n')
    process.send_signal(number)
    process.communicate(timeout=10)
    self.assertNotEqual(process.returncode, 0)

  def test_a_single_machine_makes_figures_and_page(self):
    self.addresses = self.addresses[:1]
    process = self.start(0, num_epochs=1)
    printed, said = process.communicate(timeout=100)
    self.assertEqual((process.returncode, said), (0, ''))
    self.assertTrue((self.folder / 'run' / 'figures').exists(), printed)
    self.assertTrue((self.folder / 'run' / 'page.html').exists(), printed)

  @parameterized.named_parameters(('chief', 0), ('worker', 1))
  def test_when_one_ends_the_other_says_so_and_they_resume(self, ended):
    processes = [self.start(task, num_epochs=10_000) for task in (0, 1)]
    deadline = time.monotonic() + 100
    checkpoints = self.folder / 'run' / 'checkpoints'
    while not list(checkpoints.glob('ckpt-2*')):  # so the first is complete
      self.assertLess(time.monotonic(), deadline)
      time.sleep(0.1)
    processes[ended].kill()
    _, said = processes[1 - ended].communicate(timeout=100)
    self.assertEqual(processes[1 - ended].returncode, 1)
    self.assertIn('another machine has ended', said.splitlines()[-1])
    self.assertNotIn('Traceback', said)
    chief, _ = [self.start(task, num_epochs=10_000) for task in (0, 1)]
    printed = itertools.islice(chief.stdout, 30)
    self.assertTrue(any(x.startswith('Resuming after') for x in printed))


if __name__ == '__main__':
  tf.test.main()
