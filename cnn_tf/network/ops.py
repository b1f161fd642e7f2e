"""The ops of a network: thin wrappers around TensorFlow's.

Images and feature maps are NHWC, `[batch, height, width, channels]`, the only
layout in which all ops and gradients run on a CPU. Kernels are HWIO, `[height,
width, input channels, output channels]`. On a CPU, most of these ops are
computed by oneDNN, a library by Intel.

Inputs and kernel are both float32 or both bfloat16, which is the first half of
a float32: the same range, with 8 instead of 24 significant bits. A product of
two bfloat16 is exact in float32, in which oneDNN adds them up; only the sum is
rounded to bfloat16. With the range of float32, small gradients do not become
zero as they do in float16, so the loss does not have to be scaled.
"""

import tensorflow as tf

from cnn_tf.network import windows


def check_nhwc(inputs: tf.Tensor) -> tf.Tensor:
  """`inputs` as a tensor, checked to be `[batch, height, width, channels]`.

  The check matters: with oneDNN, `tf.nn.conv2d` of a tensor of rank 3 does not
  raise an error but crashes Python.

  Raises:
    ValueError: the rank is not 4.
    TypeError: the values are not floating point.
  """
  inputs = tf.convert_to_tensor(inputs)
  if inputs.shape.rank != 4:
    raise ValueError(
      f'expected [batch, height, width, channels], not shape {inputs.shape}'
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

  `output[b, y, x, o] = sum over i, j, c of
      inputs[b, y * sy + i, x * sx + j, c] * kernel[i, j, c, o]`

  for the stride `(sy, sx)`; with `same`, the inputs are first padded with
  zeros. Strictly, this is cross-correlation: a mathematical convolution would
  flip the kernel. With oneDNN, a batch of 0 images gets a wrong output shape
  without an error.
  """
  inputs, padding = check_nhwc(inputs), windows.check_padding(padding)
  if tuple(kernel.shape[:2]) == (1, 1):
    # With a stride, oneDNN's kernel gradient crashes or is wrong (TensorFlow
    # 2.21). Taking every s-th input first is the same function, and safe.
    inputs, stride = inputs[:, :: stride[0], :: stride[1]], (1, 1)
  columns = windows.Axis(inputs.shape[2], kernel.shape[1], stride[1], padding)
  if stride[1] > 1 and windows.num_positions(columns) == 1:
    return _one_column(inputs, kernel, stride[0], columns)
  return tf.nn.conv2d(inputs, kernel, stride, padding.upper())


def _one_column(inputs, kernel, stride, columns):
  """`conv2d` with a single position along the width.

  If the stride along the width is above 1, oneDNN (TensorFlow 2.21) reads
  memory that was never written: the output (one input channel) or the gradient
  by the kernel (bfloat16) is silently wrong. With stride 1 the output is right,
  and one of its columns is the needed one.
  """
  [needed] = windows.covered(columns)
  x = windows.covered(columns._replace(stride=1)).index(needed)
  padding = columns.padding.upper()
  return tf.nn.conv2d(inputs, kernel, (stride, 1), padding)[:, :, x : x + 1]


def max_pool2d(
  inputs: tf.Tensor,
  window: tuple[int, int],
  stride: tuple[int, int],
  padding: str,
) -> tf.Tensor:
  """The maximum of each window.

  The gradient goes to the first of equal maxima. A NaN can be lost, since it is
  never larger than another value: check the loss, the gradients and the
  variables for NaN, not the feature maps.
  """
  inputs, padding = check_nhwc(inputs), windows.check_padding(padding)
  return tf.nn.max_pool2d(inputs, window, stride, padding.upper())


def avg_pool2d(
  inputs: tf.Tensor,
  window: tuple[int, int],
  stride: tuple[int, int],
  padding: str,
) -> tf.Tensor:
  """The mean of each window; padding is not part of the sum or of the count.

  Without oneDNN, or in float64, the gradient can be silently wrong if the
  padding is `same` and the window is larger than the inputs: it also goes to
  values that the window does not cover.
  """
  inputs, padding = check_nhwc(inputs), windows.check_padding(padding)
  return tf.nn.avg_pool2d(inputs, window, stride, padding.upper())


def flatten(inputs: tf.Tensor) -> tf.Tensor:
  """`[batch, height, width, channels]` -> `[batch, inputs]`, row-major."""
  height, width, num_channels = inputs.shape[1:]
  return tf.reshape(inputs, [-1, height * width * num_channels])


def dense(inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
  """`inputs @ kernel`: `[batch, inputs]` -> `[batch, units]`."""
  return tf.matmul(inputs, kernel)


def add_bias(inputs: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
  """Adds `bias[o]` to every value of map or unit `o`, the last axis."""
  return tf.nn.bias_add(inputs, bias)


def dropout(inputs: tf.Tensor, rate: float, uniform: tf.Tensor) -> tf.Tensor:
  """`inputs / (1 - rate)` where `uniform >= rate`, else 0.

  `uniform`, in the shape of the inputs, is random in [0, 1), and so the mean of
  a value does not change. Srivastava et al. 2014, "Dropout: A Simple Way to
  Prevent Neural Networks from Overfitting".
  """
  return tf.where(uniform >= rate, inputs / (1 - rate), 0.0)


POOLS = {'maxpool': max_pool2d, 'avgpool': avg_pool2d}
ACTIVATIONS = {
  'relu': tf.nn.relu,
  'selu': tf.nn.selu,
  'elu': tf.nn.elu,
  'tanh': tf.nn.tanh,
  'sigmoid': tf.nn.sigmoid,
  'linear': tf.identity,
}
