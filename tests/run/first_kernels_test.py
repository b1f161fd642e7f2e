"""Tests of first_kernels.py."""

import pathlib
import shutil

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import first_kernels
from cnn_tf.run import layers

_COUNT = np.arange(4).reshape(4, 1, 1, 1, 1)


class FirstKernelsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    text = 'maxpool 2x2, conv 3 5x5, dense 4'
    geometries = geometry.trace(layers.parse(text), (28, 28, 1))
    self.network = model.ConvNet(geometries, seed=0)
    self.kernel = self.network.kernels['conv1']
    # Sums of quarters have no rounding.
    self.kernel.assign(tf.round(4 * self.kernel) / 4)
    self.drawn = self.kernel.numpy()

  def train(self, epochs, done=0):
    """Adds 1 to the kernels in each epoch, from `done` on."""
    self.kernel.assign(self.drawn + done)
    kept = first_kernels.FirstKernels(self.folder, self.network, done)
    for _ in range(done, epochs):
      self.kernel.assign_add(tf.ones(self.kernel.shape))
      kept.keep()
    return (self.folder / first_kernels.FILE).read_bytes()

  def test_row_0_is_the_first_draw_and_then_comes_a_row_an_epoch(self):
    self.assertFalse(first_kernels.exist(self.folder))
    self.train(3)
    self.assertTrue(first_kernels.exist(self.folder))
    rows = first_kernels.read(self.folder, 3)
    self.assertEqual((rows.shape, rows.dtype), ((4, 5, 5, 1, 3), np.float32))
    self.assertAllEqual(rows[0], self.drawn)
    self.assertAllClose(rows - rows[0], np.ones(rows.shape) * _COUNT)
    self.assertAllEqual(first_kernels.read(self.folder, 1), rows[:2])

  def test_a_run_that_goes_on_writes_the_same_bytes(self):
    whole = self.train(5)
    for done in range(5):
      shutil.rmtree(self.folder)
      self.folder.mkdir()
      self.train(done + 1)  # killed before the checkpoint of the last epoch
      self.assertEqual(self.train(5, done), whole)

  def test_what_is_cut_off_costs_only_its_own_epochs(self):
    self.assertEqual(first_kernels.num_epochs(self.folder), 0)
    whole = self.train(5)
    rows = first_kernels.read(self.folder, 5)
    size = rows[0].nbytes
    for lost, left in ((1, 4), (size, 4), (size + 1, 3), (6 * size, 0)):
      (self.folder / first_kernels.FILE).write_bytes(whole[:-lost])
      self.assertEqual(first_kernels.num_epochs(self.folder), left)
      if left:
        self.assertAllEqual(
          first_kernels.read(self.folder, left), rows[: left + 1]
        )
    for junk in (b'', b'junk' * 100, whole[:20], b'\0' * 1000):
      (self.folder / first_kernels.FILE).write_bytes(junk)
      self.assertEqual(first_kernels.num_epochs(self.folder), 0)

  def test_kernels_of_another_network_are_refused(self):
    self.train(2)
    geometries = geometry.trace(layers.parse('conv 3 4x4'), (28, 28, 1))
    other = model.ConvNet(geometries, seed=0)
    with self.assertRaisesRegex(
      errors.UserError, r'shape \(5, 5, 1, 3\), not \(4, 4, 1, 3\)'
    ):
      first_kernels.FirstKernels(self.folder, other, 2)

  def test_missing_and_damaged_rows_are_refused(self):
    path = self.folder / first_kernels.FILE
    with self.assertRaisesRegex(errors.UserError, 'No such file'):
      first_kernels.FirstKernels(self.folder, self.network, 1)
    self.train(2)
    with self.assertRaisesRegex(errors.UserError, ': 2 of 3 epochs'):
      first_kernels.FirstKernels(self.folder, self.network, 3)
    for size in (0, 10, 200):
      path.write_bytes(path.read_bytes()[:size])
      with self.assertRaisesRegex(errors.UserError, str(path)):
        first_kernels.read(self.folder, 1)


if __name__ == '__main__':
  tf.test.main()
