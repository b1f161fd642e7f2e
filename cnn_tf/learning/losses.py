"""What training minimises: mean cross-entropy plus L2 penalty."""

from collections.abc import Iterable

import tensorflow as tf


def cross_entropy(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
  """`-log(softmax(logits)[label])` of each example, `[batch]`, in nats.

  A nat is the unit of the natural logarithm. If the network gives every one of
  ten classes the same probability, the cross-entropy is ln(10) = 2.303. Softmax
  and logarithm are one op because a probability can round to 0, whose logarithm
  is infinite.
  """
  # The op has no uint8 version.
  return tf.nn.sparse_softmax_cross_entropy_with_logits(
    tf.cast(labels, tf.int32), logits
  )


def l2_penalty(kernels: Iterable[tf.Tensor], l2_scale: float) -> tf.Tensor:
  """`l2_scale * sum(kernel ** 2) / 2` over all kernels, a scalar.

  Its gradient is `l2_scale * kernel`, so each step of gradient descent also
  shrinks every kernel a little (weight decay; with RMSProp and Adam, which
  rescale gradients, the two differ). Biases only shift the pre-activations; by
  convention they are not penalised.
  """
  return l2_scale * tf.add_n([tf.nn.l2_loss(kernel) for kernel in kernels])


def smoothing(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
  """`z[label] - mean(z)` of each example, `[batch]`, for the logits z.

  Label smoothing minimises the cross-entropy with the probabilities `1 - s + s
  / classes` of the label and `s / classes` of any other class, instead of 1 and
  0, so that the logits of an example that is classified correctly stop growing:

    sum over k of target[k] * -log(softmax(z)[k])
        = cross_entropy + s * (z[label] - mean(z))

  Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer
  Vision", section 7.
  """
  of_labels = tf.gather(logits, tf.cast(labels, tf.int32), batch_dims=1)
  return of_labels - tf.reduce_mean(logits, axis=1)
