"""Random numbers for each example of a batch, at one training step."""

import tensorflow as tf

from cnn_tf import keys


def draw_for(
  seed: int, step: tf.Tensor, batch_size: int, places: tf.Tensor
) -> keys.Draw:
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
      [batch_size, *shape], keys.key(seed, purpose, step), alg='philox'
    )
    return tf.gather(uniform, places)

  return draw
