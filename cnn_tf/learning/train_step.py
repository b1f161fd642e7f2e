"""One step of training: forward pass, backward pass, update.

A `tf.GradientTape` records every op in its `with` block that depends on a
trainable variable. `tape.gradient` then applies the chain rule to the record in
reverse, as `network/backward.py` does by hand.

Without `tf.function`, each op runs as soon as Python calls it (eagerly). A
`tf.function` runs its Python code once, to trace the ops into a graph; every
call runs the graph, which is faster. It is traced again for tensors of a new
shape or type, for another network or optimizer, and for every new value of a
Python number; so a number that changes from step to step must be a tensor.
With `autograph=False`, Python's `if` and `for` run while tracing and do not
become ops.
"""

import tensorflow as tf

from cnn_tf import keys
from cnn_tf.learning import losses
from cnn_tf.learning import optimizers
from cnn_tf.network import model


def forward_backward(
  network: model.ConvNet,
  images: tf.Tensor,
  labels: tf.Tensor,
  l2_scale: float,
  label_smoothing: float = 0.0,
  draw: keys.Draw | None = None,
) -> tuple[tf.Tensor, tf.Tensor, tuple[tf.Tensor, ...]]:
  """Loss, logits and gradients of one batch.

    loss = mean(cross_entropy) + l2_penalty

  Args:
    network: the network to differentiate.
    images: `[batch, height, width, channels]` float32.
    labels: `[batch]`, integers.
    l2_scale: the factor of the L2 penalty.
    label_smoothing: as for `losses.cross_entropy`.
    draw: random numbers for dropout; None means no dropout.

  Returns:
    The loss; the logits, `[batch, classes]`; the gradient of the loss with
    respect to each of `network.trainable_variables`.
  """
  with tf.GradientTape() as tape:
    logits = network(images, draw)
    cross_entropy = losses.cross_entropy(logits, labels, label_smoothing)
    penalty = losses.l2_penalty(network.kernels.values(), l2_scale)
    loss = tf.reduce_mean(cross_entropy) + penalty
  gradients = tape.gradient(loss, network.trainable_variables)
  return loss, logits, gradients


@tf.function(autograph=False)
def train_step(
  network: model.ConvNet,
  optimizer: optimizers.Momentum,
  rate: tf.Tensor,
  images: tf.Tensor,
  labels: tf.Tensor,
  l2_scale: float,
) -> tf.Tensor:
  """One step of gradient descent; returns the loss before the update.

  The README trains with it; `run/trainer.py` has the step with all settings.

  Args, besides those of `forward_backward`:
    optimizer: `Momentum`, or one of `adaptive.py`, for its variables.
    rate: scalar float32 tensor, the learning rate.
  """
  loss, _, gradients = forward_backward(network, images, labels, l2_scale)
  optimizer.apply(gradients, rate)
  return loss
