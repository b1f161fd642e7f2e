"""A plan, settings -> trained networks; studies share their runs."""

import gc
import pathlib
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.run import history
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import trainer as trainer_lib
from cnn_tf.studies import study
from cnn_tf.sweep import kept

# Half as many filters and units, for studies of many runs.
SMALL_LAYERS = (
  'conv 16 3x3, maxpool 2x2, conv 32 3x3, maxpool 2x2, conv 32 3x3, dense 50'
)


def settings(plan: study.Plan, **changes: Any) -> settings_lib.Settings:
  """The settings that studies share, with `changes` to fields of `Settings`.

  They are the reference network, momentum 0.9, an L2 scale of 1e-3, half an
  epoch of warm-up, and a learning rate that then falls exponentially from 0.1,
  by a factor of 100 in `plan.epochs` epochs: in a run of four, by 56.
  """
  # Written out, so that a changed default does not change the studies.
  usual = {
    'dataset': plan.dataset,
    'data_dir': plan.data_dir,
    'num_validation': 5000,
    'layers': settings_lib.REFERENCE_LAYERS,
    'precision': 'float32',
    'batch_size': 128,
    'num_epochs': plan.epochs,
    'l2_scale': 1e-3,
    'optimizer': 'momentum',
    'momentum': 0.9,
    'nesterov': False,
    'lr_schedule': 'exp',
    'learning_rate': 0.1,
    'decay_rate': 0.01 ** (1 / plan.epochs),
    'decay_epochs': 1.0,
    'warmup_epochs': 0.5,
    'average': 0.0,
    'label_smoothing': 0.0,
  }
  return settings_lib.Settings(**(usual | changes))


def of_seeds(plan: study.Plan, **changes: Any) -> list[settings_lib.Settings]:
  """The settings of the runs of all seeds.

  Args:
    plan: the number of seeds, and the data.
    **changes: as for `settings`.
  """
  return [settings(plan, seed=seed, **changes) for seed in range(plan.seeds)]


def announce(
  plan: study.Plan,
  wanted: Iterable[settings_lib.Settings],
  unkept: Sequence[settings_lib.Settings] = (),
) -> None:
  """Prints how many networks are to be trained, and how long it takes.

  Args:
    plan: the folder of the runs.
    wanted: of the runs; those that are finished do not count.
    unkept: the settings of further networks, which are not kept as runs.
  """
  kept.Queue(wanted, plan.networks).announce(unkept)


def folder(plan: study.Plan, wanted: settings_lib.Settings) -> pathlib.Path:
  """The folder of a finished run of `wanted`, which is trained if needed."""
  if not kept.is_finished(wanted, plan.networks):
    print(f'training {kept.workdir(wanted, plan.networks)}', flush=True)
  return kept.train(
    wanted, plan.networks, plan.num_replicas, num_kept=wanted.num_epochs
  )


def folders(plan: study.Plan, **changes: Any) -> Iterator[pathlib.Path]:
  """The folders of the runs of all seeds, trained one after the other.

  Args:
    plan: the number of seeds, and the data.
    **changes: as for `settings`.
  """
  for wanted in of_seeds(plan, **changes):
    yield folder(plan, wanted)


def seeds(plan: study.Plan, **changes: Any) -> Iterator[runs.Run]:
  """The runs of all seeds: trained networks with their data."""
  yield from map(runs.load, folders(plan, **changes))


def test_accuracies(plan: study.Plan, **changes: Any) -> list[float]:
  """The test accuracy of each seed after its last epoch."""
  return [
    storage.read_result(workdir)['test_accuracy']
    for workdir in folders(plan, **changes)
  ]


def histories(plan: study.Plan, **changes: Any) -> list[list[history.Epoch]]:
  """The epochs in `metrics.csv`, for each seed."""
  return [
    history.read_all_epochs(workdir, plan.epochs)
    for workdir in folders(plan, **changes)
  ]


def train(
  wanted: settings_lib.Settings,
  data: datasets.Dataset,
  strategy: tf.distribute.Strategy,
  order_seed: int | None = None,
  frozen: Mapping[str, np.ndarray] | None = None,
) -> model.ConvNet:
  """A network that is trained as a run is, but without a folder.

  Args:
    wanted: the settings; their seed gives the initial kernels.
    data: any data, not only those of the settings.
    strategy: where to train.
    order_seed: the seed of the order of the examples, if it is another one.
    frozen: layer name -> the kernel that it keeps; its bias stays 0.

  Raises:
    UserError: the training diverges.
  """
  *_, network = by_epoch(wanted, data, strategy, order_seed, frozen)
  gc.collect()  # Graphs are in reference cycles, and hold the training set.
  return network


def by_epoch(
  wanted: settings_lib.Settings,
  data: datasets.Dataset,
  strategy: tf.distribute.Strategy,
  order_seed: int | None = None,
  frozen: Mapping[str, np.ndarray] | None = None,
) -> Iterator[model.ConvNet]:
  """The network of `train` after each epoch: the same one, still in training.

  Arguments and errors as for `train`.
  """
  geometries = trainer_lib.geometries(wanted, data)
  trainer = trainer_lib.Trainer(wanted, data, geometries, strategy)
  _freeze(trainer, frozen or {})
  seed = wanted.seed if order_seed is None else order_seed
  num_images = len(data.train.labels)
  for epoch in range(1, wanted.num_epochs + 1):
    order = datasets.order(num_images, seed, epoch)
    done = trainer.train_steps(order, tf.constant(0), tf.constant(num_images))
    if not done.all_finite:
      raise errors.UserError(f'training has diverged in epoch {epoch}')
    yield trainer.network


def _freeze(trainer, kernels):
  """Before the first step, leaves some layers out of what is trained.

  Their variables are not trainable, so there are no gradients of them, and the
  optimizer does not know them. Their L2 penalty is a constant in the loss.
  """
  network = trainer.network
  with replicas.scope(trainer.strategy):
    for name, kernel in kernels.items():
      bias = tf.zeros(kernel.shape[-1])
      network.kernels[name] = tf.Variable(kernel, trainable=False)
      network.biases[name] = tf.Variable(bias, trainable=False)
    trainer.optimizer = trainer_lib.make_optimizer(
      trainer.settings, network.trainable_variables
    )


def accuracy(network: model.ConvNet, examples: datasets.Examples) -> float:
  """The fraction of examples whose most probable class is their label."""
  scores = activity.log_probabilities(network, examples.images)
  return float(np.mean(scores.argmax(axis=1) == examples.labels))
