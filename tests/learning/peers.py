"""Optimizers of TensorFlow and Keras, and what an optimizer does in steps."""

import numpy as np
import tensorflow as tf


class Raw:
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


class Keras:
  """An optimizer of Keras behind the interface of ours."""

  def __init__(self, variables, optimizer):
    self._variables = variables
    self._optimizer = optimizer

  def apply(self, gradients, rate):
    self._optimizer.learning_rate = rate
    pairs = zip(gradients, self._variables, strict=True)
    self._optimizer.apply_gradients(pairs)


def values(optimizer_of, gradients, rates=(0.1, 0.01)):
  """A variable that begins at 1, after each of the gradients."""
  w = tf.Variable([1.0])
  optimizer = optimizer_of([w])
  values = []
  for gradient, rate in zip(gradients, rates, strict=True):
    optimizer.apply([tf.constant([gradient])], tf.constant(rate))
    values.append(float(w[0]))
  return values


def after_random_steps(optimizer_of, constant_rate=None):
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
