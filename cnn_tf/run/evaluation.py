"""A network, examples -> mean cross-entropy and accuracy.

The mean of batch means is not the mean over the examples if the last batch is
smaller, so nothing is divided before the last example has been counted.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.learning import losses
from cnn_tf.network import model
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib

BATCH_SIZE = 100  # feature maps stay in the caches: 1.25 times faster than 500


class Means(NamedTuple):
  """Means over examples, as Python numbers."""

  cross_entropy: float  # in nats
  accuracy: float  # the share of examples whose largest logit is the label's


class Totals(NamedTuple):
  """Sums over examples, as scalar tensors."""

  cross_entropy: tf.Tensor
  num_correct: tf.Tensor
  num_examples: tf.Tensor

  @classmethod
  def zero(cls) -> 'Totals':
    """Sums of no examples."""
    return cls(*[tf.zeros([], tf.float64)] * 3)

  @classmethod
  def of_batch(cls, logits: tf.Tensor, labels: tf.Tensor) -> 'Totals':
    """The sums over one batch: `[batch, classes]` and `[batch]` -> float32."""
    correct = tf.argmax(logits, axis=1) == tf.cast(labels, tf.int64)
    return cls(
      tf.reduce_sum(losses.cross_entropy(logits, labels)),
      tf.reduce_sum(tf.cast(correct, tf.float32)),
      tf.cast(tf.shape(logits)[0], tf.float32),
    )

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


def with_flips(network: model.ConvNet) -> Callable[[tf.Tensor], tf.Tensor]:
  """Images -> logits whose softmax is a mean of two probabilities.

  `log((softmax(network(images)) + softmax(network(mirrored images))) / 2)`
  """

  def logits(images):
    both = [tf.nn.log_softmax(network(x)) for x in (images, images[:, :, ::-1])]
    # Not the logarithm of a sum, since both probabilities can round to 0.
    return tf.reduce_logsumexp(tf.stack(both), axis=0) - math.log(2)

  return logits


def predictor(
  settings: settings_lib.Settings, network: model.ConvNet
) -> Callable[[tf.Tensor], tf.Tensor]:
  """Images -> the logits by which a run evaluates its network."""
  return with_flips(network) if settings.evaluate_flips else network


class Evaluation:
  """Evaluates on a set of examples, each time it is called.

  `predict` turns images into logits: a network, or what `predictor` returns.
  """

  def __init__(
    self,
    predict: Callable[[tf.Tensor], tf.Tensor],
    examples: datasets.Examples,
    strategy: tf.distribute.Strategy,
  ):
    self._predict = predict
    self._strategy = strategy
    self._images = replicas.replicate(strategy, examples.images)
    self._labels = replicas.replicate(strategy, examples.labels)

  def __call__(self) -> Means:
    """The means over all examples."""
    return self._totals().means()

  @tf.function(autograph=False)
  def _totals(self):
    totals = self._strategy.run(
      self._totals_of_replica, (self._images, self._labels)
    )
    return replicas.first_replica(self._strategy, totals)

  def _totals_of_replica(self, images, labels):
    """The sums over all examples: each replica evaluates its part of them."""
    start, end = replicas.part(len(images))

    def add_batch(first, totals):
      last = tf.minimum(first + BATCH_SIZE, end)
      logits = self._predict(datasets.to_float(images[first:last]))
      batch = Totals.of_batch(logits, labels[first:last])
      return last, totals.plus(batch)

    # An empty part has no batch: conv2d gives empty batches a wrong shape.
    _, totals = tf.while_loop(
      lambda first, _: first < end, add_batch, [start, Totals.zero()]
    )
    return Totals(*replicas.all_reduce_sum(totals))
