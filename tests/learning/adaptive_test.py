"""Tests of adaptive.py: each runs on ours, TensorFlow's ops and Keras."""

import functools

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.learning import adaptive
from cnn_tf.learning import optimizers
from tests.learning import peers


class RMSPropTest(tf.test.TestCase):
  def make(self, variables):
    return adaptive.RMSProp(variables)

  def test_two_steps(self):
    # s = 0.1 * 4, w = 1 - 0.1 * 2 / sqrt(0.4)
    # s = 0.9 * 0.4 + 0.1 * 1, w = w + 0.01 * 1 / sqrt(0.46)
    self.assertAllClose(
      peers.values(self.make, [2.0, -1.0]), [0.683772, 0.698516]
    )

  def test_the_size_of_the_gradient_hardly_matters(self):
    small, large = (peers.values(self.make, [g, -g]) for g in (0.1, 1000.0))
    self.assertAllClose(small, large, rtol=1e-4)

  def test_many_steps_end_where_ours_do(self):
    ours = peers.after_random_steps(adaptive.RMSProp)
    self.assertAllClose(peers.after_random_steps(self.make), ours)


class RawRMSPropTest(RMSPropTest):
  def make(self, variables):
    op = functools.partial(
      tf.raw_ops.ResourceApplyRMSProp, rho=0.9, momentum=0.0, epsilon=1e-7
    )
    return peers.Raw(variables, op, ['ms', 'mom'])


class KerasRMSPropTest(RMSPropTest):
  def make(self, variables):
    return peers.Keras(variables, tf.keras.optimizers.RMSprop(rho=0.9))


class AdamTest(tf.test.TestCase):
  def make(self, variables, beta1=0.9, beta2=0.999):
    return adaptive.Adam(variables, beta1, beta2)

  def test_two_steps(self):
    # m = 0.2, s = 0.004: w = 1 - 0.1 * (m / 0.1) / sqrt(s / 0.001)
    # m = 0.08, s = 0.004996: w = w - 0.01 * (m / 0.19) / sqrt(s / 0.001999)
    self.assertAllClose(peers.values(self.make, [2.0, -1.0]), [0.9, 0.897337])

  def test_many_steps_end_where_ours_do(self):
    # Of 1 - 0.999 float32 has but four digits; of these numbers it has all.
    betas = {'beta1': 1 - 2**-3, 'beta2': 1 - 2**-8}
    self.assertAllClose(
      peers.after_random_steps(functools.partial(self.make, **betas)),
      peers.after_random_steps(functools.partial(adaptive.Adam, **betas)),
    )


class RawAdamTest(AdamTest):
  def make(self, variables, beta1=0.9, beta2=0.999):
    op = functools.partial(
      tf.raw_ops.ResourceApplyAdam, beta1=beta1, beta2=beta2, epsilon=1e-7
    )
    return peers.Raw(
      variables,
      op,
      ['m', 'v'],
      lambda t: {'beta1_power': beta1**t, 'beta2_power': beta2**t},
    )


class KerasAdamTest(AdamTest):
  def make(self, variables, beta1=0.9, beta2=0.999):
    return peers.Keras(variables, tf.keras.optimizers.Adam(0.1, beta1, beta2))


class AllTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    optimizers.Momentum, adaptive.RMSProp, adaptive.Adam
  )
  def test_a_checkpoint_has_all_that_decides_the_next_step(self, kind):
    def make():
      w = tf.Variable([1.0])
      optimizer = kind([w])
      optimizer.apply([tf.constant([0.3])], 0.1)
      return w, optimizer, tf.train.Checkpoint(optimizer=optimizer)

    path = f'{self.create_tempdir().full_path}/ckpt'
    w, optimizer, checkpoint = make()
    again, other, other_checkpoint = make()
    other.apply([tf.constant([-5.0])], 0.1)
    other_checkpoint.read(checkpoint.write(path)).assert_consumed()
    optimizer.apply([tf.constant([0.7])], 0.1)
    other.apply([tf.constant([0.7])], 0.1)
    self.assertAllEqual(again, w)

  def test_what_an_optimizer_remembers_is_not_trained(self):
    w = tf.Variable([1.0])
    for kind in (optimizers.Momentum, adaptive.RMSProp, adaptive.Adam):
      self.assertLen(kind([w]).trainable_variables, 1)


if __name__ == '__main__':
  tf.test.main()
