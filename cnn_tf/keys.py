"""`(seed, purpose, step)` -> the key of a random draw.

`tf.random.normal` changes a hidden state, so its result depends on all earlier
draws. `tf.random.stateless_normal([2], key(0, 'conv1/kernel'))` always returns
the same two numbers: a draw depends on its seed, purpose and step alone. So an
interrupted run can resume with exactly the same bits, and the initial kernel of
a layer does not depend on how many layers there are.
"""

import zlib
from collections.abc import Callable
from collections.abc import Sequence

import tensorflow as tf

# `draw(purpose, shape)`: uniform in [0, 1), `[batch, *shape]` float32.
Draw = Callable[[str, Sequence[int]], tf.Tensor]


def key(seed: int, purpose: str, step: int = 0) -> tf.Tensor:
  """The key `[2]` int64, for the argument `seed` of `tf.random.stateless_*`.

  Args:
    seed: of the whole run.
    purpose: what the draw is for; a checksum turns it into an integer.
    step: a counter, such as the number of the epoch; `fold_in` mixes it in.
  """
  start = tf.constant([seed, zlib.crc32(purpose.encode())], tf.int64)
  return tf.random.fold_in(start, tf.cast(step, tf.int64), alg='philox')


def draw_for(
  seed: int, step: tf.Tensor, batch_size: int, places: tf.Tensor
) -> Draw:
  """Draws for each example of a batch, at one training step.

  The numbers are drawn for the whole batch, and then selected. So an example
  gets the same numbers whether or not the batch is split among devices.

  Args:
    seed: of the whole run.
    step: of the training.
    batch_size: examples in the whole batch.
    places: `[n]` int32, where in the batch the n examples are.
  """

  def draw(purpose, shape):
    uniform = tf.random.stateless_uniform(
      [batch_size, *shape], key(seed, purpose, step), alg='philox'
    )
    return tf.gather(uniform, places)

  return draw
