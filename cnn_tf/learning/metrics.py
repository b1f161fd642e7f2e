"""Mean cross-entropy and accuracy, from sums over batches.

The mean of batch means is not the mean over the examples if the last batch is
smaller, so nothing is divided before the last example has been counted.
"""

from typing import NamedTuple

import tensorflow as tf

from cnn_tf.learning import losses


class Means(NamedTuple):
  """Means over examples, as Python numbers."""

  cross_entropy: float  # in nats
  accuracy: float  # the share of examples whose largest logit is the label's


class Totals(NamedTuple):
  """Sums over examples, as scalar tensors."""

  cross_entropy: tf.Tensor
  num_correct: tf.Tensor
  num_examples: tf.Tensor

  def plus(self, batch: 'Totals') -> 'Totals':
    """The sums over these examples and those of a batch, in float64.

    float32 would lose digits when small terms are added to a large sum.
    """
    return Totals(
      *(a + tf.cast(b, tf.float64) for a, b in zip(self, batch, strict=True))
    )

  def means(self) -> Means:
    """The sums divided by the number of examples; NaN if there are none."""
    count = float(self.num_examples) or float('nan')
    return Means(
      float(self.cross_entropy) / count, float(self.num_correct) / count
    )


def no_examples() -> Totals:
  """Zero, to start adding from."""
  return Totals(*[tf.zeros([], tf.float64)] * 3)


def of_batch(
  logits: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor
) -> Totals:
  """The weighted sums over one batch, in float32.

  Args:
    logits: `[batch, classes]`.
    labels: `[batch]`.
    weights: `[batch]` float32: 1, or 0 for an example that only fills a batch
      (one that is split among several devices into equal parts).
  """
  correct = tf.argmax(logits, axis=1) == tf.cast(labels, tf.int64)
  return Totals(
    tf.reduce_sum(weights * losses.cross_entropy(logits, labels)),
    tf.reduce_sum(weights * tf.cast(correct, tf.float32)),
    tf.reduce_sum(weights),
  )
