"""Training: the loop over steps is in the graph, and runs on all replicas.

A Python loop would put one copy of the step per iteration into the graph;
`tf.while_loop` is a single op.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import adaptive
from cnn_tf.learning import losses
from cnn_tf.learning import optimizers
from cnn_tf.learning import schedules
from cnn_tf.learning import train_step
from cnn_tf.network import faster
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import evaluation
from cnn_tf.run import layers
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.tricks import augment
from cnn_tf.tricks import averages
from cnn_tf.tricks import draws


def load(
  settings: settings_lib.Settings, read_test: bool = True
) -> datasets.Dataset:
  """The data of a run; arguments and errors as for `datasets.load`."""
  data = datasets.load(
    settings.dataset, settings.data_dir, settings.num_validation, read_test
  )
  if not settings.transpose:
    return data
  *parts, num_classes = data
  turned = [
    part._replace(images=np.ascontiguousarray(part.images.swapaxes(1, 2)))
    for part in parts
  ]
  return datasets.Dataset(*turned, num_classes)


def geometries(
  settings: settings_lib.Settings, data: datasets.Dataset
) -> tuple[geometry.LayerGeometry, ...]:
  """The geometry of the network for the images and classes of a dataset.

  Raises:
    UserError: the layers are impossible.
  """
  height, width = data.train.images.shape[1:]
  specs = layers.parse(settings.layers, data.num_classes)
  return geometry.trace(specs, (height, width, 1))


class Progress(NamedTuple):
  """The result of some consecutive steps."""

  totals: evaluation.Totals  # each batch with the kernels before its update
  all_finite: tf.Tensor  # bool: loss, gradients and variables of every step


class Trainer:
  """Trains a new network.

  Attributes:
    settings: the settings of the run.
    strategy: distributes each batch over the replicas.
    network: the network that is trained.
    evaluated: the network to evaluate: its average, if there is one, or itself.
    predict: images -> the logits of the network to evaluate.
    optimizer: of the variables of `network`.
    schedule: the learning rate of each step; replace it before the first one.
    step: `tf.Variable` int64, the number of updates so far.
    num_examples: the size of the training set.
    steps_per_epoch: the examples left over, fewer than a batch, are left out:
      other ones in every epoch, since the order is new.
  """

  def __init__(
    self,
    settings: settings_lib.Settings,
    data: datasets.Dataset,
    geometries: Sequence[geometry.LayerGeometry],
    strategy: tf.distribute.Strategy,
  ):
    """Starts at step 0.

    Raises:
      UserError: a batch is larger than the training set.
    """
    self.num_examples = len(data.train.labels)
    self.steps_per_epoch = self.num_examples // settings.batch_size
    if not self.steps_per_epoch:
      raise errors.UserError(
        f'--batch_size={settings.batch_size} is larger than the '
        f'{self.num_examples} training examples'
      )
    # Ops that add in the order in which threads finish now raise an error.
    tf.config.experimental.enable_op_determinism()
    self.settings = settings
    self.strategy = strategy
    self.schedule = make_schedule(settings, self.steps_per_epoch)
    self._augmentation = augmentation(settings)
    self._images = replicas.replicate(strategy, data.train.images)
    self._labels = replicas.replicate(strategy, data.train.labels)
    with replicas.scope(strategy):
      self._make_variables(settings, geometries)

  def _make_variables(self, settings, geometries):
    def make_network():
      return faster.FasterConvNet(geometries, settings.seed, settings.precision)

    self.step = tf.Variable(0, trainable=False, dtype=tf.int64, name='step')
    self.network = self.evaluated = make_network()
    variables = self.network.trainable_variables
    self.optimizer = make_optimizer(settings, variables)
    self._average = None
    if settings.average:
      self.evaluated = make_network()
      self._average = averages.Average(
        variables, self.evaluated.trainable_variables, settings.average
      )
    self.predict = evaluation.predictor(settings, self.evaluated)

  def checkpoint(self) -> tf.train.Checkpoint:
    """Everything that training changes."""
    checkpoint = tf.train.Checkpoint(
      network=self.network, optimizer=self.optimizer, step=self.step
    )
    if self._average:
      checkpoint.averaged = self.evaluated
    return checkpoint

  def start_from(self, network: model.ConvNet) -> None:
    """Before the first step, copies the variables of another network.

    Raises:
      ValueError: its layers are others.
    """
    for ours in (self.network, self.evaluated):
      pairs = zip(
        ours.trainable_variables, network.trainable_variables, strict=True
      )
      for variable, value in pairs:
        variable.assign(value.read_value())

  def last_rate(self) -> tf.Tensor:
    """The learning rate of the last update."""
    return self.schedule(self.step - 1)

  def l2_penalty(self) -> tf.Tensor:
    """The L2 penalty of the kernels as they are now."""
    return losses.l2_penalty(
      self.network.kernels.values(), self.settings.l2_scale
    )

  @tf.function(autograph=False)
  def train_steps(
    self, order: tf.Tensor, start: tf.Tensor, end: tf.Tensor
  ) -> Progress:
    """One step per whole batch of the examples `order[start:end]`.

    Stops early at the first loss, gradient or variable that is not finite.

    Args:
      order: `[examples]` int32, from `datasets.order`.
      start: scalar int32; a tensor, since a new number would be traced again.
      end: the same.
    """
    batch_size = self.settings.batch_size

    def take_step(first, progress):
      results = self.strategy.run(
        self._step_of_replica, (self._images, self._labels, order, first)
      )
      totals, finite = replicas.first_replica(self.strategy, results)
      totals = progress.totals.plus(totals)
      return first + batch_size, Progress(totals, finite)

    def goes_on(first, progress):
      return (first + batch_size <= end) & progress.all_finite

    nothing = Progress(evaluation.Totals.zero(), tf.constant(True))
    _, progress = tf.while_loop(goes_on, take_step, [start, nothing])
    return progress

  def _step_of_replica(self, images, labels, order, first):
    """One step, as each replica runs it on its shard of `order[first:]`.

    The shards have the same size, so the loss of the batch is the mean of their
    losses, and its gradients are the means of their gradients.

    Returns:
      The totals of the whole batch, and whether everything is finite.
    """
    settings = self.settings
    places = replicas.shard(settings.batch_size)
    draw = draws.draw_for(settings.seed, self.step, places)
    indices = tf.gather(order, first + places)
    images = datasets.to_float(tf.gather(images, indices))
    images = augment.augment(images, self._augmentation, draw)
    labels = tf.gather(labels, indices)
    loss, logits, gradients = train_step.forward_backward(
      self.network,
      images,
      labels,
      settings.l2_scale,
      settings.label_smoothing,
      draw,
    )
    totals = evaluation.Totals.of_batch(logits, labels)
    loss, gradients, totals = self._all_reduce(loss, gradients, totals)
    self.optimizer.apply(gradients, self.schedule(self.step))
    self.step.assign_add(1)
    if self._average:
      self._average.update(self.step)
    # A NaN can get lost in max pooling, and then the loss looks fine.
    variables = self.network.trainable_variables
    norm = tf.linalg.global_norm([*gradients, *variables])
    return totals, tf.math.is_finite(loss) & tf.math.is_finite(norm)

  def _all_reduce(self, loss, gradients, totals):
    """The means of loss and gradients over the replicas, and the sums."""
    sums = replicas.all_reduce_sum([*totals, loss, *gradients])
    num_replicas = self.strategy.num_replicas_in_sync
    loss, *gradients = [total / num_replicas for total in sums[len(totals) :]]
    return loss, gradients, evaluation.Totals(*sums[: len(totals)])


def saved(
  settings: settings_lib.Settings, network: model.ConvNet
) -> tf.train.Checkpoint:
  """What restores the evaluated network of a run, alone, from a checkpoint."""
  name = 'averaged' if settings.average else 'network'
  return tf.train.Checkpoint(**{name: network})


def augmentation(settings: settings_lib.Settings) -> augment.Augmentation:
  """How the training images of a run are changed."""
  return augment.Augmentation(
    *(getattr(settings, name) for name in augment.Augmentation._fields)
  )


def make_optimizer(
  settings: settings_lib.Settings, variables: Sequence[tf.Variable]
) -> optimizers.Momentum | adaptive.RMSProp | adaptive.Adam:
  """The optimizer of a run."""
  match settings.optimizer:
    case 'momentum':
      return optimizers.Momentum(
        variables, settings.momentum, settings.nesterov
      )
    case 'rmsprop':
      return adaptive.RMSProp(variables)
    case 'adam':
      return adaptive.Adam(variables)


def make_schedule(
  settings: settings_lib.Settings, steps_per_epoch: int
) -> schedules.Schedule:
  """The schedule of a run; its durations are given in epochs."""
  rate = settings.learning_rate
  warmup_steps = settings.warmup_epochs * steps_per_epoch
  num_steps = settings.num_epochs * steps_per_epoch - warmup_steps
  decay = settings.decay_rate, settings.decay_epochs * steps_per_epoch
  schedule = {
    'constant': lambda: schedules.constant(rate),
    'exp': lambda: schedules.exponential(rate, *decay),
    'step': lambda: schedules.staircase(rate, *decay),
    'inverse_time': lambda: schedules.inverse_time(rate, *decay),
    'cosine': lambda: schedules.cosine(rate, num_steps),
    'one_cycle': lambda: schedules.one_cycle(rate, num_steps),
  }[settings.lr_schedule]()
  return schedules.warm_up(schedule, warmup_steps) if warmup_steps else schedule
