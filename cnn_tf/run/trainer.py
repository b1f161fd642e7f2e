"""The loop over training steps, in the graph and over replicas.

A Python loop would put one copy of the step per iteration into the graph;
`tf.while_loop` is a single op.
"""

from typing import NamedTuple

import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.learning import losses
from cnn_tf.learning import optimizers
from cnn_tf.learning import schedules
from cnn_tf.learning import train_step
from cnn_tf.network import model
from cnn_tf.run import evaluation
from cnn_tf.run import replicas
from cnn_tf.tricks import augment
from cnn_tf.tricks import averages
from cnn_tf.tricks import draws


class Progress(NamedTuple):
  """The result of some consecutive steps."""

  totals: evaluation.Totals  # each batch with the kernels before its update
  all_finite: tf.Tensor  # bool: loss, gradients and variables of every step


class Trainer:
  """Trains a network on a set of examples.

  Attributes:
    network: the network that is trained.
    evaluated: the network to evaluate: its average, if there is one, or itself.
    optimizer: of the variables of `network`.
    step: `tf.Variable` int64, the number of updates so far.
    strategy: distributes each batch over the replicas.
    batch_size: examples per step.
    num_examples: the size of the training set.
    steps_per_epoch: the examples left over, fewer than a batch, are left out:
      other ones in every epoch, since the order is new.
  """

  def __init__(
    self,
    network: model.ConvNet,
    optimizer: optimizers.Momentum,
    schedule: schedules.Schedule,
    l2_scale: float,
    examples: datasets.Examples,
    batch_size: int,
    strategy: tf.distribute.Strategy,
    averaged: model.ConvNet | None = None,
    decay: float = 0.0,
    augmentation: augment.Augmentation = augment.NONE,
    label_smoothing: float = 0.0,
    seed: int = 0,
  ):
    """Starts at step 0.

    Args:
      network: the network to train.
      optimizer: of its variables.
      schedule: the learning rate of each step.
      l2_scale: the factor of the L2 penalty.
      examples: the training set.
      batch_size: examples per step.
      strategy: the replicas that share each batch.
      averaged: a second network, for the average of all variables, or None.
      decay: of the average, per step.
      augmentation: how to change the images of each step.
      label_smoothing: as for `train_step.forward_backward`.
      seed: of all that is random in a step.
    """
    self.network = network
    self.evaluated = averaged or network
    self.optimizer = optimizer
    self.strategy = strategy
    self.batch_size = batch_size
    self.num_examples = len(examples.labels)
    self.steps_per_epoch = self.num_examples // batch_size
    self._schedule = schedule
    self._l2_scale = l2_scale
    self._augmentation = augmentation
    self._label_smoothing = label_smoothing
    self._seed = seed
    with replicas.scope(strategy):
      self.step = tf.Variable(0, trainable=False, dtype=tf.int64, name='step')
    self._images = replicas.replicate(strategy, examples.images)
    self._labels = replicas.replicate(strategy, examples.labels)
    self._average = averaged and averages.Average(
      network.trainable_variables, averaged.trainable_variables, decay
    )

  def checkpoint(self) -> tf.train.Checkpoint:
    """Everything that training changes."""
    checkpoint = tf.train.Checkpoint(
      network=self.network, optimizer=self.optimizer, step=self.step
    )
    if self._average:
      checkpoint.averaged = self.evaluated
    return checkpoint

  def last_rate(self) -> tf.Tensor:
    """The learning rate of the last update."""
    return self._schedule(self.step - 1)

  def l2_penalty(self) -> tf.Tensor:
    """The L2 penalty of the kernels as they are now."""
    return losses.l2_penalty(self.network.kernels.values(), self._l2_scale)

  @tf.function(autograph=False)
  def train_steps(
    self, order: tf.Tensor, start: tf.Tensor, end: tf.Tensor
  ) -> Progress:
    """One step per whole batch of the examples `order[start:end]`.

    Stops early at the first loss, gradient or variable that is not finite.

    Args:
      order: `[examples]` int32, from `datasets.order`.
      start: scalar int32 tensor.
      end: scalar int32 tensor.
    """

    def take_step(first, progress):
      results = self.strategy.run(
        self._step_of_replica, (self._images, self._labels, order, first)
      )
      totals, finite = replicas.first_replica(self.strategy, results)
      return (
        first + self.batch_size,
        Progress(progress.totals.plus(totals), finite),
      )

    _, progress = tf.while_loop(
      lambda first, progress: (
        (first + self.batch_size <= end) & progress.all_finite
      ),
      take_step,
      [start, Progress(evaluation.Totals.zero(), tf.constant(True))],
    )
    return progress

  def _step_of_replica(self, images, labels, order, first):
    """One step, as each replica runs it on its shard of a batch.

    The loss of a batch is the mean of the losses of its shards, which have the
    same size.

    Args:
      images: all training images.
      labels: all training labels.
      order: as for `train_steps`.
      first: where in `order` the batch starts.
    """
    places = replicas.shard(self.batch_size)
    indices = tf.gather(order, first + places)
    draw = draws.draw_for(self._seed, self.step, self.batch_size, places)
    images = datasets.to_float(tf.gather(images, indices))
    labels = tf.gather(labels, indices)
    loss, logits, gradients = train_step.forward_backward(
      self.network,
      augment.augment(images, self._augmentation, draw),
      labels,
      self._l2_scale,
      self._label_smoothing,
      draw,
    )
    totals = evaluation.Totals.of_batch(logits, labels)
    sums = replicas.all_reduce_sum([loss, *gradients, *totals])
    num_replicas = self.strategy.num_replicas_in_sync
    loss, *gradients = [total / num_replicas for total in sums[: -len(totals)]]
    totals = evaluation.Totals(*sums[-len(totals) :])
    self.optimizer.apply(gradients, self._schedule(self.step))
    self.step.assign_add(1)
    if self._average:
      self._average.update(self.step)
    # A NaN can get lost in max pooling, and then the loss looks fine.
    norm = tf.linalg.global_norm(
      [*gradients, *self.network.trainable_variables]
    )
    return totals, tf.math.is_finite(loss) & tf.math.is_finite(norm)
