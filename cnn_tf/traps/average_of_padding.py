"""`avg_pool2d`, SAME, with a 3x3 window on a 2x2 map of ones.

In `conv2d`, padding counts as zeros. In `avg_pool2d` it does not count at all:
each window covers the four ones, and their sum is divided by four, not by nine.
So average pooling is not the convolution with a kernel of 1 / 9.
"""

import numpy as np
import tensorflow as tf

from cnn_tf.network import reference

AVOIDED = 'network/ops.py documents it; reference.py does the same'


def attempt():
  """The mean of the four windows."""
  ones = tf.ones([1, 2, 2, 1])
  return tf.nn.avg_pool2d(ones, 3, 1, 'SAME')[0, :, :, 0]


def truth():
  """The convolution with a kernel of 1 / 9."""
  ones, kernel = np.ones([1, 2, 2, 1]), np.full([3, 3, 1, 1], 1 / 9)
  return reference.conv2d(ones, kernel, (1, 1), 'same')[0, :, :, 0]
