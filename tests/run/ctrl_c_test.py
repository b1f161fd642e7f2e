"""Tests of ctrl_c.py."""

import contextlib
import os
import signal
import subprocess
import sys
import time

from absl.testing import absltest

from cnn_tf.run import ctrl_c
from tests import small_data

# Presses Ctrl-C while run_train.py imports a module.
_PRESSED = """
import importlib.abc, runpy, signal, sys

_, pressed_at, *sys.argv = sys.argv

class Press(importlib.abc.MetaPathFinder):
  def find_spec(self, name, path, target=None):
    if name == pressed_at:
      signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Press())
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def _press():
  signal.raise_signal(signal.SIGINT)


class _Dying:
  """Python swallows what is raised while it destroys an object."""

  def __del__(self):
    _press()


class RaisedTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    before = signal.getsignal(signal.SIGINT)
    self.addCleanup(
      lambda: self.assertEqual(signal.getsignal(signal.SIGINT), before)
    )

  def test_without_ctrl_c_nothing_happens(self):
    with ctrl_c.raised():
      pass
    with self.assertRaises(KeyError), ctrl_c.raised():
      raise KeyError

  def test_it_arrives(self):
    passed = False
    with self.assertRaises(KeyboardInterrupt), ctrl_c.raised():
      _press()
      passed = True
    self.assertFalse(passed)

  def test_it_arrives_from_where_python_swallows_it(self):
    passed = False
    with self.assertRaises(KeyboardInterrupt), ctrl_c.raised():
      dying = _Dying()
      del dying
      for _ in range(1000):
        time.sleep(0.01)
      passed = True
    self.assertFalse(passed)

  def test_it_arrives_if_a_library_swallows_it(self):
    with (
      self.assertRaises(KeyboardInterrupt),
      ctrl_c.raised(),
      contextlib.suppress(KeyboardInterrupt),
    ):
      _press()

  def test_it_arrives_if_a_library_makes_another_error_of_it(self):
    with self.assertRaises(KeyboardInterrupt), ctrl_c.raised():
      try:
        _press()
      except KeyboardInterrupt:
        raise ImportError from None

  def test_a_job_in_the_background_keeps_ignoring_it(self):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
      with ctrl_c.raised():
        _press()
    finally:
      signal.signal(signal.SIGINT, before)


class WhileImportingTest(absltest.TestCase):
  def press(self, module, *arguments):
    script = str(small_data.ROOT / 'run_train.py')
    done = subprocess.run(
      [sys.executable, '-c', _PRESSED, module, script, *arguments],
      cwd=self.create_tempdir().full_path,
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      capture_output=True,
      text=True,
    )
    self.assertEqual((done.returncode, done.stderr), (130, ''))
    return done.stdout

  def test_the_first_modules(self):
    for module in ('dataclasses', 'absl', 'cnn_tf.run.config'):
      self.assertEqual(self.press(module), '\nStopped.\n')

  def test_tensorflow(self):
    for module in ('tensorflow', 'numpy'):
      said = self.press(module, '--workdir=new', '--num_validation=60000')
      self.assertEqual(said, '\nStopped. The run had not started.\n')


if __name__ == '__main__':
  absltest.main()
