"""`tf.summary.scalar`, for TensorBoard: how many files does it write?

TensorFlow no longer installs TensorBoard, and without it `tf.summary.scalar`
raises an error. `tf.summary.write` works: with the metadata of the scalar
plugin, a few bytes, it writes the same curve.
"""

import os
import tempfile

import tensorflow as tf

AVOIDED = 'run/history.py calls tf.summary.write'


def attempt():
  """The number of files."""
  with tempfile.TemporaryDirectory() as folder:
    with tf.summary.create_file_writer(folder).as_default():
      tf.summary.scalar('loss', 2.3, step=0)
    return len(os.listdir(folder))


def truth():
  """One."""
  return 1
