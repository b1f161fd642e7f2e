"""Two machines of a cluster: as the document says, and when they cannot."""

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
from tests import processes
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
    streams = self.folder / f'machine{task}'
    streams.mkdir(exist_ok=True)
    machine = processes.Command(
      streams,
      *[f'--{name}={value}' for name, value in flags.items()],
      f'--workdir={self.folder / workdir}',
      TF_CONFIG=json.dumps(config),
    )
    self.addCleanup(machine.process.kill)
    return machine

  def train_alone(self, *arguments, **flags):
    """Trains in one process, in `self.folder`."""
    flags = [f'--{name}={value}' for name, value in flags.items()]
    given = [*arguments, *flags, '--nofigures', '--nopage']
    done = processes.Command(self.folder, *given).wait()
    self.assertEqual(done.code, 0, done.stderr)

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
      chief, other = [worker.wait() for worker in workers]
      self.assertEqual((chief.code, other.code), (0, 0))
      self.assertIn('Test:', chief.stdout)
      self.assertEqual(other.stdout, '')
      return chief.stdout, (two / 'metrics.csv').read_text()

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
    machines = [self.start(task, seed=5 * task) for task in (0, 1)]
    for machine, seed in zip(machines, (0, 5), strict=True):
      done = machine.wait()
      self.assertEqual(done.code, 1)
      self.assertIn('another machine has other flags', done.stderr)
      self.assertIn(f'--seed={seed}', done.stderr)
    self.assertFalse((self.folder / 'run').exists())

  def test_both_must_see_the_checkpoints(self):
    self.train_alone('--workdir=run', **small_data.flags('.', num_epochs=1))
    workdirs = ('run', 'elsewhere')
    machines = [self.start(i, x, num_epochs=2) for i, x in enumerate(workdirs)]
    for machine, num_epochs in zip(machines, (1, 0), strict=True):
      done = machine.wait()
      self.assertEqual(done.code, 1)
      self.assertIn(f'epochs in the --workdir: {num_epochs}', done.stderr)
    metrics = (self.folder / 'run' / 'metrics.csv').read_text()
    self.assertLen(metrics.splitlines(), 2)  # names, and the epoch alone

  @parameterized.parameters(signal.SIGINT, signal.SIGTERM)
  def test_who_waits_says_for_whom_and_can_be_ended(self, number):
    machine = self.start(0)
    line = f'Waiting for {self.addresses[1]}\n'
    machine.wait_for(line)
    os.kill(machine.process.pid, number)
    done = machine.wait(seconds=10)
    self.assertNotIn(done.code, (None, 0))
    self.assertStartsWith(done.stderr, line)

  def test_a_single_machine_makes_figures_and_page(self):
    self.addresses = self.addresses[:1]
    done = self.start(0, num_epochs=1).wait(seconds=100)
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertTrue((self.folder / 'run' / 'figures').exists(), done.stdout)
    self.assertTrue((self.folder / 'run' / 'page.html').exists(), done.stdout)

  @parameterized.named_parameters(('chief', 0), ('worker', 1))
  def test_when_one_ends_the_other_says_so_and_they_resume(self, ended):
    machines = [self.start(task, num_epochs=10_000) for task in (0, 1)]
    deadline = time.monotonic() + 100
    checkpoints = self.folder / 'run' / 'checkpoints'
    while not list(checkpoints.glob('ckpt-2*')):  # so the first is complete
      self.assertLess(time.monotonic(), deadline)
      time.sleep(0.1)
    machines[ended].process.kill()
    done = machines[1 - ended].wait(seconds=100)
    self.assertEqual(done.code, 1)
    self.assertIn('another machine has ended', done.stderr.splitlines()[-1])
    self.assertNotIn('Traceback', done.stderr)
    chief, _ = [self.start(task, num_epochs=10_000) for task in (0, 1)]
    chief.wait_for('Resuming after')
    self.assertTrue(chief.process.is_alive())


if __name__ == '__main__':
  tf.test.main()
