"""Tests of lock.py."""

import multiprocessing
import os
import pathlib
from unittest import mock

from absl.testing import absltest

from cnn_tf import errors
from cnn_tf.run import lock

_CONTEXT = multiprocessing.get_context('spawn')


def _hold_for_ever(folder, held):
  with lock.hold(folder):
    held.set()
    _CONTEXT.Event().wait()


class LockTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)

  def names(self):
    return [path.name for path in self.folder.iterdir()]

  def test_the_holder_is_named_and_leaves_no_file(self):
    with lock.hold(self.folder):
      self.assertEqual(self.names(), ['run.lock'])
      for _ in range(2):
        with self.assertRaises(errors.UserError) as caught, self.hold():
          pass
    self.assertEqual(
      str(caught.exception),
      f'{self.folder} is in use by process {os.getpid()}: wait until it ends, '
      'or choose another --workdir',
    )
    self.assertEqual(self.names(), [])
    with lock.hold(self.folder):
      self.assertEqual(self.names(), ['run.lock'])

  def hold(self):
    return lock.hold(self.folder)

  def test_it_ends_with_a_process_that_is_killed(self):
    held = _CONTEXT.Event()
    other = _CONTEXT.Process(target=_hold_for_ever, args=(self.folder, held))
    other.start()
    held.wait()
    with (
      self.assertRaisesRegex(errors.UserError, f'process {other.pid}:'),
      self.hold(),
    ):
      pass
    other.kill()
    other.join()
    self.assertEqual(self.names(), ['run.lock'])
    with self.hold():
      content = (self.folder / 'run.lock').read_text()
      self.assertEqual(content, f'process {os.getpid()}')
    self.assertEqual(self.names(), [])

  def test_it_ends_with_an_error(self):
    with self.assertRaises(KeyError), self.hold():
      raise KeyError
    self.assertEqual(self.names(), [])

  def test_a_file_that_was_removed_while_it_was_opened_is_not_the_lock(self):
    flock = lock.fcntl.flock
    calls = []

    def remove_then_lock(file, operation):
      if not calls:  # the holder ends here
        (self.folder / 'run.lock').unlink()
      calls.append(file)
      flock(file, operation)

    with (
      mock.patch.object(lock.fcntl, 'flock', remove_then_lock),
      self.hold(),
    ):
      self.assertLen(calls, 2)
      self.assertEqual(self.names(), ['run.lock'])

  def test_nothing_is_locked_where_there_are_no_locks(self):
    with mock.patch.object(lock, 'fcntl', None), self.hold(), self.hold():
      self.assertEqual(self.names(), [])
    unsupported = mock.patch.object(
      lock.fcntl, 'flock', side_effect=OSError('no locks available')
    )
    with unsupported, self.hold(), self.hold():
      pass
    self.assertEqual(self.names(), [])

  def test_a_folder_that_cannot_be_written_is_named(self):
    missing = self.folder / 'missing'
    with (
      self.assertRaisesRegex(errors.UserError, f'{missing}/run.lock: No such'),
      lock.hold(missing),
    ):
      pass


if __name__ == '__main__':
  absltest.main()
