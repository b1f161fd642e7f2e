"""What oneDNN gets wrong (TensorFlow 2.21), and how to avoid it.

oneDNN, a library by Intel, computes most ops on a CPU. Two cases of a strided
convolution fail, most of them silently; `mended_conv2d` computes them another
way:

  a kernel of 1x1       the kernel gradient is wrong, or Python crashes
                        (processors with AVX-512)
  one output column     the output (one input channel), or the kernel gradient
                        (bfloat16), is read from memory that was never written

docs/traps.md shows both, and others:

  an image without a batch axis     conv2d crashes Python: `check_nhwc`
  a window larger than its inputs   `geometry.trace` rejects it
  an empty batch                    conv2d returns a wrong shape
  average pooling, float64          the gradient can be wrong for `same` and a
    or without oneDNN               window larger than the inputs

In bfloat16, the first half of a float32, a number has the same range and 8
instead of 24 significant bits. A product of two is exact in float32, in which
oneDNN adds up; only the sum is rounded. Without oneDNN, TensorFlow adds up
partly in bfloat16.
"""

import tensorflow as tf

from cnn_tf.network import windows


def check_nhwc(inputs: tf.Tensor) -> tf.Tensor:
  """`inputs` as a tensor, checked to be `[batch, height, width, channels]`.

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


def needs_mending(
  inputs: tf.Tensor,
  kernel: tf.Tensor,
  stride: tuple[int, int],
  padding: str,
) -> bool:
  """Whether `conv2d` with these arguments is one of the two cases."""
  if tuple(kernel.shape[:2]) == (1, 1):
    return tuple(stride) != (1, 1)
  columns = windows.Axis(inputs.shape[2], kernel.shape[1], stride[1], padding)
  return stride[1] > 1 and windows.num_positions(columns) == 1


def mended_conv2d(
  inputs: tf.Tensor,
  kernel: tf.Tensor,
  stride: tuple[int, int],
  padding: str,
) -> tf.Tensor:
  """`tf.nn.conv2d` where `needs_mending` is true; arguments as for `conv2d`."""
  height, width = stride
  if tuple(kernel.shape[:2]) == (1, 1):
    # A window of one value with a stride of s is every s-th value.
    return tf.nn.conv2d(inputs[:, ::height, ::width], kernel, 1, 'VALID')
  # With stride 1 along the width, one of the columns is the needed one.
  columns = windows.Axis(inputs.shape[2], kernel.shape[1], width, padding)
  [needed] = windows.covered(columns)
  x = windows.covered(columns._replace(stride=1)).index(needed)
  output = tf.nn.conv2d(inputs, kernel, (height, 1), padding.upper())
  return output[:, :, x : x + 1]
