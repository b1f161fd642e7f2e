"""A training that departs from another one, with snapshots on the way.

Everything that the departure leaves alone is repeated to the bit, so two
trainings differ because of it, and of nothing else.
"""

import itertools
from collections.abc import Callable
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf import keys
from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.network import initializers
from cnn_tf.network import model
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer as trainer_lib


class Departure(NamedTuple):
  """What a training does differently, and when."""

  after: int = 0  # epochs, which are as without it
  change: Callable[[model.ConvNet], None] | None = None  # of the network then
  order_seed: int | None = None  # of the order of the examples from then on


UNCHANGED = Departure()


class Trajectory(NamedTuple):
  """A training."""

  network: model.ConvNet  # after the last step
  snapshots: dict[int, np.ndarray]  # updates -> `[variables]`


class Effect(NamedTuple):
  """How a training differs from the one from which it departs."""

  distances: dict[int, float]  # by the number of steps since the departure
  differ: float  # the share of test predictions that differ in the end
  gain: float  # in test accuracy
  num_variables: int  # that differ in the end


def follow(
  wanted: settings_lib.Settings,
  data: datasets.Dataset,
  strategy: tf.distribute.Strategy,
  departure: Departure = UNCHANGED,
  steps: Iterable[int] = (),
  make_trainer: type[trainer_lib.Trainer] = trainer_lib.Trainer,
) -> Trajectory:
  """Trains as a run is trained, except for the departure.

  Args:
    wanted: the settings.
    data: any data, not only those of the settings.
    strategy: where to train.
    departure: by default, there is none.
    steps: after how many updates to take a snapshot, besides the start, when
      the network may have been changed, and the end of every epoch.
    make_trainer: the usual one, or that of `double.py`.

  Raises:
    UserError: the training diverges.
  """
  geometries = trainer_lib.geometries(wanted, data)
  trainer = make_trainer(wanted, data, geometries, strategy)
  length, snapshots = trainer.steps_per_epoch, {}
  for epoch in range(wanted.num_epochs):
    if departure.change and epoch == departure.after:
      departure.change(trainer.network)
    if not epoch:
      snapshots[0] = flat(trainer.network)
    order = _order(trainer, departure, epoch)
    begin = epoch * length
    inside = {step - begin for step in steps if 0 < step - begin < length}
    for start, end in itertools.pairwise([0, *sorted(inside), length]):
      _advance(trainer, order, start, end)
      snapshots[begin + end] = flat(trainer.network)
  return Trajectory(trainer.network, snapshots)


def compare(
  usual: Trajectory,
  other: Trajectory,
  test: datasets.Examples,
  first: int,
) -> Effect:
  """How two trainings differ.

  Args:
    usual: a training.
    other: one that departs from it.
    test: the examples of all predictions.
    first: the number of steps before it departs.
  """
  distances = {
    step - first: distance(usual.snapshots[step], values)
    for step, values in other.snapshots.items()
    if step > first or step == 0 == first
  }
  one, two = (
    activity.log_probabilities(x.network, test.images).argmax(axis=1)
    for x in (usual, other)
  )
  gain = np.mean(two == test.labels) - np.mean(one == test.labels)
  last = max(usual.snapshots)
  changed = usual.snapshots[last] != other.snapshots[last]
  return Effect(
    distances, float(np.mean(one != two)), float(gain), int(changed.sum())
  )


def flat(network: model.ConvNet) -> np.ndarray:
  """The values of all variables of a network, `[variables]`."""
  values = [variable.numpy() for variable in network.trainable_variables]
  return np.concatenate([value.ravel() for value in values])


def distance(values: np.ndarray, others: np.ndarray) -> float:
  """`|others - values| / |values|` in float64; 0 only if all are equal."""
  values, others = values.astype(float), others.astype(float)
  return float(np.linalg.norm(others - values) / np.linalg.norm(values))


def nudge(
  network: model.ConvNet, float_type: type[np.floating] = np.float32
) -> model.ConvNet:
  """Moves the largest weight of conv1 to the next number of a type."""
  kernel = network.kernels['conv1']
  values = kernel.numpy()
  place = _largest(values)
  weight = float_type(values[place])
  values[place] = np.nextafter(weight, 2 * weight)
  kernel.assign(values)
  return network


def drawn_for_relu(network: model.ConvNet, seed: int) -> model.ConvNet:
  """Draws the kernels of the hidden layers as those of relu layers are."""
  *hidden, _ = network.kernels
  for name in hidden:
    kernel = network.kernels[name]
    key = keys.key(seed, f'{name}/kernel')
    kernel.assign(initializers.he(tuple(kernel.shape), key))
  return network


def kill(network: model.ConvNet) -> model.ConvNet:
  """Makes the filter with the largest weight of conv1 dead, for ever."""
  bias = network.biases['conv1']
  values = bias.numpy()
  values[_largest(network.kernels['conv1'].numpy())[-1]] = -100
  bias.assign(values)
  return network


def nudge_dead(network: model.ConvNet) -> model.ConvNet:
  """Makes that filter dead, and then moves that weight."""
  return nudge(kill(network))


def jump(distances: dict[int, float]) -> float:
  """The largest factor by which a distance grows in one step.

  Of the steps that have a snapshot each; 1 if it never grows.
  """
  factors = [
    distances[step + 1] / value
    for step, value in distances.items()
    if value > 0 and step + 1 in distances
  ]
  return max([1.0, *factors])


def _order(trainer, departure, epoch):
  seed = trainer.settings.seed
  if departure.order_seed is not None and epoch >= departure.after:
    seed = departure.order_seed
  return datasets.order(trainer.num_examples, seed, epoch + 1)


def _advance(trainer, order, start, end):
  """The steps from `start` to `end` of an epoch."""
  size = trainer.settings.batch_size
  done = trainer.train_steps(
    order, tf.constant(size * start), tf.constant(size * end)
  )
  if not done.all_finite:
    raise errors.UserError('training has diverged')


def _largest(values: np.ndarray) -> tuple[int, ...]:
  """The indices of the largest absolute value: no dead filter has it."""
  return np.unravel_index(np.abs(values).argmax(), values.shape)
