"""The definition: against paper, formulas, and differences of its values."""

import itertools

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.network import reference
from cnn_tf.network import specs

_ONE_TO_NINE = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
_SETTINGS = [
  ((1, 1), 'valid'),
  ((1, 1), 'same'),
  ((2, 3), 'valid'),
  ((3, 2), 'same'),
]


def _normal(*shape):
  return np.random.default_rng(len(shape)).normal(size=shape)


def _slopes(function, inputs, upstream):
  """Central differences of `sum(upstream * function(inputs))`."""
  slopes = np.zeros(inputs.shape)
  for place in np.ndindex(inputs.shape):
    losses = []
    for move in (1e-5, -1e-5):
      moved = inputs.copy()
      moved[place] += move
      losses.append(np.sum(upstream * function(moved)))
    slopes[place] = (losses[0] - losses[1]) / 2e-5
  return slopes


class ForwardTest(parameterized.TestCase):
  def test_convolution_and_poolings_of_one_to_nine(self):
    kernel = np.array([1.0, 2.0, 3.0, 4.0]).reshape(2, 2, 1, 1)
    outputs = [
      reference.conv2d(_ONE_TO_NINE, kernel, (1, 1), 'valid'),
      reference.max_pool2d(_ONE_TO_NINE, (2, 2), (1, 1), 'valid'),
      reference.avg_pool2d(_ONE_TO_NINE, (2, 2), (1, 1), 'valid'),
      reference.avg_pool2d(_ONE_TO_NINE, (2, 2), (2, 2), 'same'),
    ]
    self.assertEqual(
      [output[0, :, :, 0].tolist() for output in outputs],
      [
        [[37, 47], [67, 77]],
        [[5, 6], [8, 9]],
        [[3, 4], [6, 7]],
        [[3, 4.5], [7.5, 9]],
      ],
    )

  def test_same_gives_each_pixel_a_window_around_it(self):
    ones = np.ones([1, 3, 3, 1])
    counts = reference.conv2d(ones, np.ones([3, 3, 1, 1]), (1, 1), 'same')
    expected = [[4, 6, 4], [6, 9, 6], [4, 6, 4]]
    self.assertEqual(counts[0, :, :, 0].tolist(), expected)

  def test_convolution_is_the_sum_of_the_formula(self):
    maps, kernel = _normal(2, 6, 7, 3), _normal(3, 2, 3, 4)
    output = reference.conv2d(maps, kernel, (2, 3), 'valid')
    self.assertEqual(output.shape, (2, 2, 2, 4))
    for n, y, x, o in np.ndindex(output.shape):
      expected = sum(
        maps[n, y * 2 + i, x * 3 + j, c] * kernel[i, j, c, o]
        for i, j, c in itertools.product(range(3), range(2), range(3))
      )
      self.assertAlmostEqual(output[n, y, x, o], expected)

  def test_dense_and_bias_by_hand(self):
    kernel = np.array([[3.0, 4.0], [6.0, 7.0]])
    products = reference.dense(np.array([[1.0, 2.0]]), kernel)
    self.assertEqual(products.tolist(), [[15, 18]])
    biased = reference.add_bias(products, np.array([1.0, 2.0]))
    self.assertEqual(biased.tolist(), [[16, 20]])


class GradientTest(parameterized.TestCase):
  @parameterized.parameters(*_SETTINGS)
  def test_convolution(self, *settings):
    maps, kernel = _normal(2, 4, 5, 2), _normal(3, 2, 2, 3)
    upstream = _normal(*reference.conv2d(maps, kernel, *settings).shape)
    by_maps, by_kernel = reference.conv2d_gradients(
      maps, kernel, *settings, upstream
    )
    for actual, function, inputs in (
      (by_maps, lambda m: reference.conv2d(m, kernel, *settings), maps),
      (by_kernel, lambda k: reference.conv2d(maps, k, *settings), kernel),
    ):
      expected = _slopes(function, inputs, upstream)
      np.testing.assert_allclose(actual, expected, atol=1e-8)

  @parameterized.parameters(
    *itertools.product(['max_pool2d', 'avg_pool2d'], _SETTINGS)
  )
  def test_poolings(self, name, settings):
    maps, settings = _normal(2, 4, 5, 2), ((3, 2), *settings)
    pool = getattr(reference, name)
    upstream = _normal(*pool(maps, *settings).shape)
    gradient = getattr(reference, f'{name}_gradient')
    np.testing.assert_allclose(
      gradient(maps, *settings, upstream),
      _slopes(lambda m: pool(m, *settings), maps, upstream),
      atol=1e-8,
    )

  def test_the_first_of_equal_maxima_gets_it_all(self):
    gradient = reference.max_pool2d_gradient(
      np.ones([1, 2, 2, 1]), (2, 2), (2, 2), 'valid', np.full([1, 1, 1, 1], 5)
    )
    self.assertEqual(gradient[0, :, :, 0].tolist(), [[5, 0], [0, 0]])

  def test_dense_and_bias(self):
    values, kernel, bias = _normal(3, 4), _normal(4, 2), _normal(2)
    upstream = _normal(3, 2)
    by_values, by_kernel = reference.dense_gradients(values, kernel, upstream)
    for actual, function, inputs in (
      (by_values, lambda v: reference.dense(v, kernel), values),
      (by_kernel, lambda k: reference.dense(values, k), kernel),
      (
        reference.add_bias_gradient(upstream),
        lambda b: reference.add_bias(values @ kernel, b),
        bias,
      ),
    ):
      expected = _slopes(function, inputs, upstream)
      np.testing.assert_allclose(actual, expected, atol=1e-8)

  def test_cross_entropy(self):
    logits, labels = 3 * _normal(4, 5), np.array([0, 4, 2, 2])
    np.testing.assert_allclose(
      reference.cross_entropy_gradient(logits, labels),
      _slopes(lambda x: reference.cross_entropy(x, labels), logits, np.ones(4)),
      atol=1e-8,
    )


class CrossEntropyTest(absltest.TestCase):
  def test_equal_logits_are_a_guess_among_all_classes(self):
    losses = reference.cross_entropy(np.full([2, 10], 7.0), np.array([3, 8]))
    np.testing.assert_allclose(losses, np.log(10))

  def test_by_hand(self):
    logits, labels = np.log([[1.0, 2.0, 5.0]]), np.array([1])
    np.testing.assert_allclose(
      reference.log_softmax(logits), np.log([[0.125, 0.25, 0.625]])
    )
    np.testing.assert_allclose(
      reference.cross_entropy(logits, labels), [np.log(4)]
    )
    np.testing.assert_allclose(
      reference.cross_entropy_gradient(logits, labels), [[0.125, -0.75, 0.625]]
    )

  def test_large_logits_do_not_overflow(self):
    logits = np.array([[1000.0, 0.0]] * 2)
    losses = reference.cross_entropy(logits, np.array([0, 1]))
    np.testing.assert_allclose(losses, [0.0, 1000.0])


class ActivationsTest(parameterized.TestCase):
  def test_values_that_one_knows(self):
    at = {name: pair[0] for name, pair in reference.ACTIVATIONS.items()}
    self.assertEqual(at['relu'](np.array([-2.0, 0, 3])).tolist(), [0, 0, 3])
    self.assertAlmostEqual(at['elu'](-1.0), 1 / np.e - 1)
    self.assertAlmostEqual(at['tanh'](np.log(2)), 0.6)
    self.assertAlmostEqual(at['sigmoid'](np.log(3)), 0.75)

  def test_selu_keeps_mean_0_and_variance_1(self):
    x = np.linspace(-12, 12, 240001)
    weights = np.exp(-(x**2) / 2)
    weights /= weights.sum()
    selu, _ = reference.ACTIVATIONS['selu']
    self.assertAlmostEqual(np.sum(weights * selu(x)), 0)
    self.assertAlmostEqual(np.sum(weights * selu(x) ** 2), 1)

  @parameterized.parameters(*specs.ACTIVATIONS)
  def test_the_derivative_is_the_slope(self, name):
    function, derivative = reference.ACTIVATIONS[name]
    x = np.array([-9.0, -2.5, -0.3, 0.2, 1.0, 7.0])
    slopes = (function(x + 1e-5) - function(x - 1e-5)) / 2e-5
    np.testing.assert_allclose(derivative(x), slopes, atol=1e-8)

  def test_large_inputs_do_not_overflow(self):
    with np.errstate(over='raise'):
      for name in ('elu', 'selu'):
        function, derivative = reference.ACTIVATIONS[name]
        self.assertGreater(function(np.array(1e4)), 9999)
        self.assertLess(derivative(np.array(1e4)), 1.1)


if __name__ == '__main__':
  absltest.main()
