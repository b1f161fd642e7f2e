"""What training minimises: mean cross-entropy plus L2 penalty."""

from collections.abc import Iterable

import tensorflow as tf


def cross_entropy(
  logits: tf.Tensor, labels: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
  """`-log(softmax(logits)[label])` of each example, `[batch]`, in nats.

  A nat is the unit of the natural logarithm. If the network gives every one of
  ten classes the same probability, the cross-entropy is ln(10) = 2.303. Softmax
  and logarithm are one op because a probability can round to 0, and its
  logarithm is minus infinity.

  With `label_smoothing` s, to keep the network from being too sure, the result
  is `-sum(target * log(softmax(logits)))`; the target is `1 - s + s / classes`
  for the label, `s / classes` for others. Szegedy et al. 2016, "Rethinking the
  Inception Architecture for Computer Vision", section 7.
  """
  labels = tf.cast(labels, tf.int32)  # the sparse op has no uint8 version
  if not label_smoothing:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
  num_classes = logits.shape[1]
  share = label_smoothing / num_classes
  targets = tf.one_hot(labels, num_classes, 1 - label_smoothing + share, share)
  return tf.nn.softmax_cross_entropy_with_logits(targets, logits)


def l2_penalty(kernels: Iterable[tf.Tensor], l2_scale: float) -> tf.Tensor:
  """`l2_scale * sum(kernel ** 2) / 2` over all kernels, a scalar.

  Its gradient is `l2_scale * kernel`: each step of gradient descent also
  shrinks every kernel a little, which is called weight decay. RMSProp and Adam
  rescale gradients, so for them an L2 penalty is not weight decay. Biases only
  shift the pre-activations; by convention they are not penalised.
  """
  return l2_scale * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])
