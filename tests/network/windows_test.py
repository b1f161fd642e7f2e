"""Sliding windows: by hand, and as TensorFlow itself puts them down."""

import itertools

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.network import windows

_AXES = [
  windows.Axis(size, window, stride, padding)
  for size, window, stride, padding in itertools.product(
    range(1, 8), range(1, 8), range(1, 5), ['valid', 'same']
  )
  if padding == 'same' or window <= size
]


def _first_and_last_covered(axis):
  """What lies under each window of TensorFlow: a ramp's least and largest."""
  ramp = tf.reshape(tf.range(axis.size, dtype=tf.float32), [1, -1, 1, 1])
  window, stride = (axis.window, 1), (axis.stride, 1)
  padding = axis.padding.upper()
  last = tf.nn.max_pool2d(ramp, window, stride, padding)
  first = -tf.nn.max_pool2d(-ramp, window, stride, padding)
  return [*zip(np.ravel(first), np.ravel(last), strict=True)]


class WindowsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    # size, window, stride, padding, positions
    (28, 3, 1, 'valid', 26),
    (11, 2, 2, 'valid', 5),
    (11, 2, 2, 'same', 6),
    (7, 7, 1, 'valid', 1),
    (7, 1, 3, 'valid', 3),
    (2, 5, 1, 'same', 2),
  )
  def test_number_of_positions(self, size, window, stride, padding, expected):
    axis = windows.Axis(size, window, stride, padding)
    self.assertEqual(windows.num_positions(axis), expected)
    self.assertLen(windows.covered(axis), expected)

  def test_valid_lets_a_remainder_go_unseen(self):
    under = windows.covered(windows.Axis(5, 2, 2, 'valid'))
    self.assertEqual(under, [range(2), range(2, 4)])

  def test_same_hangs_over_both_ends(self):
    under = windows.covered(windows.Axis(3, 3, 1, 'same'))
    self.assertEqual(under, [range(-1, 2), range(3), range(1, 4)])

  def test_the_odd_zero_of_same_is_at_the_end(self):
    under = windows.covered(windows.Axis(3, 2, 1, 'same'))
    self.assertEqual(under, [range(2), range(1, 3), range(2, 4)])

  def test_every_window_lies_where_tensorflow_puts_it(self):
    for axis in _AXES:
      inside = [
        [index for index in under if 0 <= index < axis.size]
        for under in windows.covered(axis)
      ]
      expected = _first_and_last_covered(axis)
      self.assertEqual(windows.num_positions(axis), len(expected), axis)
      self.assertEqual([(i[0], i[-1]) for i in inside], expected, axis)


if __name__ == '__main__':
  tf.test.main()
