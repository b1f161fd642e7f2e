"""The same ops by TensorFlow, and dropout.

Inputs, kernels and results are tensors; windows and strides are pairs
`(vertical, horizontal)`, and a padding is `valid` or `same`. Images and feature
maps are NHWC, the only layout in which all ops and gradients run on a CPU.
There, TensorFlow uses Intel's oneDNN for most ops; onednn.py avoids its bugs.
`check_nhwc` (rank, type) and `check_padding` return the argument they check.
"""

import tensorflow as tf

from cnn_tf.network import onednn
from cnn_tf.network import windows


def conv2d(inputs, kernel, stride, padding):
  """Slides every filter over the inputs, as `reference.conv2d`."""
  inputs, padding = onednn.check_nhwc(inputs), windows.check_padding(padding)
  if onednn.needs_mending(inputs, kernel, stride, padding):
    # A workaround for bugs of oneDNN, with the same result as the last line.
    return onednn.mended_conv2d(inputs, kernel, stride, padding)
  return tf.nn.conv2d(inputs, kernel, stride, padding.upper())


def max_pool2d(inputs, window, stride, padding):
  """The maximum of each window.

  The gradient goes to the first of equal maxima. Comparisons with NaN are
  false, so a NaN may be dropped here: a finite loss does not prove that all
  gradients and variables are finite.
  """
  inputs, padding = onednn.check_nhwc(inputs), windows.check_padding(padding)
  return tf.nn.max_pool2d(inputs, window, stride, padding.upper())


def avg_pool2d(inputs, window, stride, padding):
  """The mean of each window; padding is not part of the sum or of the count."""
  inputs, padding = onednn.check_nhwc(inputs), windows.check_padding(padding)
  return tf.nn.avg_pool2d(inputs, window, stride, padding.upper())


def flatten(inputs):
  """`[batch, height, width, channels]` -> `[batch, inputs]`, row-major."""
  height, width, num_channels = inputs.shape[1:]
  return tf.reshape(inputs, [-1, height * width * num_channels])


def dense(inputs, kernel):
  """`inputs @ kernel`: `[batch, inputs]` -> `[batch, units]`."""
  return tf.matmul(inputs, kernel)


def add_bias(inputs, bias):
  """Adds `bias[o]` to every value of map or unit `o`, the last axis."""
  return tf.nn.bias_add(inputs, bias)


def dropout(inputs, rate, random_bytes):
  """Sets a random share `rate` of the inputs to 0, against overfitting.

  The others are divided by `1 - rate`, which keeps the expected value. `rate`
  is rounded to 256ths. Srivastava et al. 2014, "Dropout", JMLR 15, page 1929.
  """
  n = round(256 * rate)
  return tf.where(random_bytes >= n, inputs * (256 / (256 - n)), 0.0)


POOLS = {'maxpool': max_pool2d, 'avgpool': avg_pool2d}
ACTIVATIONS = {
  'relu': tf.nn.relu,
  'selu': tf.nn.selu,
  'elu': tf.nn.elu,
  'tanh': tf.nn.tanh,
  'sigmoid': tf.nn.sigmoid,
  'linear': tf.identity,
}
