"""`conv2d`, VALID, 3x3, stride (1, 2), of two 5x3 images of ones: its values.

The output has 3 rows and a single column, and each value is the sum of nine
ones. With oneDNN, one input channel, a stride above 1 along the rows only, an
output one column wide and two images or more, the op reads memory that was
never written. The values are silently wrong, and can be different each time.
A single image is right, and so are two channels.
"""

import numpy as np
import tensorflow as tf

from cnn_tf.network import reference

AVOIDED = 'network/ops.py: conv2d uses stride 1 and takes one column'


def attempt():
  """The feature map of the second image."""
  images, kernel = tf.ones([2, 5, 3, 1]), tf.ones([3, 3, 1, 2])
  return tf.nn.conv2d(images, kernel, (1, 2), 'VALID')[1, :, :, 0]


def truth():
  """By the loops of reference.py."""
  images, kernel = np.ones([2, 5, 3, 1]), np.ones([3, 3, 1, 2])
  return reference.conv2d(images, kernel, (1, 2), 'valid')[1, :, :, 0]
