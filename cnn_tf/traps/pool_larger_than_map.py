"""`max_pool2d`, VALID, with a 3x3 window on a 2x2 map.

In a graph that is an error. Run eagerly, an integer is divided by the size of
the output, which is 0. Python never sees this as an exception: the operating
system ends the process with the signal SIGFPE, and whatever was not saved is
lost.
"""

import tensorflow as tf

from cnn_tf.network import geometry
from cnn_tf.network import specs

AVOIDED = 'network/geometry.py checks every layer before any op runs'


def attempt():
  """Never returns."""
  maps = tf.ones([1, 2, 2, 1])
  return tf.nn.max_pool2d(maps, 3, 1, 'VALID')[0, :, :, 0]


def truth():
  """An error."""
  layer = specs.Pool('pool1', window=(3, 3), stride=(1, 1))
  return geometry.trace([layer], (2, 2, 1))
