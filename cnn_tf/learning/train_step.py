"""One step of training: forward pass, backward pass, update.

A `tf.GradientTape` records every op in its `with` block that depends on a
trainable variable. `tape.gradient` then applies the chain rule to the record in
reverse, as `network/backward.py` does by hand.

Without `tf.function`, each op runs as soon as Python calls it (eagerly). A
`tf.function` runs its Python code once, to trace the ops into a graph; later
calls run the graph, which is faster. It is traced again for tensors of a new
shape or type, for another network or optimizer, and for every new value of a
Python number; so a number that changes from step to step must be a tensor.
`autograph=False` says that no Python `if` or `for` is to become an op.
"""

import tensorflow as tf

from cnn_tf import keys
from cnn_tf.learning import losses
from cnn_tf.learning import metrics
from cnn_tf.learning import optimizers
from cnn_tf.network import model


def forward_backward(
  network: model.ConvNet,
  images: tf.Tensor,
  labels: tf.Tensor,
  weights: tf.Tensor,
  count: tf.Tensor | float,
  l2_scale: float,
  label_smoothing: float = 0.0,
  draw: keys.Draw | None = None,
) -> tuple[tf.Tensor, metrics.Totals, list[tf.Tensor]]:
  """Loss, totals and gradients of one batch.

  `loss = sum(weights * cross_entropy) / count + l2_penalty`

  Args:
    network: the network to differentiate.
    images: `[batch, height, width, channels]` float32.
    labels: `[batch]`, integers.
    weights: `[batch]` float32, as for `metrics.of_batch`.
    count: the number of examples to divide by: more than in this batch if it is
      one device's part of a larger one.
    l2_scale: the factor of the L2 penalty.
    label_smoothing: adds this times `losses.smoothing` to the cross-entropy in
      the loss, not in the totals.
    draw: from `draws.draw_for`, for dropout.

  Returns:
    The loss; the sums over the examples; the gradient of the loss with respect
    to each of `network.trainable_variables`.
  """
  with tf.GradientTape() as tape:
    logits = network(images, draw)
    totals = metrics.of_batch(logits, labels, weights)
    penalty = losses.l2_penalty(network.kernels.values(), l2_scale)
    loss = totals.cross_entropy / count + penalty
    if label_smoothing:
      excess = tf.reduce_sum(weights * losses.smoothing(logits, labels))
      loss += label_smoothing * excess / count
  gradients = tape.gradient(loss, network.trainable_variables)
  return loss, totals, gradients


@tf.function(autograph=False)
def train_step(
  network: model.ConvNet,
  optimizer: optimizers.Optimizer,
  rate: tf.Tensor,
  images: tf.Tensor,
  labels: tf.Tensor,
  l2_scale: float,
) -> tf.Tensor:
  """One step of gradient descent on the loss of a batch.

  Args:
    network: the network to train.
    optimizer: created for `network.trainable_variables`.
    rate: scalar float32 tensor, the learning rate.
    images: `[batch, height, width, channels]` float32.
    labels: `[batch]`, integers.
    l2_scale: the factor of the L2 penalty.

  Returns:
    The loss before the update.
  """
  weights = tf.ones(tf.shape(labels))
  count = tf.reduce_sum(weights)
  loss, _, gradients = forward_backward(
    network, images, labels, weights, count, l2_scale
  )
  optimizer.apply(gradients, rate)
  return loss
