"""Logits, labels, kernels -> what training minimises."""

from collections.abc import Iterable

import tensorflow as tf


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
  """`-log(softmax(logits)[label])` of each example, `[batch]`, in nats.

  It is ln(classes), 2.303 for ten classes, if all classes are equally likely.
  Softmax and logarithm are one op because exp of a large logit overflows.
  """
  return tf.nn.sparse_softmax_cross_entropy_with_logits(
    tf.cast(labels, tf.int32), logits
  )


def l2_penalty(kernels: Iterable[tf.Tensor], l2_scale: float) -> tf.Tensor:
  """`l2_scale * sum(kernel ** 2) / 2` over all kernels, a scalar.

  Its gradient is `l2_scale * kernel`, so each step shrinks every kernel a
  little. Biases are not penalised.
  """
  return l2_scale * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])
