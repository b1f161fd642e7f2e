"""Initial kernels, scaled to suit their activation function.

They are random: if all weights were equal, all filters of a layer would get
equal gradients and stay equal.

An output is a sum of `fan_in` products w * x; an input is in `fan_out` outputs.
If the weights w are independent and have mean 0,

  variance of the output = fan_in * variance of w * mean of x ** 2

so the more inputs an output adds up, the smaller its weights must be. Otherwise
activations and gradients grow or vanish from layer to layer.
"""

import math

import tensorflow as tf


def kernel(
  shape: tuple[int, ...], activation: str, key: tf.Tensor
) -> tf.Tensor:
  """A random kernel, by the rule that suits the activation function.

  Args:
    shape: HWIO of a convolution, or `(inputs, units)`.
    activation: of the layer.
    key: from `keys.key`.
  """
  initializer = {'relu': he, 'selu': lecun}.get(activation, glorot)
  return initializer(shape, key)


def he(shape: tuple[int, ...], key: tf.Tensor) -> tf.Tensor:
  """Normal with variance `2 / fan_in`.

  The 2 compensates for relu, which halves the mean square of values that are
  symmetric around 0. He et al. 2015, "Delving Deep into Rectifiers", eq. 10.
  """
  fan_in = math.prod(shape[:-1])
  return tf.random.stateless_normal(shape, key, stddev=math.sqrt(2 / fan_in))


def lecun(shape: tuple[int, ...], key: tf.Tensor) -> tf.Tensor:
  """Normal with variance `1 / fan_in`.

  LeCun et al. 1998, "Efficient BackProp", equation 16; selu assumes it
  (Klambauer et al. 2017, "Self-Normalizing Neural Networks").
  """
  fan_in = math.prod(shape[:-1])
  return tf.random.stateless_normal(shape, key, stddev=math.sqrt(1 / fan_in))


def glorot(shape: tuple[int, ...], key: tf.Tensor) -> tf.Tensor:
  """Uniform in ±`sqrt(6 / (fan_in + fan_out))`.

  The variance `2 / (fan_in + fan_out)` is a compromise: `1 / fan_in` preserves
  the variance of activations, `1 / fan_out` that of gradients, if the
  activation function is about x near 0 (sigmoid is not, but uses this rule
  too). Glorot and Bengio 2010, "Understanding the difficulty of training deep
  feedforward neural networks", equation 16.
  """
  *window, num_inputs, num_outputs = shape
  limit = math.sqrt(6 / (math.prod(window) * (num_inputs + num_outputs)))
  return tf.random.stateless_uniform(shape, key, -limit, limit)
