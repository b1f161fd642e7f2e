"""`conv2d`, VALID, 8 filters of 3x3, of a batch of no 5x6 images: the shape.

oneDNN returns an empty tensor in the shape of the *input*: height, width and
number of maps are wrong. The error comes later and elsewhere, for example when
8 biases are added to one map. A batch is empty when no example passes a filter,
or when a small last batch is divided among several replicas.
"""

import numpy as np
import tensorflow as tf

from cnn_tf.network import reference

AVOIDED = 'run/evaluation.py: no op runs where there are no images'


def attempt():
  """The shape of the feature maps."""
  images, kernel = tf.zeros([0, 5, 6, 1]), tf.ones([3, 3, 1, 8])
  return tf.nn.conv2d(images, kernel, 1, 'VALID').shape


def truth():
  """By the loops of reference.py."""
  images, kernel = np.zeros([0, 5, 6, 1]), np.ones([3, 3, 1, 8])
  return reference.conv2d(images, kernel, (1, 1), 'valid').shape
