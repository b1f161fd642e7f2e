"""Tests of integers.py."""

import numpy as np
from absl.testing import parameterized

from cnn_tf.measure import integers


class RoundedTest(parameterized.TestCase):
  def test_the_largest_weight_of_each_filter_is_127(self):
    # Two filters of three weights; a step is 0.01 in one and 2 in the other.
    kernel = np.array([[1.27, -254], [0.304, 3.1], [-0.007, 0]], np.float32)
    values, scales = integers.rounded(kernel)
    self.assertEqual(values.tolist(), [[127, -127], [30, 2], [-1, 0]])
    np.testing.assert_allclose(scales, [0.01, 2], rtol=1e-6)
    self.assertEqual((values.dtype, scales.dtype), (np.int8, np.float32))

  def test_a_filter_of_zeros_stays_one(self):
    values, scales = integers.rounded(np.zeros([3, 3, 1, 2], np.float32))
    self.assertFalse(values.any())
    self.assertTrue(np.isfinite(scales).all())

  @parameterized.parameters(range(5))
  def test_no_weight_changes_by_more_than_half_a_step(self, seed):
    kernel = np.random.default_rng(seed).normal(size=[5, 5, 8, 6])
    kernel = (kernel * 10.0 ** np.arange(-3, 3)).astype(np.float32)
    values, scales = integers.rounded(kernel)
    largest = np.abs(kernel).max(axis=(0, 1, 2))
    changes = np.abs(values * scales - kernel).max(axis=(0, 1, 2))
    np.testing.assert_array_less(changes, largest / 253.9)

  @parameterized.parameters((2, [1, -1, 0]), (3, [3, -2, 1]), (4, [7, -5, 1]))
  def test_fewer_bits_by_hand(self, bits, expected):
    kernel = np.array([[1.0], [-0.7], [0.2]], np.float32)
    values, scales = integers.rounded(kernel, bits)
    self.assertEqual(values[:, 0].tolist(), expected)
    np.testing.assert_allclose(scales, [1 / max(expected)], rtol=1e-6)


if __name__ == '__main__':
  parameterized.absltest.main()
