"""`x / 255.0` of 256 grey values: how many differ between a graph and eager?

TensorFlow rewrites a graph before it runs: a division by a constant becomes a
multiplication by 1 / 255, which is faster. But 1 / 255 is rounded, so the
product can differ from the quotient in its last bit. An eager op divides.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'data/datasets.py: to_float multiplies by 1 / 255'


def attempt():
  """The number of differing values."""

  def to_float(pixels):
    return pixels / 255.0

  pixels = tf.range(256.0)
  in_a_graph = tf.function(to_float)(pixels)
  return np.count_nonzero(in_a_graph != to_float(pixels))


def truth():
  """The same code gives the same bits."""
  return 0
