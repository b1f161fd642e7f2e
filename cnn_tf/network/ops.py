"""The ops of a network: one `tf.nn` call each.

Images and feature maps are NHWC, `[batch, height, width, maps]`: the only
layout for which TensorFlow has every CPU kernel and every gradient. Kernels are
HWIO, `[height, width, input maps, output maps]`.
"""

import tensorflow as tf

from cnn_tf.network import windows


def to_maps(inputs: tf.Tensor) -> tf.Tensor:
  """`inputs` as a tensor, checked to be `[batch, height, width, maps]`.

  The check matters: with oneDNN, `tf.nn.conv2d` of a tensor of rank 3 does not
  raise an error but ends Python.

  Raises:
    ValueError: the rank is not 4.
    TypeError: the values are not floating point.
  """
  inputs = tf.convert_to_tensor(inputs)
  if inputs.shape.rank != 4:
    raise ValueError(
      f'expected [batch, height, width, maps], not shape {inputs.shape}'
    )
  if not inputs.dtype.is_floating:
    raise TypeError(
      f'expected floating point, not {inputs.dtype.name}; '
      'datasets.to_float converts images'
    )
  return inputs


def conv2d(
  inputs: tf.Tensor,
  kernel: tf.Tensor,
  stride: tuple[int, int],
  padding: str,
) -> tf.Tensor:
  """Slides every filter over the inputs.

  `output[y, x, o] = sum over i, j, c of
      inputs[y * sy + i, x * sx + j, c] * kernel[i, j, c, o]`

  This is cross-correlation: unlike in the convolution of mathematics, the
  kernel is not flipped.

  With oneDNN, an empty batch is returned with the height, width and maps of the
  input: silently wrong.
  """
  inputs, padding = to_maps(inputs), windows.check_padding(padding)
  if tuple(kernel.shape[:2]) == (1, 1):
    # With AVX-512, the kernel gradient of oneDNN (TensorFlow 2.21) for a 1x1
    # kernel and a stride above 1 writes beyond its memory: a crash, or silently
    # wrong values. Taking every s-th input first is the same function.
    inputs, stride = inputs[:, :: stride[0], :: stride[1]], (1, 1)
  elif kernel.shape[2] == 1 and stride[0] == 1 < stride[1]:
    # With AVX-512, oneDNN reads memory that was never written, and the output
    # is silently wrong, for one input map, this stride, an output one column
    # wide and a batch of two or more. A second map of zeros adds nothing.
    # (tf.concat: TensorFlow merges a tf.pad before conv2d into the op, and can
    # end Python with a failed CHECK.)
    inputs = tf.concat([inputs, tf.zeros_like(inputs)], axis=3)
    kernel = tf.concat([kernel, tf.zeros_like(kernel)], axis=2)
  return tf.nn.conv2d(inputs, kernel, stride, padding.upper())


def max_pool2d(
  inputs: tf.Tensor,
  window: tuple[int, int],
  stride: tuple[int, int],
  padding: str,
) -> tf.Tensor:
  """The maximum of each window.

  The gradient goes to the first of equal maxima. A NaN can be lost: check the
  loss and the gradients for finite values, never the feature maps.
  """
  inputs, padding = to_maps(inputs), windows.check_padding(padding)
  return tf.nn.max_pool2d(inputs, window, stride, padding.upper())


def avg_pool2d(
  inputs: tf.Tensor,
  window: tuple[int, int],
  stride: tuple[int, int],
  padding: str,
) -> tf.Tensor:
  """The mean of each window; padding is not part of the sum or of the count.

  Without oneDNN, or in float64, the gradient can be silently wrong if the
  padding is `same` and the window is larger than the maps: it also goes to
  values that the window does not cover.
  """
  inputs, padding = to_maps(inputs), windows.check_padding(padding)
  return tf.nn.avg_pool2d(inputs, window, stride, padding.upper())


def flatten(inputs: tf.Tensor) -> tf.Tensor:
  """`[batch, height, width, maps]` -> `[batch, height * width * maps]`."""
  height, width, num_maps = inputs.shape[1:]
  return tf.reshape(inputs, [-1, height * width * num_maps])


def dense(inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
  """`inputs @ kernel`: `[batch, inputs]` -> `[batch, units]`."""
  return tf.matmul(inputs, kernel)


def add_bias(inputs: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
  """Adds `bias[o]` to every value of map or unit `o`, the last axis."""
  return tf.nn.bias_add(inputs, bias)


POOLS = {'maxpool': max_pool2d, 'avgpool': avg_pool2d}
ACTIVATIONS = {
  'relu': tf.nn.relu,
  'selu': tf.nn.selu,
  'elu': tf.nn.elu,
  'tanh': tf.nn.tanh,
  'sigmoid': tf.nn.sigmoid,
  'linear': tf.identity,
}
