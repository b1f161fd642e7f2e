"""Random bytes for the examples of a batch, at one training step.

Philox is a function of a key and a counter that gives 16 random bytes for each
value of the counter (Salmon et al. 2011, "Parallel Random Numbers: As Easy as
1, 2, 3"). So the numbers of the 64th example of a batch can be had without
those of the first 63, and a replica draws only those of its own examples.
"""

import math

import tensorflow as tf

from cnn_tf import keys

_BYTES_PER_BLOCK = 16
_PHILOX = 1  # `tf.random.Algorithm.PHILOX`


def draw_for(seed: int, step: tf.Tensor, places: tf.Tensor) -> keys.Draw:
  """Draws for some examples of a batch, at one training step.

  An example gets the same numbers whether or not the batch is split among
  devices.

  Args:
    seed: of the whole run.
    step: of the training.
    places: `[n]` int32, where in the batch the examples are: `a, a + 1, ...`.
  """

  def draw(purpose, shape):
    num_bytes = math.prod(shape)
    num_blocks = math.ceil(num_bytes / _BYTES_PER_BLOCK)  # per example
    key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(
      seed=keys.key(seed, purpose, step)
    )
    # The counter is two words of 64 bits, the lower one first.
    first = tf.cast(places[0], tf.uint64) * num_blocks
    words = tf.raw_ops.StatelessRandomUniformFullIntV2(
      shape=[tf.size(places), num_blocks, 4],
      key=key,
      counter=counter + tf.stack([first, 0]),
      alg=_PHILOX,
      dtype=tf.uint32,
    )
    random_bytes = tf.bitcast(words, tf.uint8)
    random_bytes = tf.reshape(random_bytes, [tf.size(places), -1])
    return tf.reshape(random_bytes[:, :num_bytes], [-1, *shape])

  return draw
