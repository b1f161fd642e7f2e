"""4 weights drawn with seed 0, and again after drawing a bias: how many equal?

`tf.random.set_seed` starts a sequence, and what a draw returns depends on how
many draws came before it. So one more layer changes the initial kernels of all
that are drawn after it, and a training that resumes draws other numbers. A
stateless draw is a function of its key alone.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'keys.py makes a key of seed, purpose and step for every draw'


def attempt():
  """The number of equal weights."""
  tf.random.set_seed(0)
  kernel = tf.random.normal([4])
  tf.random.set_seed(0)
  tf.random.normal([1])  # the bias
  kernel_after_a_bias = tf.random.normal([4])
  return np.count_nonzero(kernel == kernel_after_a_bias)


def truth():
  """Equal seeds, equal kernels."""
  return 4
