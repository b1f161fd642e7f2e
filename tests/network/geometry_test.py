"""Shapes, costs and fields: on paper, and as gradients show them."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.network import specs
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from tests import seen


def _trace(text, image_shape=(28, 28, 1)):
  return geometry.trace(layers.parse(text), image_shape)


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

  def test_softmax_regression_sees_every_pixel_once(self):
    (logits,) = _trace('')
    self.assertEqual(logits.num_parameters, 7850)
    self.assertEqual(logits.receptive_field, (28, 28))


class GradientTest(tf.test.TestCase, parameterized.TestCase):
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
    here = np.argwhere(seen.pixels(geometries, (0, y, x)))
    below = np.argwhere(seen.pixels(geometries, (0, y + 1, x)))
    right = np.argwhere(seen.pixels(geometries, (0, y, x + 1)))
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
    with self.assertRaisesRegex(TypeError, 'specs.Conv'):
      geometry.trace('conv 4 3x3', (28, 28, 1))
    with self.assertRaisesRegex(ValueError, r'\(height, width, channels\)'):
      geometry.trace(layers.parse('conv 4 3x3'), (28, 28))

  def test_a_convolution_or_pooling_after_a_dense_layer(self):
    dense = specs.Dense('dense1', units=4)
    for layer in (
      specs.Conv('conv1', filters=2, window=(1, 1)),
      specs.Pool('p'),
    ):
      words = f'{layer.name} cannot follow dense1: a dense layer has no maps'
      with self.assertRaisesRegex(errors.UserError, words):
        geometry.trace([dense, layer], (28, 28, 1))

  def test_two_layers_of_one_name(self):
    dense = specs.Dense('dense1', units=4)
    with self.assertRaisesRegex(ValueError, 'dense1, dense1'):
      geometry.trace([dense, dense], (28, 28, 1))

  def test_a_window_as_large_as_its_map_fits_and_same_always_fits(self):
    self.assertEqual(_trace('maxpool 28x28')[0].output_shape, (1, 1, 1))
    self.assertEqual(_trace('conv 4 30x30 same')[0].output_shape, (28, 28, 4))


if __name__ == '__main__':
  tf.test.main()
