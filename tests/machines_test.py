"""Two machines of a cluster that do not agree, do not come, or end."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import tensorflow as tf
from absl.testing import parameterized

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

  def start(self, task, **others):
    cluster = {'worker': self.addresses}
    config = {'cluster': cluster, 'task': {'type': 'worker', 'index': task}}
    flags = small_data.flags(self.folder, **others)
    process = subprocess.Popen(
      [sys.executable, str(small_data.ROOT / 'run_train.py')]
      + [f'--{name}={value}' for name, value in flags.items()]
      + [f'--workdir={self.folder / "run"}'],
      env=os.environ
      | {'PYTHONPATH': str(small_data.ROOT), 'TF_CONFIG': json.dumps(config)},
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )
    self.addCleanup(process.wait)
    self.addCleanup(process.kill)
    return process

  def test_other_flags_are_refused_by_both(self):
    processes = [self.start(task, seed=5 * task) for task in (0, 1)]
    for process, seed in zip(processes, (0, 5), strict=True):
      _, said = process.communicate()
      self.assertEqual(process.returncode, 1)
      self.assertIn('another machine has other flags', said)
      self.assertIn(f'--seed={seed}', said)
    self.assertFalse((self.folder / 'run').exists())

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

  def test_one_line_when_another_machine_ends(self):
    processes = [self.start(task, num_epochs=10_000) for task in (0, 1)]
    deadline = time.monotonic() + 100
    checkpoints = self.folder / 'run' / 'checkpoints'
    while not list(checkpoints.glob('ckpt-*')):
      self.assertLess(time.monotonic(), deadline)
      time.sleep(0.1)
    processes[1].kill()
    _, said = processes[0].communicate(timeout=100)
    self.assertEqual(processes[0].returncode, 1)
    self.assertIn('another machine has ended', said.splitlines()[-1])
    self.assertNotIn('Traceback', said)


if __name__ == '__main__':
  tf.test.main()
