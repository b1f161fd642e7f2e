"""Shape, activation, key -> the initial value of a kernel.

A sum of n independent products has n times the variance of one product, so the
more inputs an output adds up, the smaller the initial weights must be.
Otherwise signals and gradients grow or vanish from layer to layer.
"""

import math

import tensorflow as tf


def kernel(
  shape: tuple[int, ...], activation: str, key: tf.Tensor
) -> tf.Tensor:
  """A random kernel with a scale that suits the activation function.

  Args:
    shape: HWIO of a convolution, or `(inputs, units)`.
    activation: `he` is used for relu, `lecun` for selu, `glorot` for the rest.
    key: from `keys.key`.
  """
  return {'relu': he, 'selu': lecun}.get(activation, glorot)(shape, key)


def he(shape: tuple[int, ...], key: tf.Tensor) -> tf.Tensor:
  """Normal with variance `2 / fan_in`: relu removes half of the variance.

  He et al. 2015, "Delving Deep into Rectifiers", equation 10.
  """
  fan_in, _ = fans(shape)
  return tf.random.stateless_normal(shape, key, stddev=math.sqrt(2 / fan_in))


def lecun(shape: tuple[int, ...], key: tf.Tensor) -> tf.Tensor:
  """Normal with variance `1 / fan_in`, which selu is designed for.

  LeCun et al. 1998, "Efficient BackProp", equation 16.
  """
  fan_in, _ = fans(shape)
  return tf.random.stateless_normal(shape, key, stddev=math.sqrt(1 / fan_in))


def glorot(shape: tuple[int, ...], key: tf.Tensor) -> tf.Tensor:
  """Uniform in ±`sqrt(6 / (fan_in + fan_out))`.

  A compromise between the forward and the backward pass: Glorot and Bengio
  2010, "Understanding the difficulty of training deep feedforward neural
  networks", equation 16.
  """
  limit = math.sqrt(6 / sum(fans(shape)))
  return tf.random.stateless_uniform(shape, key, -limit, limit)


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
  """`(fan_in, fan_out)`: inputs per output, and outputs per input."""
  *window, num_inputs, num_outputs = shape
  return math.prod(window) * num_inputs, math.prod(window) * num_outputs
