"""Each op: a case for paper, and every case against the loops of reference."""

import itertools

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.network import ops
from cnn_tf.network import reference
from cnn_tf.network import specs
from cnn_tf.network import windows
from tests.network import op_runs

_ONE_TO_NINE = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
_SIZES = ((1, 1), (5, 4), (6, 7))
_WINDOWS = ((1, 1), (2, 2), (3, 2), (1, 4), (13, 13))  # the last with `same`
_STRIDES = ((1, 1), (2, 1), (3, 3), (2, 5))
_CASES = [
  (size, window, stride, padding)
  for size, window, stride, padding in itertools.product(
    _SIZES, _WINDOWS, _STRIDES, windows.PADDINGS
  )
  if padding == 'same' or (window[0] <= size[0] and window[1] <= size[1])
]


def _image(rows):
  return tf.constant(rows, tf.float32)[tf.newaxis, ..., tf.newaxis]


class PaperTest(tf.test.TestCase, parameterized.TestCase):
  def assert_map(self, maps, rows):
    self.assertAllEqual(maps[0, :, :, 0], rows)

  def test_ones_count_the_pixels_under_the_kernel(self):
    ones = tf.ones([3, 3, 1, 1])
    counts = ops.conv2d(_image(np.ones([3, 3])), ones, (1, 1), 'same')
    self.assert_map(counts, [[4, 6, 4], [6, 9, 6], [4, 6, 4]])

  @parameterized.parameters(
    # The first: 1 * 1 + 2 * 2 + 4 * 3 + 5 * 4 = 37; a flipped kernel gives 23.
    ((1, 1), 'valid', [[37, 47], [67, 77]]),
    ((2, 1), 'valid', [[37, 47]]),
    ((1, 2), 'valid', [[37], [67]]),
    # A row and a column of zeros at the end: 3 * 1 + 6 * 3 = 21.
    ((1, 1), 'same', [[37, 47, 21], [67, 77, 33], [23, 26, 9]]),
    ((2, 2), 'same', [[37, 21], [23, 9]]),
  )
  def test_the_kernel_is_not_flipped(self, stride, padding, expected):
    kernel = tf.reshape([1.0, 2.0, 3.0, 4.0], [2, 2, 1, 1])
    maps = tf.constant(_ONE_TO_NINE, tf.float32)
    self.assert_map(ops.conv2d(maps, kernel, stride, padding), expected)

  @parameterized.parameters(
    ((1, 1), 'valid', [[5, 6], [8, 9]]),
    ((2, 2), 'valid', [[5]]),
    ((2, 2), 'same', [[5, 6], [8, 9]]),
  )
  def test_max_pooling_takes_the_largest(self, stride, padding, expected):
    maps = tf.constant(_ONE_TO_NINE, tf.float32)
    pooled = ops.POOLS['maxpool'](maps, (2, 2), stride, padding)
    self.assert_map(pooled, expected)

  def test_padding_is_no_value_to_a_pooling(self):
    image = _image([[-1, -2], [-3, -6]])
    largest = ops.max_pool2d(image, (2, 2), (1, 1), 'same')
    self.assert_map(largest, [[-1, -2], [-3, -6]])
    mean = ops.POOLS['avgpool'](image, (2, 2), (1, 1), 'same')
    self.assert_map(mean, [[-3, -4], [-4.5, -6]])

  def test_the_gradient_goes_to_the_first_of_equal_maxima(self):
    maps, settings = _image([[1, 7, 7], [7, 7, 2]]), ((2, 3), (1, 1), 'valid')
    _, (gradient,) = op_runs.run(ops.max_pool2d, [maps], 1, *settings)
    self.assert_map(gradient, [[0, 1, 0], [0, 0, 0]])

  def test_max_pooling_swallows_nan(self):
    for place in range(4):
      numbers = [1.0, 2.0, 3.0, 3.0]
      numbers[place] = np.nan
      image = tf.reshape(numbers, [1, 2, 2, 1])
      self.assert_map(ops.max_pool2d(image, (2, 2), (2, 2), 'valid'), [[3]])

  def test_flattening_keeps_the_maps_of_a_pixel_together(self):
    maps = tf.reshape(tf.range(12), [2, 1, 2, 3])
    self.assertAllEqual(ops.flatten(maps), [range(6), range(6, 12)])

  def test_dense_by_hand(self):
    products = ops.dense([[1.0, 2.0]], [[3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    self.assertAllEqual(products, [[15, 18, 21]])

  def test_every_map_and_every_unit_has_one_bias(self):
    biased = ops.add_bias(tf.zeros([1, 2, 1, 3]), [1.0, 2.0, 3.0])
    self.assertAllEqual(biased, [[[[1, 2, 3]], [[1, 2, 3]]]])
    self.assertAllEqual(ops.add_bias([[1.0, 1.0]], [2.0, 3.0]), [[3, 4]])


class ReferenceTest(tf.test.TestCase, parameterized.TestCase):
  def test_conv2d_and_its_gradients(self):
    for size, window, *settings in _CASES:
      maps, kernel = op_runs.normal(2, *size, 3), op_runs.normal(*window, 3, 4)
      expected = reference.conv2d(maps, kernel, *settings)
      upstream = op_runs.normal(*expected.shape)
      output, actual = op_runs.run(
        ops.conv2d, [maps, kernel], upstream, *settings
      )
      gradients = reference.conv2d_gradients(maps, kernel, *settings, upstream)
      self.assertAllClose(output, expected, 1e-4, 1e-4)
      self.assertAllClose(actual, gradients, 1e-4, 1e-4)

  @parameterized.parameters('max_pool2d', 'avg_pool2d')
  def test_poolings_and_their_gradients(self, name):
    pool, plain_pool = getattr(ops, name), getattr(reference, name)
    plain_gradient = getattr(reference, f'{name}_gradient')
    for size, *settings in _CASES:
      numbers = op_runs.normal(2, *size, 3)
      for maps in (numbers, np.round(numbers)):  # the second has equal maxima
        expected = plain_pool(maps, *settings)
        upstream = op_runs.normal(*expected.shape)
        output, (actual,) = op_runs.run(pool, [maps], upstream, *settings)
        self.assertAllClose(output, expected)
        self.assertAllClose(actual, plain_gradient(maps, *settings, upstream))

  def test_dense_and_bias_and_their_gradients(self):
    values, kernel, bias = (
      op_runs.normal(5, 7),
      op_runs.normal(7, 3),
      op_runs.normal(3),
    )
    upstream = op_runs.normal(5, 3)
    output, actual = op_runs.run(ops.dense, [values, kernel], upstream)
    self.assertAllClose(output, reference.dense(values, kernel))
    expected = reference.dense_gradients(values, kernel, upstream)
    self.assertAllClose(actual, expected)
    _, (_, actual) = op_runs.run(ops.add_bias, [upstream, bias], upstream)
    self.assertAllClose(actual, reference.add_bias_gradient(upstream))

  @parameterized.parameters(*specs.ACTIVATIONS)
  def test_activations_and_their_derivatives(self, name):
    function, derivative = reference.ACTIVATIONS[name]
    x = np.linspace(-8, 8, 161)  # with 0: empty pixels make many of them
    output, (actual,) = op_runs.run(ops.ACTIVATIONS[name], [x], 1)
    self.assertAllClose(output, function(x))
    self.assertAllClose(actual, derivative(x))


class ArgumentsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters('conv2d', 'max_pool2d', 'avg_pool2d')
  def test_what_would_end_python_is_an_error(self, name):
    second = tf.ones([3, 3, 1, 1]) if name == 'conv2d' else (3, 3)
    op = getattr(ops, name)
    for shape in ([28, 28], [5, 28, 28]):
      with self.assertRaisesRegex(
        ValueError, r'\[batch, height, width, channels\]'
      ):
        op(tf.ones(shape), second, (1, 1), 'valid')
    with self.assertRaisesRegex(TypeError, 'not uint8; datasets.to_float'):
      op(np.ones([1, 28, 28, 1], np.uint8), second, (1, 1), 'valid')

  @parameterized.product(
    name=['conv2d', 'max_pool2d', 'avg_pool2d'],
    module=[ops, reference],
    padding=['SAME', 'full', ''],
  )
  def test_ops_and_reference_know_the_same_paddings(
    self, name, module, padding
  ):
    second = np.ones([2, 2, 1, 1], np.float32) if name == 'conv2d' else (2, 2)
    inputs = np.ones([1, 4, 4, 1], np.float32)
    with self.assertRaisesRegex(ValueError, "must be 'valid' or 'same'"):
      getattr(module, name)(inputs, second, (1, 1), padding)


class NamesTest(tf.test.TestCase):
  def test_there_is_an_op_for_every_activation_of_the_specs(self):
    self.assertCountEqual(ops.ACTIVATIONS, specs.ACTIVATIONS)
    self.assertCountEqual(reference.ACTIVATIONS, specs.ACTIVATIONS)


class DropoutTest(tf.test.TestCase, parameterized.TestCase):
  def test_drops_below_the_rate_and_divides_the_rest(self):
    random_bytes = tf.constant([[0, 63, 64, 255]], tf.uint8)
    inputs = tf.constant([[3.0, 6.0, 9.0, -3.0]])
    dropped = ops.dropout(inputs, 0.25, random_bytes)
    self.assertAllClose(dropped, [[0.0, 0.0, 12.0, -4.0]])

  @parameterized.parameters((0.1, 26), (0.5, 128), (0.004, 1), (0.996, 255))
  def test_over_all_bytes_the_mean_is_exact(self, rate, num_dropped):
    random_bytes = tf.range(256)
    dropped = ops.dropout(tf.ones([256]), rate, tf.cast(random_bytes, tf.uint8))
    self.assertEqual(np.sum(dropped == 0), num_dropped)
    self.assertAllClose(np.mean(dropped), 1.0)

  def test_rate_0_changes_nothing(self):
    inputs = tf.constant([1.0, -2.0])
    self.assertAllEqual(
      ops.dropout(inputs, 0.0, tf.zeros([2], tf.uint8)), inputs
    )


if __name__ == '__main__':
  tf.test.main()
