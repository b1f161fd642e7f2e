"""The mean of the batch means of the losses 1 to 10, in batches of 4.

The batches are 1 to 4, 5 to 8, and 9 to 10; their means are 2.5, 6.5 and 9.5.
In the mean of these, an example of the small last batch has twice the weight of
the others.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'run/evaluation.py adds up over examples and divides once'


def attempt():
  """Two means, one after the other."""
  losses = tf.data.Dataset.from_tensor_slices(tf.range(1.0, 11.0))
  return tf.reduce_mean([tf.reduce_mean(batch) for batch in losses.batch(4)])


def truth():
  """The mean over the examples."""
  return np.arange(1, 11).mean()
