"""Tests of optimizers.py: each runs on ours, TensorFlow's ops and Keras."""

import functools

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.learning import optimizers
from tests.learning import peers


class MomentumTest(tf.test.TestCase, parameterized.TestCase):
  def make(self, variables, momentum=0.9, nesterov=False):
    return optimizers.Momentum(variables, momentum, nesterov)

  def test_the_rate_is_not_part_of_the_velocity(self):
    # v = 1, w = 1 - 0.1 * 1; v = 0.9 + 2, w = 0.9 - 0.01 * 2.9
    self.assertAllClose(peers.values(self.make, [1.0, 2.0]), [0.9, 0.871])

  def test_nesterov_looks_ahead(self):
    make = functools.partial(self.make, nesterov=True)
    # w = 1 - 0.1 * (1 + 0.9 * 1); w = 0.81 - 0.01 * (2 + 0.9 * 2.9)
    self.assertAllClose(peers.values(make, [1.0, 2.0]), [0.81, 0.7639])

  @parameterized.parameters(False, True)
  def test_momentum_0_is_plain_gradient_descent(self, nesterov):
    make = functools.partial(self.make, momentum=0.0, nesterov=nesterov)
    self.assertAllClose(peers.values(make, [1.0, 2.0]), [1 - 0.1, 0.9 - 0.02])

  @parameterized.parameters(False, True)
  def test_many_steps_end_where_ours_do(self, nesterov):
    settings = {'momentum': 0.8, 'nesterov': nesterov}
    self.assertAllClose(
      peers.after_random_steps(functools.partial(self.make, **settings)),
      peers.after_random_steps(
        functools.partial(optimizers.Momentum, **settings)
      ),
    )


class RawMomentumTest(MomentumTest):
  def make(self, variables, momentum=0.9, nesterov=False):
    op = functools.partial(
      tf.raw_ops.ResourceApplyMomentum, momentum=momentum, use_nesterov=nesterov
    )
    return peers.Raw(variables, op, ['accum'])


class OptimizersTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(False, True)
  def test_keras_has_our_momentum_while_the_rate_is_constant(self, nesterov):
    settings = {'momentum': 0.9, 'nesterov': nesterov}
    keras = tf.keras.optimizers.SGD(**settings)
    self.assertAllClose(
      peers.after_random_steps(lambda w: peers.Keras(w, keras), 0.03),
      peers.after_random_steps(
        lambda w: optimizers.Momentum(w, **settings), 0.03
      ),
    )

  def test_a_gradient_for_each_variable(self):
    optimizer = optimizers.Momentum([tf.Variable([1.0]), tf.Variable([2.0])])
    with self.assertRaises(ValueError):
      optimizer.apply([tf.constant([1.0])], 0.1)


if __name__ == '__main__':
  tf.test.main()
