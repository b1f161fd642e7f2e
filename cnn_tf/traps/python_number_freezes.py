"""A `tf.function` reads a Python variable that is 0.1, and later 0.01.

A `tf.function` runs its Python code once, to trace a graph. A Python number
that the code reads becomes a constant of the graph; changing it later has no
effect. The same holds for attributes, and for calls such as `time.time()`. A
`tf.Variable` is read each time.
"""

import tensorflow as tf

AVOIDED = 'run/trainer.py: the step is a tf.Variable, the rate a function of it'


def attempt():
  """The rate before and after the change."""
  rate = 0.1

  @tf.function(autograph=False)
  def current_rate():
    return tf.constant(rate)

  first = current_rate()
  rate = 0.01
  return [first, current_rate()]


def truth():
  """What the same code gives without `tf.function`."""
  return [0.1, 0.01]
