"""`conv2d`, VALID, with a 3x3 kernel on a 2x2 map.

The kernel fits nowhere, so there is nothing to compute. In a graph that is an
error. Run eagerly, oneDNN mistakes an output of size 0 for that of an empty
batch, and returns unwritten memory in the shape of the *input*: leftover
numbers, or 0, that differ from run to run. Without oneDNN, the result is an
empty map, also without an error.
"""

import tensorflow as tf

from cnn_tf.network import geometry
from cnn_tf.network import specs

AVOIDED = 'network/geometry.py checks every layer before any op runs'


def attempt():
  """A map that nobody has computed."""
  maps, kernel = tf.ones([1, 2, 2, 1]), tf.ones([3, 3, 1, 1])
  return tf.nn.conv2d(maps, kernel, 1, 'VALID')[0, :, :, 0]


def truth():
  """An error."""
  layer = specs.Conv('conv1', filters=1, window=(3, 3))
  return geometry.trace([layer], (2, 2, 1))
