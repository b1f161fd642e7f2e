"""A disk that is full at any write of a run costs nothing but that write."""

import contextlib
import io
import pathlib
from unittest import mock

import tensorflow as tf
from absl.testing import absltest

from cnn_tf import errors
from cnn_tf.run import history
from cnn_tf.run import loop
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from tests import kill
from tests import processes
from tests import small_data

_WRITERS = (
  (storage, 'write'),
  (tf.train.Checkpoint, 'write'),
  (tf.summary, 'create_file_writer'),
  (history.TensorBoard, '_write'),
  (tf.saved_model, 'save'),
)


class _Disk:
  """Is full from the write with a certain number on."""

  def __init__(self, full_at=None):
    self.num_writes = 0
    self._full_at = full_at
    self._stack = contextlib.ExitStack()

  def __enter__(self):
    for owner, name in _WRITERS:
      counted = self._count(getattr(owner, name))
      self._stack.enter_context(mock.patch.object(owner, name, counted))
    return self

  def __exit__(self, *error):
    self._stack.close()

  def _count(self, write):
    def counted(*args, **kwargs):
      self.num_writes += 1
      if self.num_writes == self._full_at:
        self._stack.enter_context(processes.files_of_at_most(0))
      return write(*args, **kwargs)

    return counted


class FullDiskTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(self.folder)

  def run_in(self, workdir):
    """Trains three epochs, or what is left of them."""
    settings = settings_lib.Settings(
      **small_data.flags(self.folder, batch_size=128, layers='')
    )
    with contextlib.redirect_stdout(io.StringIO()):
      loop.train_and_evaluate(settings, workdir, '1')

  def saved(self, workdir):
    """The files of all checkpoints, with their contents."""
    return {
      p.name: p.read_bytes() for p in workdir.glob('checkpoints/ckpt-*.*')
    }

  def test_one_line_and_no_loss_at_every_write(self):
    with _Disk() as disk:
      self.run_in(self.folder / 'whole')
    self.assertEqual(disk.num_writes, 23)
    whole = kill.final_values(self.folder / 'whole', 3)
    for number in range(1, disk.num_writes + 1):
      with self.subTest(number):
        workdir = self.folder / f'{number}'
        with _Disk(number), self.assertRaises(errors.UserError) as caught:
          self.run_in(workdir)
        self.assertRegex(
          str(caught.exception), rf'^{workdir}/[^\n]*: File too large[^\n]*$'
        )
        saved = self.saved(workdir)
        self.assertLen(saved, 2 * max(0, min(3, (number - 3) // 6)))
        self.run_in(workdir)
        self.assertEqual({**self.saved(workdir), **saved}, self.saved(workdir))
        self.assertEqual(kill.final_values(workdir, 3), whole)


if __name__ == '__main__':
  absltest.main()
