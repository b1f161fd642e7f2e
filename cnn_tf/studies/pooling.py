"""Maximum, average, stride 2, or none: what does pooling do?

Four networks have three convolutions; a fifth has thirteen and no pooling, so
that its last nodes have a receptive field of 27x27. The networks differ not
only in their pooling, but also in parameters, receptive field and the size of
the last maps.

Costs follow from the shapes; the time of a training step is measured, with all
networks in turn. After training, the test accuracy is measured, the gap between
training and test accuracy, and how many predictions stay the same when the
image is shifted by a few pixels (consistency: Zhang 2019, "Making Convolutional
Networks Shift-Invariant Again"; here between the original image and shifts by a
fixed distance).

Results (3 seeds, 6 epochs, Fashion-MNIST): without pooling the test accuracy is
91.43 ± 0.28 %, with maximum pooling 89.46 ± 0.29 %; it takes 11 times the
multiplications and 27 times the parameters, and the gap is 4.33 ± 0.17 points
instead of 1.52 ± 0.22. Average pooling reaches 87.89 ± 0.64 %, stride 2 reaches
88.62 ± 0.26 % in 0.58 of the step time. In the order maximum, average, stride
2, none, 81.8, 80.8, 75.7 and 78.9 % of the predictions stay the same after a
shift by 2 pixels, and 63.1, 60.9, 57.4 and 61.2 % after 3 pixels: with maximum
pooling at most 2.9 points more than with none. The thirteen layers reach
83.02 ± 1.77 % at a rate of 0.01. (Not in the table: at 0.1 none of the three
seeds learned anything, at 0.03 two of them did.)
"""

import math
import time
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import sheet
from cnn_tf.measure import activity
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import specs
from cnn_tf.run import build
from cnn_tf.run import config
from cnn_tf.run import replicas
from cnn_tf.studies import changed
from cnn_tf.studies import study
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=3, epochs=6)

LAYERS = {
  'maximum': trained.SMALL_LAYERS,
  'average': trained.SMALL_LAYERS.replace('maxpool', 'avgpool'),
  'stride 2': (
    'conv 16 3x3 stride 2, conv 32 3x3 stride 2, conv 32 3x3, dense 50'
  ),
  'none': 'conv 16 3x3, conv 32 3x3, conv 32 3x3, dense 50',
  'none, 13 deep': ', '.join(['conv 16 3x3'] * 13) + ', dense 50',
}
# At the usual rate of 0.1 the thirteen layers learn nothing.
RATES = {'none, 13 deep': 0.01}
SHIFTS = (1, 2, 3)  # pixels

_UP_DOWN_LEFT_RIGHT = ((-1, 0), (1, 0), (0, -1), (0, 1))
_BATCH_SIZE, _NUM_STEPS, _NUM_ROUNDS = 128, 5, 9
_STYLES = {
  'maximum': {'color': sheet.BLUE},
  'average': {'color': sheet.BLUE, 'linestyle': '--'},
  'stride 2': {'color': sheet.VERMILLION},
  'none': {'color': sheet.INK},
  'none, 13 deep': {'color': sheet.INK, 'linestyle': '--'},
}


class Shifted(NamedTuple):
  """Results on shifted images: means over the four directions."""

  accuracy: np.ndarray  # [distances]: predictions equal to the label
  agreement: np.ndarray  # [distances]: equal to that for the original image


class Costs(NamedTuple):
  """The costs of one image, from the shapes."""

  parameters: int
  multiplications: int
  activations: int  # kept for the backward pass, including the image
  field: int  # side of the receptive field below the dense layers, in pixels


class Pooling(NamedTuple):
  """The results for one network; lists are by seed."""

  costs: Costs
  train: list[float]  # accuracy on the training images
  test: list[float]  # accuracy on the test images
  agreement: np.ndarray  # [seeds, shifts]

  @property
  def is_constant(self) -> bool:
    """Whether no shift changes any prediction of any seed.

    Such a network predicts one class for all images, so its agreement and its
    gap mean nothing.
    """
    return bool(np.all(self.agreement == 1))


def measure(plan: study.Plan) -> study.Report:
  """Costs, accuracy and agreement of all networks."""
  found = {name: look(plan, name) for name in LAYERS}
  data = datasets.load(plan.dataset, plan.data_dir)
  times = step_times(LAYERS, data.train)
  return study.Report(_table(found, times), _draw(found, times, plan))


def look(plan: study.Plan, name: str) -> Pooling:
  """Costs, accuracy and agreement of one of `LAYERS`."""
  train, test, agreement = [], [], []
  changes = {'layers': LAYERS[name], 'learning_rate': RATES.get(name, 0.1)}
  for run in trained.seeds(plan, **changes):
    train.append(trained.accuracy(run.network, run.data.train))
    test.append(trained.accuracy(run.network, run.data.test))
    agreement.append(when_shifted(run.network, run.data.test, SHIFTS).agreement)
  return Pooling(costs(run.geometries), train, test, np.array(agreement))


def costs(geometries: Sequence[geometry.LayerGeometry]) -> Costs:
  """Sums over all layers."""
  spatial = [
    layer for layer in geometries if not isinstance(layer.spec, specs.Dense)
  ]
  return Costs(
    sum(layer.num_parameters for layer in geometries),
    sum(layer.num_multiplications for layer in geometries),
    math.prod(geometries[0].input_shape)
    + sum(layer.num_activations for layer in geometries),
    spatial[-1].receptive_field[0],
  )


def when_shifted(
  network: model.ConvNet, examples: datasets.Examples, distances: Sequence[int]
) -> Shifted:
  """Accuracy and agreement on images shifted up, down, left and right.

  Args:
    network: the network.
    examples: the original images, and their labels.
    distances: in pixels; pixels that move in are 0.
  """
  unshifted = _classes(network, examples.images)
  accuracy, agreement = [], []
  for distance in distances:
    moved = [
      changed.shift(examples.images, distance * down, distance * right)
      for down, right in _UP_DOWN_LEFT_RIGHT
    ]
    classes = _classes(network, np.concatenate(moved))
    classes = classes.reshape(len(moved), -1)
    accuracy.append(np.mean(classes == examples.labels))
    agreement.append(np.mean(classes == unshifted))
  return Shifted(np.array(accuracy), np.array(agreement))


def step_times(
  networks: Mapping[str, str], examples: datasets.Examples
) -> dict[str, float]:
  """The time of a training step, relative to the first network.

  Measured on one replica, with batches of 128. All networks take a few steps in
  turn, in several rounds, so that other load on the machine affects all of them
  alike; the result is the median over the rounds.

  Args:
    networks: name -> layers.
    examples: training examples; the first few batches are used.
  """
  some = datasets.Examples(*(x[: _NUM_STEPS * _BATCH_SIZE] for x in examples))
  order = datasets.order(len(some.labels), 0, 1)
  trainers = [_trainer(text, some) for text in networks.values()]

  def seconds(trainer):
    started = time.perf_counter()
    progress = trainer.train_steps(order, tf.constant(0), tf.size(order))
    progress.all_finite.numpy()  # waits for the last step
    return time.perf_counter() - started

  for trainer in trainers:
    seconds(trainer)  # traces the graph
  rounds = [
    [seconds(trainer) for trainer in trainers] for _ in range(_NUM_ROUNDS)
  ]
  ratios = [np.divide(times, times[0]) for times in rounds]
  return dict(zip(networks, np.median(ratios, axis=0), strict=True))


def _classes(network, images):
  return activity.log_probabilities(network, images).argmax(axis=1)


def _trainer(text, examples):
  strategy = replicas.make_strategy('1', _BATCH_SIZE)
  data = datasets.Dataset(examples, examples, examples, 10)
  settings = config.Config(layers=text, batch_size=_BATCH_SIZE)
  return build.build(settings, data, build.plan(settings, data), strategy)


def _gaps(pooling):
  """`[seeds]`: training accuracy - test accuracy."""
  return np.subtract(pooling.train, pooling.test)


def _table(found, times):
  rows = [
    ['pooling', 'parameters', 'multiplications', 'activations', 'field']
    + ['step time', 'test accuracy (%)', 'train - test (points)']
    + [f'agree at {distance} (%)' for distance in SHIFTS]
  ]
  for name, pooling in found.items():
    parameters, multiplications, activations, field = pooling.costs
    rows.append(
      [name, f'{parameters:,}', f'{multiplications:,}', f'{activations:,}']
      + [f'{field}x{field}', f'{times[name]:.2f}']
      + [study.percent(pooling.test), study.percent(_gaps(pooling))]
      + [
        'constant' if pooling.is_constant else study.percent(shares, 1)
        for shares in pooling.agreement.T
      ]
    )
  return rows


def _draw(found, times, plan):
  first, none = found['maximum'], found['none']
  times_more = none.costs.multiplications / first.costs.multiplications
  larger = none.costs.parameters / first.costs.parameters
  title = (
    f'Test accuracy {np.mean(none.test):.1%} without pooling, '
    f'{np.mean(first.test):.1%} with maximum pooling'
  )
  source = (
    f'{plan}; bars: standard deviation; without pooling: {times_more:.0f}x the '
    f'multiplications, {larger:.0f}x the parameters'
  )
  page = sheet.new(10.2, 6.8, title, source)
  points, gaps, lines, bars = (
    sheet.place(page, left, top, 3.6, 2.2)
    for top in (1.05, 4.0)
    for left in (1.45, 6.2)
  )
  label = 'test accuracy (%)'
  _points(points, found, lambda x: np.array(x.test), label)
  _points(gaps, found, _gaps, 'train accuracy - test accuracy (points)')
  _lines(lines, found)
  _bars(bars, found, times)
  return page


def _points(panel, found, shares, label):
  """One line per network: a dot for each seed, and their mean."""
  for y, pooling in enumerate(found.values()):
    if pooling.is_constant:
      text = f'predicts one class: {np.mean(pooling.test):.0%} correct'
      place = {'transform': panel.get_yaxis_transform(), 'va': 'center'}
      panel.text(0.5, y, text, **place, ha='center', fontsize=8)
      continue
    seeds = 100 * shares(pooling)
    style = {'color': sheet.QUIET, 'markersize': 4}
    panel.plot(seeds, [y] * len(seeds), 'o', **style)
    panel.plot(seeds.mean(), y, '|', color=sheet.VERMILLION, markersize=16)
  _name_lines(panel, found)
  panel.grid(axis='x', color=sheet.PALE)
  panel.set(xlabel=label)


def _lines(panel, found):
  """Agreement by shift; without a shift it is 100 % by definition."""
  for name, pooling in found.items():
    if pooling.is_constant:
      continue
    shares = 100 * np.insert(pooling.agreement, 0, 1, axis=1)
    panel.errorbar(
      [0, *SHIFTS],
      shares.mean(axis=0),
      shares.std(axis=0, ddof=1) if len(shares) > 1 else None,
      label=name,
      capsize=2,
      **_STYLES[name],
    )
  panel.set(xlabel='shift (pixels)', ylabel='same prediction (%)')
  panel.set(xticks=[0, *SHIFTS])
  panel.grid(color=sheet.PALE)
  panel.legend(fontsize=8, frameon=False, loc='lower left')


def _bars(panel, found, times):
  """Costs relative to the first network."""
  base = found['maximum'].costs.multiplications
  multiplications = [x.costs.multiplications / base for x in found.values()]
  for offset, color, label, ratios in (
    (-0.2, sheet.BLUE, 'multiplications', multiplications),
    (0.2, sheet.VERMILLION, 'time of a training step', list(times.values())),
  ):
    places = np.arange(len(found)) + offset
    drawn = panel.barh(places, ratios, 0.38, color=color, label=label)
    panel.bar_label(drawn, fmt='%.1f', fontsize=8, padding=2)
  _name_lines(panel, found)
  panel.set(xlabel='relative to maximum', xmargin=0.12)
  panel.legend(fontsize=8, frameon=False)


def _name_lines(panel, names):
  """Labels the lines of a panel, the first one on top."""
  panel.set_yticks(range(len(names)), names)
  panel.set_ylim(len(names) - 0.5, -0.5)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
