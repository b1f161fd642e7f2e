"""What can reach the output: on paper, and as gradients show it."""

import hypothesis
import numpy as np
import tensorflow as tf
from absl.testing import parameterized
from hypothesis import strategies as st

from cnn_tf.network import geometry
from cnn_tf.network import reach
from cnn_tf.network import windows
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from tests import seen


def _trace(text, image_shape=(28, 28, 1)):
  return geometry.trace(layers.parse(text), image_shape)


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


class AxisTest(tf.test.TestCase):
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
    self.assertEqual(reach.along_axis(stack), set(range(26)))
    self.assertEqual(reach.along_axis(stack[2:]), set(range(12)))

  def test_a_stride_larger_than_its_window_steps_over_indices(self):
    stack = [windows.Axis(10, 2, 4, 'valid')]
    self.assertEqual(reach.along_axis(stack), {0, 1, 4, 5, 8, 9})

  @hypothesis.settings(max_examples=200, deadline=None, derandomize=True)
  @hypothesis.given(_stacks())
  def test_reaching_is_a_product_of_the_layers_connections(self, stack):
    paths = np.eye(stack[0].size, dtype=int)
    for axis in stack:
      under = windows.covered(axis)
      connected = [[i in range_ for i in range(axis.size)] for range_ in under]
      paths = np.array(connected, int) @ paths
    expected = set(np.flatnonzero(paths.sum(axis=0)))
    self.assertEqual(reach.along_axis(stack), expected)


class PixelsTest(tf.test.TestCase, parameterized.TestCase):
  def test_rows_and_columns_26_and_27_are_never_seen(self):
    seen_rows, seen_columns = reach.rows_and_columns(
      _trace(settings_lib.REFERENCE_LAYERS)
    )
    self.assertEqual(set(range(28)) - seen_rows, {26, 27})
    self.assertEqual(set(range(28)) - seen_columns, {26, 27})
    self.assertEqual(28 * 28 - len(seen_rows) * len(seen_columns), 108)

  @parameterized.parameters(
    (settings_lib.REFERENCE_LAYERS, (28, 28, 1)),
    (settings_lib.REFERENCE_LAYERS, (25, 31, 3)),
    ('maxpool 2x2', (5, 4, 1)),
    ('conv 2 2x3 stride 4x5', (11, 17, 1)),
    ('maxpool 1x2 stride 3, conv 2 3x1 stride 1x2', (14, 9, 2)),
    ('conv 2 3x3 stride 2 same, maxpool 2x2', (10, 13, 1)),
    ('conv 2 3x3 same, avgpool 2x2 stride 3 same, conv 2 2x2', (9, 8, 1)),
    ('avgpool 2x2 stride 5 same, avgpool 3x3 same stride 1', (13, 12, 1)),
    ('conv 2 5x5 stride 3, conv 2 2x2 stride 3, dense 4', (20, 23, 1)),
  )
  def test_the_pixels_that_reach_the_output_have_a_gradient(self, text, shape):
    geometries = _trace(text, shape)
    seen_rows, seen_columns = reach.rows_and_columns(geometries)
    expected = np.zeros(shape[:2], bool)
    expected[np.ix_(sorted(seen_rows), sorted(seen_columns))] = True
    self.assertAllEqual(seen.pixels(geometries), expected)


if __name__ == '__main__':
  tf.test.main()
