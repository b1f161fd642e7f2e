"""A 7 saved as `kernel` is restored as `kernels`, into a 0: its value then?

`restore` passes over names that match nothing, since the variable might be
created later. So a network with a renamed attribute keeps its initial kernels,
without a warning. The object that `restore` returns can check:
`assert_consumed` requires that every saved value was used.
"""

import tempfile

import tensorflow as tf

AVOIDED = 'run/storage.py asserts that all was consumed'


def attempt():
  """The value of the variable."""
  variable = tf.Variable(0.0)
  with tempfile.TemporaryDirectory() as folder:
    saved = tf.train.Checkpoint(kernel=tf.Variable(7.0))
    path = saved.save(f'{folder}/checkpoint')
    tf.train.Checkpoint(kernels=variable).restore(path)
  return variable


def truth():
  """What was saved (or an error)."""
  return 7.0
