"""`max_pool2d` of the windows 1, NaN, 2, 3 and NaN, NaN, NaN, NaN.

Every comparison with NaN is false, so a search by `x > largest` passes over it.
The first window gives 3. The second gives the value from which the search
starts, the lowest number of float32, and a relu makes a 0 of that. So a network
with a kernel of NaN can have a finite loss. `tf.reduce_max` returns NaN.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'run/trainer.py checks loss, gradients and kernels, not the maps'


def attempt():
  """The maxima of the two windows."""
  nan = np.nan
  rows = tf.constant([[1, nan, nan, nan], [2, 3, nan, nan]])
  maps = tf.reshape(rows, [1, 2, 4, 1])
  return tf.nn.max_pool2d(maps, 2, 2, 'VALID')[0, 0, :, 0]


def truth():
  """What NumPy gives."""
  return [np.max([1, np.nan, 2, 3]), np.max([np.nan] * 4)]
