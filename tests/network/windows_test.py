"""Sliding windows: by hand, and as TensorFlow itself puts them down."""

import itertools

import hypothesis
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from hypothesis import strategies as st

from cnn_tf.network import windows

_AXES = [
  windows.Axis(size, window, stride, padding)
  for size, window, stride, padding in itertools.product(
    range(1, 8), range(1, 8), range(1, 5), ['valid', 'same']
  )
  if padding == 'same' or window <= size
]


@st.composite
def _stacks(draw):
  """Axes of layers that fit on one another."""
  size, stack = draw(st.integers(1, 12)), []
  for _ in range(draw(st.integers(1, 4))):
    padding = draw(st.sampled_from(['valid', 'same']))
    largest = size if padding == 'valid' else 5
    window, stride = draw(st.integers(1, largest)), draw(st.integers(1, 4))
    stack.append(windows.Axis(size, window, stride, padding))
    size = windows.num_positions(stack[-1])
  return stack


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

  def test_two_pixels_of_28_never_reach_the_top_of_the_reference_network(self):
    # 28 - 2 = 26, / 2 = 13, - 2 = 11, / 2 = 5 and a remainder, - 2 = 3
    convolution, pooling = (3, 1, 'valid'), (2, 2, 'valid')
    stack = [
      windows.Axis(28, *convolution),
      windows.Axis(26, *pooling),
      windows.Axis(13, *convolution),
      windows.Axis(11, *pooling),
      windows.Axis(5, *convolution),
    ]
    self.assertEqual(windows.reaching(stack), set(range(26)))
    self.assertEqual(windows.reaching(stack[2:]), set(range(12)))

  def test_a_stride_larger_than_its_window_steps_over_indices(self):
    stack = [windows.Axis(10, 2, 4, 'valid')]
    self.assertEqual(windows.reaching(stack), {0, 1, 4, 5, 8, 9})

  @hypothesis.settings(max_examples=200, deadline=None, derandomize=True)
  @hypothesis.given(_stacks())
  def test_reaching_is_a_product_of_the_layers_connections(self, stack):
    paths = np.eye(stack[0].size, dtype=int)
    for axis in stack:
      under = windows.covered(axis)
      connected = [[i in range_ for i in range(axis.size)] for range_ in under]
      paths = np.array(connected, int) @ paths
    expected = set(np.flatnonzero(paths.sum(axis=0)))
    self.assertEqual(windows.reaching(stack), expected)


if __name__ == '__main__':
  tf.test.main()
