"""Tests of pattern_files.py."""

import pathlib

import numpy as np
from absl.testing import absltest

from cnn_tf import errors
from cnn_tf.measure import excitation
from cnn_tf.measure import pattern_files


def found(number, pattern):
  return excitation.Excitation(
    number,
    True,
    np.array([1.0, 3.0]),
    np.stack([np.zeros((4, 4)), np.full((4, 4), number / 10)]),
    2.0,
    np.array([5.0]),
    pattern,
    np.array([4.0]),
    [],
  )


class PatternFilesTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)

  def test_what_is_saved_is_read(self):
    patches = [found(n, np.full((2, 2), 0.5)) for n in (3, 7)]
    pattern_files.save(self.folder, 'conv2', 12, patches)
    read = pattern_files.read(self.folder, 'conv2')
    self.assertEqual(read.epoch, 12)
    self.assertEqual(read.numbers.tolist(), [3, 7])
    self.assertEqual(read.statuses, ['converged'] * 2)
    self.assertEqual(read.images[:, 0, 0].tolist(), [0.3, 0.7])
    self.assertEqual(read.scores.tolist(), [3.0, 3.0])
    self.assertEqual(read.patches.shape, (2, 2, 2))

  def test_units_have_no_patches(self):
    pattern_files.save(self.folder, 'dense1', 1, [found(0, None)])
    self.assertIsNone(pattern_files.read(self.folder, 'dense1').patches)

  def test_no_file_is_none_and_a_damaged_one_an_error(self):
    self.assertIsNone(pattern_files.read(self.folder, 'conv1'))
    (self.folder / 'patterns_conv1.npz').write_bytes(b'PK')
    with self.assertRaises(errors.UserError):
      pattern_files.read(self.folder, 'conv1')


if __name__ == '__main__':
  absltest.main()
