"""The gradient of `max_pool2d` in the layout NCHW, of the map 1 2 / 3 4.

NCHW has the axis of the maps before those of the pixels, as PyTorch does. On a
CPU with oneDNN, convolution and pooling take it in the forward pass, so a
network seems to work until it is trained.
"""

import numpy as np
import tensorflow as tf

from cnn_tf.network import reference

AVOIDED = 'network/ops.py: the only layout is NHWC'


def attempt():
  """The gradient with respect to the map."""
  maps = tf.reshape([1.0, 2.0, 3.0, 4.0], [1, 1, 2, 2])
  with tf.GradientTape() as tape:
    tape.watch(maps)
    pooled = tf.nn.max_pool2d(maps, 2, 2, 'VALID', data_format='NCHW')
  return tape.gradient(pooled, maps)[0, 0]


def truth():
  """By the loops of reference.py."""
  maps, upstream = np.reshape([1, 2, 3, 4], [1, 2, 2, 1]), np.ones([1, 1, 1, 1])
  settings = (2, 2), (2, 2), 'valid', upstream
  return reference.max_pool2d_gradient(maps, *settings)[0, :, :, 0]
