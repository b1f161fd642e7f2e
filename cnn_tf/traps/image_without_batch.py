"""`conv2d` of one image `[28, 28, 1]`, without the axis of the batch.

In a graph that is an error. Run eagerly with oneDNN, the op asks for the index
of the last of four axes, and there are three. An assertion in C++ fails, and
such a failure ends Python by the signal SIGABRT instead of raising an
exception.
"""

import numpy as np
import tensorflow as tf

from cnn_tf.network import ops

AVOIDED = 'network/onednn.py: check_nhwc checks the rank'


def attempt():
  """Never returns."""
  image, kernel = tf.ones([28, 28, 1]), tf.ones([3, 3, 1, 1])
  return tf.nn.conv2d(image, kernel, 1, 'VALID').shape


def truth():
  """An error."""
  image, kernel = np.ones([28, 28, 1], np.float32), np.ones([3, 3, 1, 1])
  return ops.conv2d(image, kernel, (1, 1), 'valid').shape
