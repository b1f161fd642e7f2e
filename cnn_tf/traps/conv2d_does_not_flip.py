"""`conv2d` of the row 1, 2, 3, 4 with the kernel 1, 10, 100.

The convolution of mathematics flips the kernel. `conv2d` slides it as it is,
which mathematics calls cross-correlation: 1 * 1 + 2 * 10 + 3 * 100 = 321. For
training it makes no difference, since the kernel is learned either way. It
matters when a kernel comes from elsewhere, such as a filter of signal
processing.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'network/ops.py documents it; reference.py does the same'


def attempt():
  """Slides the kernel over the row."""
  row = tf.reshape([1.0, 2.0, 3.0, 4.0], [1, 1, 4, 1])
  kernel = tf.reshape([1.0, 10.0, 100.0], [1, 3, 1, 1])
  return tf.nn.conv2d(row, kernel, 1, 'VALID')[0, 0, :, 0]


def truth():
  """The convolution of mathematics."""
  return np.convolve([1, 2, 3, 4], [1, 10, 100], 'valid')
