"""`(seed, purpose, step)` -> the key of a random draw.

A stateless random op always returns the same numbers for the same key. A draw
therefore depends on what it is for, and not on what was drawn before it: a run
can stop and resume with the same bits, and adding a layer leaves the initial
kernels of the other layers as they were.
"""

import zlib

import tensorflow as tf


def key(seed: int, purpose: str, step=0) -> tf.Tensor:
  """The key `[2]` int64, for the argument `seed` of `tf.random.stateless_*`."""
  start = tf.constant([seed, zlib.crc32(purpose.encode())], tf.int64)
  return tf.random.fold_in(start, tf.cast(step, tf.int64), alg='philox')
