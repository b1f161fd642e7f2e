"""Tests of quantities.py."""

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.studies.measure import quantities

_STRIDED = 'conv 1 3x3 stride 2'


def _trace(text, size=28):
  return geometry.trace(layers.parse(text)[:-1], (size, size, 1))


class QuantitiesTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ('SIZES', 'conv 2 5x5, maxpool 3x3', '24, 8'),
    ('FIELDS', 'conv 2 5x5, maxpool 3x3, conv 3 2x2', '5, 7, 10'),
    ('FIELDS_OF_NODES', 'conv 2 5x5, maxpool 3x3', '7, 10'),
    ('DEPTH_TO_SEE_28', 'conv 1 20x20, conv 1 5x5, conv 1 5x5', '3'),
    ('STRIDES', 'conv 1 3x3 stride 2, maxpool 3x3, conv 1 2x2', '2, 6, 6'),
    ('OVERLAP', 'conv 1 5x5 stride 2', '3 columns, 15 pixels'),
    ('OVERLAP', 'maxpool 2x2', '0 columns, 0 pixels'),
    ('WEIGHTS', 'conv 3 2x2, conv 5 4x4', '240'),  # 16 * 3 * 5
    ('PARAMETERS', 'conv 3 2x2, conv 5 4x4', '260'),  # 12 + 3 + 240 + 5
    ('GROWING', 'conv 3 2x2, maxpool 2x2', 'activations'),
    ('RANK', 'conv 3 2x2', '4'),
  )
  def test_both_methods_agree_with_numbers_by_hand(self, name, text, expected):
    for method in getattr(quantities, name):
      self.assertEqual(method(_trace(text)), expected)

  def test_three_of_the_strided_layers_fit_on_28x28_and_four_do_not(self):
    three, four = (', '.join([_STRIDED] * n) for n in (3, 4))
    self.assertEqual(quantities.SIZES.compute(_trace(three)), '13, 6, 2')
    with self.assertRaisesRegex(errors.UserError, '^conv4: .* does not fit'):
      _trace(four)
    self.assertEqual(quantities.SIZES.compute(_trace(four, 31)), '15, 7, 3, 1')

  def test_pixels_of_a_node_and_of_two(self):
    layers_of_stride_2 = _trace(f'{_STRIDED}, {_STRIDED}')
    self.assertEqual(
      quantities.pixels(layers_of_stride_2, 1), set(range(4, 11))
    )
    self.assertEqual(
      quantities.pixels(layers_of_stride_2, 0, 1), set(range(11))
    )


if __name__ == '__main__':
  tf.test.main()
