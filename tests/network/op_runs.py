"""Random arrays, and an op with its gradients."""

import numpy as np
import tensorflow as tf


def normal(*shape):
  return np.random.default_rng(len(shape)).normal(size=shape)


def run(op, inputs, upstream, *settings, dtype=tf.float32):
  """The output of an op, and the gradients of `sum(upstream * output)`."""
  inputs = [tf.constant(values, dtype) for values in inputs]
  with tf.GradientTape() as tape:
    tape.watch(inputs)
    output = op(*inputs, *settings)
    loss = tf.reduce_sum(output * upstream)
  return output, tape.gradient(loss, inputs)
