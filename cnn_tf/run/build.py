"""Settings -> the network, and the trainer that trains it."""

from collections.abc import Callable
from collections.abc import Sequence

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import adaptive
from cnn_tf.learning import optimizers
from cnn_tf.learning import schedules
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import pool_first
from cnn_tf.run import evaluation
from cnn_tf.run import layers
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer
from cnn_tf.tricks import augment


def plan(
  settings: settings_lib.Settings, data: datasets.Dataset
) -> tuple[geometry.LayerGeometry, ...]:
  """The geometry of the network for the images of a dataset.

  Raises:
    UserError: the layers are impossible, or a batch exceeds the training set.
  """
  num_images, height, width = data.train.images.shape
  if settings.batch_size > num_images:
    raise errors.UserError(
      f'--batch_size={settings.batch_size} is larger than the '
      f'{num_images} training examples'
    )
  specs = layers.parse(settings.layers, data.num_classes)
  return geometry.trace(specs, (height, width, 1))


def build(
  settings: settings_lib.Settings,
  data: datasets.Dataset,
  geometries: Sequence[geometry.LayerGeometry],
  strategy: tf.distribute.Strategy,
) -> trainer.Trainer:
  """The trainer of a run, with a new network."""
  # Ops that would add in the order in which threads finish now raise an error.
  tf.config.experimental.enable_op_determinism()
  steps_per_epoch = len(data.train.labels) // settings.batch_size
  with replicas.scope(strategy):
    network = make_network(settings, geometries)
    optimizer = make_optimizer(settings, network.trainable_variables)
    averaged = make_network(settings, geometries) if settings.average else None
  return trainer.Trainer(
    network,
    optimizer,
    make_schedule(settings, steps_per_epoch),
    settings.l2_scale,
    data.train,
    settings.batch_size,
    strategy,
    averaged,
    settings.average,
    augmentation(settings),
    settings.label_smoothing,
    settings.seed,
  )


def make_network(
  settings: settings_lib.Settings, geometries: Sequence[geometry.LayerGeometry]
) -> model.ConvNet:
  """The network of a run, with its initial kernels."""
  return pool_first.PoolFirst(geometries, settings.seed, settings.precision)


def predictor(
  settings: settings_lib.Settings, network: model.ConvNet
) -> Callable[[tf.Tensor], tf.Tensor]:
  """Images -> the logits by which a run evaluates its network."""
  if settings.evaluate_flips:
    return evaluation.with_flips(network)
  return network


def augmentation(settings: settings_lib.Settings) -> augment.Augmentation:
  """How the training images of a run are changed."""
  return augment.Augmentation(
    *(getattr(settings, name) for name in augment.Augmentation._fields)
  )


def saved(
  settings: settings_lib.Settings, network: model.ConvNet
) -> tf.train.Checkpoint:
  """What restores `network` from a checkpoint: the average, if there is one."""
  name = 'averaged' if settings.average else 'network'
  return tf.train.Checkpoint(**{name: network})


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
