"""`CheckpointManager` saves 1, then 2; the file of 2 is cut: what is restored?

The manager takes the newest of its checkpoints, and raises an error if that
cannot be read, although the older one is intact. A full disk or a power cut can
leave such a file.
"""

import pathlib
import tempfile

import tensorflow as tf

AVOIDED = 'run/storage.py falls back to the newest intact one'


def attempt():
  """The value of the variable."""
  variable = tf.Variable(0.0)
  with tempfile.TemporaryDirectory() as folder:
    checkpoint = tf.train.Checkpoint(variable=variable)
    manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
    for value in (1.0, 2.0):
      variable.assign(value)
      path = manager.save()
    pathlib.Path(f'{path}.index').write_bytes(b'')
    manager.restore_or_initialize()
  return variable


def truth():
  """The value of the older checkpoint."""
  return 1.0
