"""Reproducible random numbers: `(seed, purpose, counter)` -> a key.

`tf.random.normal`, like the generator of first.py, changes a state: its result
depends on all earlier draws. `tf.random.stateless_normal([2], key(0, 'conv1'))`
always returns the same two numbers: they depend only on seed, purpose and
counter. So a run that is resumed draws exactly the same numbers, and the
initial kernel of a layer does not depend on how many layers there are.
"""

import zlib
from collections.abc import Callable
from collections.abc import Sequence

import tensorflow as tf

# Random bytes for a batch in one training step, for dropout (network/ops.py):
# `draw(purpose, shape)` is `[batch, *shape]` uint8. tricks/draws.py makes one.
Draw = Callable[[str, Sequence[int]], tf.Tensor]


def key(seed: int, purpose: str, counter: int = 0) -> tf.Tensor:
  """The key `[2]` int64, for the argument `seed` of `tf.random.stateless_*`.

  Args:
    seed: of the whole run.
    purpose: what the draw is for; a checksum turns it into an integer.
    counter: tells repeated draws for one purpose apart; for example, the epoch.
  """
  start = tf.constant([seed, zlib.crc32(purpose.encode())], tf.int64)
  # Philox is the generator; naming it makes every device use it.
  return tf.random.fold_in(start, tf.cast(counter, tf.int64), alg='philox')
