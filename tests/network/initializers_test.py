"""How large the first kernels are, and that a key decides them."""

import math

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import keys
from cnn_tf.network import initializers

_SHAPE = (3, 3, 64, 256)  # fan_in 576, fan_out 2304; 147,456 numbers
_KEY = keys.key(0, 'initializers_test')


class InitializersTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (initializers.he, 2 / 576),
    (initializers.lecun, 1 / 576),
    (initializers.glorot, 2 / (576 + 2304)),
  )
  def test_mean_is_0_and_variance_as_in_the_paper(self, draw, variance):
    kernel = draw(_SHAPE, _KEY)
    self.assertEqual((kernel.shape, kernel.dtype), (_SHAPE, tf.float32))
    # Five standard errors; that of the variance is sqrt(2 / n) of it or less.
    num_numbers = math.prod(_SHAPE)
    error = 5 * math.sqrt(variance / num_numbers)
    self.assertNear(tf.reduce_mean(kernel), 0, error)
    error = 5 * variance * math.sqrt(2 / num_numbers)
    self.assertNear(tf.math.reduce_variance(kernel), variance, error)

  def test_glorot_fills_its_interval_and_stays_in_it(self):
    limit = math.sqrt(6 / (576 + 2304))
    kernel = initializers.glorot(_SHAPE, _KEY)
    self.assertBetween(tf.reduce_max(kernel), 0.999 * limit, limit)
    self.assertBetween(tf.reduce_min(kernel), -limit, -0.999 * limit)

  def test_he_keeps_the_mean_square_through_ten_layers_of_relu(self):
    signal = tf.random.stateless_normal([200, 500], _KEY)
    for layer in range(10):
      kernel = initializers.he((500, 500), keys.key(1, 'he', layer))
      signal = tf.nn.relu(signal @ kernel)
    # A relu kills half of the squares: what it leaves sums up to one half each.
    self.assertBetween(tf.reduce_mean(signal**2), 0.5, 2.0)

  @parameterized.parameters(
    ('relu', initializers.he),
    ('selu', initializers.lecun),
    ('elu', initializers.glorot),
    ('tanh', initializers.glorot),
    ('sigmoid', initializers.glorot),
    ('linear', initializers.glorot),
  )
  def test_the_activation_chooses(self, activation, expected):
    chosen = initializers.kernel((5, 5, 2, 8), activation, _KEY)
    self.assertAllEqual(chosen, expected((5, 5, 2, 8), _KEY))

  @parameterized.parameters(
    initializers.he, initializers.lecun, initializers.glorot
  )
  def test_equal_keys_give_equal_bits_and_others_do_not(self, draw):
    kernel = draw((30, 20), _KEY)
    self.assertAllEqual(kernel, draw((30, 20), _KEY))
    other = draw((30, 20), keys.key(1, 'initializers_test'))
    self.assertNotAllClose(kernel, other)


if __name__ == '__main__':
  tf.test.main()
