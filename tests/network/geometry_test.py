"""Shapes, costs and fields: on paper, and as gradients show them."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.network import specs
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib


def _trace(text, image_shape=(28, 28, 1)):
  return geometry.trace(layers.parse(text), image_shape)


def _values(geometries, pixels):
  """The network with kernels of ones: every path adds to the gradient."""
  x = pixels
  for layer in geometries:
    spec = layer.spec
    if isinstance(spec, specs.Dense):
      x = tf.reshape(x, [1, -1]) @ tf.ones(layer.kernel_shape)
    elif isinstance(spec, specs.Conv):
      kernel = tf.ones(layer.kernel_shape)
      x = tf.nn.conv2d(x, kernel, spec.stride, spec.padding.upper())
    else:
      x = tf.nn.avg_pool2d(x, spec.window, spec.stride, spec.padding.upper())
  return x


def _seen(geometries, node=...):
  """Which pixels, `[height, width]`, have a gradient from `node` of the top."""
  pixels = tf.ones([1, *geometries[0].input_shape])
  with tf.GradientTape() as tape:
    tape.watch(pixels)
    top = tf.reduce_sum(_values(geometries, pixels)[node])
  return tape.gradient(top, pixels).numpy().any(axis=(0, 3))


class ReferenceNetworkTest(tf.test.TestCase):
  def test_every_number_as_on_paper(self):
    geometries = _trace(settings_lib.REFERENCE_LAYERS)
    actual = [
      (
        layer.output_shape,
        layer.num_parameters,
        layer.num_multiplications,
        layer.receptive_field[0],
        layer.effective_stride[0],
      )
      for layer in geometries
    ]
    expected = [
      ((26, 26, 32), 320, 26 * 26 * 32 * 9, 3, 1),
      ((13, 13, 32), 0, 0, 4, 2),
      ((11, 11, 64), 18496, 11 * 11 * 64 * 9 * 32, 8, 2),
      ((5, 5, 64), 0, 0, 10, 4),
      ((3, 3, 64), 36928, 3 * 3 * 64 * 9 * 64, 18, 4),
      ((100,), 57700, 3 * 3 * 64 * 100, 26, 4),
      ((10,), 1010, 1000, 26, 4),
    ]
    self.assertEqual(actual, expected)
    self.assertEqual(sum(layer.num_parameters for layer in geometries), 114454)
    self.assertEqual(
      sum(layer.num_multiplications for layer in geometries), 2815336
    )

  def test_rows_and_columns_26_and_27_are_never_seen(self):
    seen_rows, seen_columns = geometry.reaching(
      _trace(settings_lib.REFERENCE_LAYERS)
    )
    self.assertEqual(set(range(28)) - seen_rows, {26, 27})
    self.assertEqual(set(range(28)) - seen_columns, {26, 27})
    self.assertEqual(28 * 28 - len(seen_rows) * len(seen_columns), 108)

  def test_softmax_regression_sees_every_pixel_once(self):
    (logits,) = _trace('')
    self.assertEqual(logits.num_parameters, 7850)
    self.assertEqual(logits.receptive_field, (28, 28))


class GradientTest(tf.test.TestCase, parameterized.TestCase):
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
    seen_rows, seen_columns = geometry.reaching(geometries)
    expected = np.zeros(shape[:2], bool)
    expected[np.ix_(sorted(seen_rows), sorted(seen_columns))] = True
    self.assertAllEqual(_seen(geometries), expected)

  @parameterized.parameters(
    'conv 2 3x3',
    'conv 2 3x3, maxpool 2x2, conv 2 3x3, maxpool 2x2, conv 2 3x3',
    'conv 2 5x2 stride 2x1, avgpool 3x2 stride 1x3',
    'conv 2 3x3 stride 2 same, conv 2 3x3 same, maxpool 2x2 same',
    'maxpool 2x1 stride 3, conv 2 2x3 stride 1x2',
  )
  def test_a_node_sees_its_field_and_its_neighbour_a_stride_further(self, text):
    geometries = _trace(text, (40, 40, 1))[:-1]  # without the logits
    height, width, _ = geometries[-1].output_shape
    y, x = height // 2, width // 2
    here = np.argwhere(_seen(geometries, (0, y, x)))
    below = np.argwhere(_seen(geometries, (0, y + 1, x)))
    right = np.argwhere(_seen(geometries, (0, y, x + 1)))
    first = here.min(axis=0)
    down, across = geometries[-1].effective_stride
    self.assertAllEqual(
      here.max(axis=0) - first + 1, geometries[-1].receptive_field
    )
    self.assertAllEqual(below.min(axis=0) - first, [down, 0])
    self.assertAllEqual(right.min(axis=0) - first, [0, across])


class RefusalTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ('conv 4 30x30', 'conv1', '30x30', 'the image', '28x28'),
    ('conv 4 3x29', 'conv1', '3x29', 'the image', '28x28'),
    ('maxpool 2x2, maxpool 20x20', 'pool2', '20x20', 'pool1', '14x14'),
    ('conv 4 9x9 stride 9, avgpool 1x4', 'pool1', '1x4', 'conv1', '3x3'),
  )
  def test_a_window_larger_than_its_map(self, text, name, window, below, size):
    expected = (
      f'{name}: a window of {window} does not fit on {below}, which is {size}'
    )
    with self.assertRaises(errors.UserError) as caught:
      _trace(text)
    self.assertEqual(str(caught.exception), expected)

  def test_text_and_images_without_maps_are_errors(self):
    with self.assertRaisesRegex(TypeError, 'run.layers.parse'):
      geometry.trace('conv 4 3x3', (28, 28, 1))
    with self.assertRaisesRegex(ValueError, r'\(height, width, channels\)'):
      geometry.trace(layers.parse('conv 4 3x3'), (28, 28))

  def test_a_window_as_large_as_its_map_fits_and_same_always_fits(self):
    self.assertEqual(_trace('maxpool 28x28')[0].output_shape, (1, 1, 1))
    self.assertEqual(_trace('conv 4 30x30 same')[0].output_shape, (28, 28, 4))


if __name__ == '__main__':
  tf.test.main()
