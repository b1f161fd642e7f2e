"""The gradient of `max_pool2d` at a 2x2 window of sevens.

Where values are equal, their maximum has no derivative, and an implementation
has a choice. `max_pool2d` gives the whole gradient to the first of them, in
reading order; `tf.reduce_max` divides it evenly. Equal maxima are frequent:
after relu, all values of a window are often 0.
"""

import tensorflow as tf

AVOIDED = 'network/ops.py documents it; reference.py does the same'


def attempt():
  """The gradient with respect to the window."""
  maps = tf.fill([1, 2, 2, 1], 7.0)
  with tf.GradientTape() as tape:
    tape.watch(maps)
    largest = tf.nn.max_pool2d(maps, 2, 2, 'VALID')
  return tape.gradient(largest, maps)[0, :, :, 0]


def truth():
  """Equal shares."""
  return [[0.25, 0.25], [0.25, 0.25]]
