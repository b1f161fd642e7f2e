"""Activation functions: known values, and derivatives as differences."""

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.network import reference_activations
from cnn_tf.network import specs


class ActivationsTest(parameterized.TestCase):
  def test_values_that_one_knows(self):
    at = {
      name: pair[0] for name, pair in reference_activations.ACTIVATIONS.items()
    }
    self.assertEqual(at['relu'](np.array([-2.0, 0, 3])).tolist(), [0, 0, 3])
    self.assertAlmostEqual(at['elu'](-1.0), 1 / np.e - 1)
    self.assertAlmostEqual(at['tanh'](np.log(2)), 0.6)
    self.assertAlmostEqual(at['sigmoid'](np.log(3)), 0.75)

  def test_selu_keeps_mean_0_and_variance_1(self):
    x = np.linspace(-12, 12, 240001)
    weights = np.exp(-(x**2) / 2)
    weights /= weights.sum()
    selu, _ = reference_activations.ACTIVATIONS['selu']
    self.assertAlmostEqual(np.sum(weights * selu(x)), 0)
    self.assertAlmostEqual(np.sum(weights * selu(x) ** 2), 1)

  @parameterized.parameters(*specs.ACTIVATIONS)
  def test_the_derivative_is_the_slope(self, name):
    function, derivative = reference_activations.ACTIVATIONS[name]
    x = np.array([-9.0, -2.5, -0.3, 0.2, 1.0, 7.0])
    slopes = (function(x + 1e-5) - function(x - 1e-5)) / 2e-5
    np.testing.assert_allclose(derivative(x), slopes, atol=1e-8)

  def test_large_inputs_do_not_overflow(self):
    with np.errstate(over='raise'):
      for name in ('elu', 'selu'):
        function, derivative = reference_activations.ACTIVATIONS[name]
        self.assertGreater(function(np.array(1e4)), 9999)
        self.assertLess(derivative(np.array(1e4)), 1.1)


if __name__ == '__main__':
  absltest.main()
