"""Tests of optimizers.py: each runs on ours, TensorFlow's ops and Keras."""

import functools

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.learning import optimizers


class _Raw:
  """TensorFlow's own op behind the interface of ours."""

  def __init__(self, variables, op, slot_names, at_update=lambda t: {}):
    self._op = op
    self._at_update = at_update
    self._num_updates = 0
    self._variables = [
      (w, {name: tf.Variable(tf.zeros_like(w)) for name in slot_names})
      for w in variables
    ]

  def apply(self, gradients, rate):
    self._num_updates += 1
    for (w, slots), g in zip(self._variables, gradients, strict=True):
      handles = {name: slot.handle for name, slot in slots.items()}
      more = self._at_update(self._num_updates)
      self._op(var=w.handle, grad=g, lr=rate, **handles, **more)


class _Keras:
  """An optimizer of Keras behind the interface of ours."""

  def __init__(self, variables, optimizer):
    self._variables = variables
    self._optimizer = optimizer

  def apply(self, gradients, rate):
    self._optimizer.learning_rate = rate
    pairs = zip(gradients, self._variables, strict=True)
    self._optimizer.apply_gradients(pairs)


def _values(optimizer_of, gradients, rates=(0.1, 0.01)):
  """A variable that begins at 1, after each of the gradients."""
  w = tf.Variable([1.0])
  optimizer = optimizer_of([w])
  values = []
  for gradient, rate in zip(gradients, rates, strict=True):
    optimizer.apply([tf.constant([gradient])], tf.constant(rate))
    values.append(float(w[0]))
  return values


def _after_random_steps(optimizer_of, constant_rate=None):
  """A matrix and a vector after fifty steps."""
  draw = np.random.default_rng(0)
  shapes = {'matrix': [3, 4], 'vector': [5]}
  variables = {
    name: tf.Variable(draw.normal(size=shape).astype(np.float32))
    for name, shape in shapes.items()
  }
  optimizer = optimizer_of(list(variables.values()))
  for _ in range(50):
    gradients = [
      tf.constant(draw.normal(size=s), tf.float32) for s in shapes.values()
    ]
    rate = constant_rate or draw.uniform(0.001, 0.1)
    optimizer.apply(gradients, tf.constant(rate, tf.float32))
  return variables


class MomentumTest(tf.test.TestCase, parameterized.TestCase):
  def make(self, variables, momentum=0.9, nesterov=False):
    return optimizers.Momentum(variables, momentum, nesterov)

  def test_the_rate_is_not_part_of_the_velocity(self):
    # v = 1, w = 1 - 0.1 * 1; v = 0.9 + 2, w = 0.9 - 0.01 * 2.9
    self.assertAllClose(_values(self.make, [1.0, 2.0]), [0.9, 0.871])

  def test_nesterov_looks_ahead(self):
    make = functools.partial(self.make, nesterov=True)
    # w = 1 - 0.1 * (1 + 0.9 * 1); w = 0.81 - 0.01 * (2 + 0.9 * 2.9)
    self.assertAllClose(_values(make, [1.0, 2.0]), [0.81, 0.7639])

  @parameterized.parameters(False, True)
  def test_momentum_0_is_plain_gradient_descent(self, nesterov):
    make = functools.partial(self.make, momentum=0.0, nesterov=nesterov)
    self.assertAllClose(_values(make, [1.0, 2.0]), [1 - 0.1, 0.9 - 0.02])

  @parameterized.parameters(False, True)
  def test_many_steps_end_where_ours_do(self, nesterov):
    settings = {'momentum': 0.8, 'nesterov': nesterov}
    self.assertAllClose(
      _after_random_steps(functools.partial(self.make, **settings)),
      _after_random_steps(functools.partial(optimizers.Momentum, **settings)),
    )


class RawMomentumTest(MomentumTest):
  def make(self, variables, momentum=0.9, nesterov=False):
    op = functools.partial(
      tf.raw_ops.ResourceApplyMomentum, momentum=momentum, use_nesterov=nesterov
    )
    return _Raw(variables, op, ['accum'])


class RMSPropTest(tf.test.TestCase):
  def make(self, variables):
    return optimizers.RMSProp(variables)

  def test_two_steps(self):
    # s = 0.1 * 4, w = 1 - 0.1 * 2 / sqrt(0.4)
    # s = 0.9 * 0.4 + 0.1 * 1, w = w + 0.01 * 1 / sqrt(0.46)
    self.assertAllClose(_values(self.make, [2.0, -1.0]), [0.683772, 0.698516])

  def test_the_size_of_the_gradient_hardly_matters(self):
    small, large = (_values(self.make, [g, -g]) for g in (0.1, 1000.0))
    self.assertAllClose(small, large, rtol=1e-4)

  def test_many_steps_end_where_ours_do(self):
    ours = _after_random_steps(optimizers.RMSProp)
    self.assertAllClose(_after_random_steps(self.make), ours)


class RawRMSPropTest(RMSPropTest):
  def make(self, variables):
    op = functools.partial(
      tf.raw_ops.ResourceApplyRMSProp, rho=0.9, momentum=0.0, epsilon=1e-7
    )
    return _Raw(variables, op, ['ms', 'mom'])


class KerasRMSPropTest(RMSPropTest):
  def make(self, variables):
    return _Keras(variables, tf.keras.optimizers.RMSprop(rho=0.9))


class AdamTest(tf.test.TestCase):
  def make(self, variables, beta1=0.9, beta2=0.999):
    return optimizers.Adam(variables, beta1, beta2)

  def test_two_steps(self):
    # m = 0.2, s = 0.004: w = 1 - 0.1 * (m / 0.1) / sqrt(s / 0.001)
    # m = 0.08, s = 0.004996: w = w - 0.01 * (m / 0.19) / sqrt(s / 0.001999)
    self.assertAllClose(_values(self.make, [2.0, -1.0]), [0.9, 0.897337])

  def test_many_steps_end_where_ours_do(self):
    # Of 1 - 0.999 float32 has but four digits; of these numbers it has all.
    betas = {'beta1': 1 - 2**-3, 'beta2': 1 - 2**-8}
    self.assertAllClose(
      _after_random_steps(functools.partial(self.make, **betas)),
      _after_random_steps(functools.partial(optimizers.Adam, **betas)),
    )


class RawAdamTest(AdamTest):
  def make(self, variables, beta1=0.9, beta2=0.999):
    op = functools.partial(
      tf.raw_ops.ResourceApplyAdam, beta1=beta1, beta2=beta2, epsilon=1e-7
    )
    return _Raw(
      variables,
      op,
      ['m', 'v'],
      lambda t: {'beta1_power': beta1**t, 'beta2_power': beta2**t},
    )


class KerasAdamTest(AdamTest):
  def make(self, variables, beta1=0.9, beta2=0.999):
    return _Keras(variables, tf.keras.optimizers.Adam(0.1, beta1, beta2))


class OptimizersTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(False, True)
  def test_keras_has_our_momentum_while_the_rate_is_constant(self, nesterov):
    settings = {'momentum': 0.9, 'nesterov': nesterov}
    keras = tf.keras.optimizers.SGD(**settings)
    self.assertAllClose(
      _after_random_steps(lambda w: _Keras(w, keras), 0.03),
      _after_random_steps(lambda w: optimizers.Momentum(w, **settings), 0.03),
    )

  @parameterized.parameters(
    optimizers.Momentum, optimizers.RMSProp, optimizers.Adam
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
    for kind in (optimizers.Momentum, optimizers.RMSProp, optimizers.Adam):
      self.assertLen(kind([w]).trainable_variables, 1)

  def test_a_gradient_for_each_variable(self):
    optimizer = optimizers.Momentum([tf.Variable([1.0]), tf.Variable([2.0])])
    with self.assertRaises(ValueError):
      optimizer.apply([tf.constant([1.0])], 0.1)


if __name__ == '__main__':
  tf.test.main()
