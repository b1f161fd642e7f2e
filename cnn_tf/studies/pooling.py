"""Maximum, average, stride 2, or none: what does pooling do?

Four networks of three convolutions, and a fifth of thirteen, whose last nodes
see 27x27 pixels through windows of 3x3 alone. Their costs follow from their
shapes; the time of a training step is measured, all networks in turn. After
training: the accuracy on images never seen, how far that of the training images
is above it, and how often the prediction stays when the image moves by a few
pixels (consistency: Zhang 2019, "Making Convolutional Networks Shift-Invariant
Again", here for fixed distances).

Found (3 seeds, 6 epochs, Fashion-MNIST): pooling saves. Without it the network
has 91.43 ± 0.28 % right, with maximum pooling 89.46 ± 0.29 %, but it takes 11
times the multiplications and 27 times the parameters, and the gap between train
and test is three times as wide. Averages do worse than maxima (87.89 ± 0.64 %),
and stride 2 (88.62 ± 0.26 %) halves the time. Pooling does not make predictions
stay: shifted by 3 pixels 57 to 63 % of them do, with it or without. Thirteen
layers are hard to train: at the usual rate of 0.1 no seed learned anything, at
0.03 one of three did not, at 0.01 they reach 83.02 ± 1.77 %.
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
# At the usual rate of 0.1 thirteen layers do not begin to learn.
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
  """What is left when images move: means over the four directions."""

  accuracy: np.ndarray  # [distances]: the class is the label
  agreement: np.ndarray  # [distances]: it is that of the unshifted image


class Costs(NamedTuple):
  """What one image takes, by the arithmetic of shapes."""

  parameters: int
  multiplications: int
  activations: int  # kept for the backward pass, with the image
  field: int  # pixels that a node below the dense layers sees along an axis


class Pooling(NamedTuple):
  """What was found of one network; lists are by seed."""

  costs: Costs
  train: list[float]  # accuracy on what it was trained on
  test: list[float]  # and on images never seen
  agreement: np.ndarray  # [seeds, shifts]

  @property
  def is_constant(self) -> bool:
    """Whether no seed has learned anything: no prediction ever changes.

    To agree with itself is then no merit, and a gap of 0 neither.
    """
    return bool(np.all(self.agreement == 1))


def measure(plan: study.Plan) -> study.Report:
  """Costs, accuracy and agreement of all networks."""
  found = {name: look(plan, name) for name in LAYERS}
  data = datasets.load(plan.dataset, plan.data_dir)
  times = step_times(LAYERS, data.train)
  return study.Report(_table(found, times), _draw(found, times, plan))


def look(plan: study.Plan, name: str) -> Pooling:
  """What one of `LAYERS` costs, and what it reaches."""
  train, test, agreement = [], [], []
  changes = {'layers': LAYERS[name], 'learning_rate': RATES.get(name, 0.1)}
  for run in trained.seeds(plan, **changes):
    train.append(trained.accuracy(run.network, run.data.train))
    test.append(trained.accuracy(run.network, run.data.test))
    agreement.append(when_shifted(run.network, run.data.test, SHIFTS).agreement)
  return Pooling(costs(run.geometries), train, test, np.array(agreement))


def costs(geometries: Sequence[geometry.LayerGeometry]) -> Costs:
  """The sums over all layers."""
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
  """Accuracy and agreement when images move up, down, left or right.

  Args:
    network: the network.
    examples: the images as they are, and their labels.
    distances: in pixels; what comes in from outside is 0.
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
  """The time of a training step, as a multiple of that of the first network.

  One replica, batches of 128. All networks take a few steps in turn, again and
  again, so that what else the machine does meets all of them; the median over
  these rounds.

  Args:
    networks: name -> layers.
    examples: the first of them are trained on.
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
    seconds(trainer)  # to trace its graph
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
  """Seed by seed."""
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
    f'No pooling: {times_more:.0f}x the multiplications, {larger:.0f}x the '
    f'parameters; {np.mean(none.test):.1%} right, not {np.mean(first.test):.1%}'
  )
  page = sheet.new(10.2, 6.8, title, f'{plan}; bars: standard deviation')
  points, gaps, lines, bars = (
    sheet.place(page, left, top, 3.6, 2.2)
    for top in (1.05, 4.0)
    for left in (1.45, 6.2)
  )
  label = 'accuracy on the test images (%)'
  _points(points, found, lambda x: np.array(x.test), label)
  _points(gaps, found, _gaps, 'train accuracy - test accuracy (points)')
  _lines(lines, found)
  _bars(bars, found, times)
  return page


def _points(panel, found, shares, label):
  """A row for each network: its seeds, and their mean."""
  for y, pooling in enumerate(found.values()):
    if pooling.is_constant:
      text = f'one class for all images: {np.mean(pooling.test):.0%} right'
      place = {'transform': panel.get_yaxis_transform(), 'va': 'center'}
      panel.text(0.5, y, text, **place, ha='center', fontsize=8)
      continue
    seeds = 100 * shares(pooling)
    style = {'color': sheet.QUIET, 'markersize': 4}
    panel.plot(seeds, [y] * len(seeds), 'o', **style)
    panel.plot(seeds.mean(), y, '|', color=sheet.VERMILLION, markersize=16)
  _name_rows(panel, found)
  panel.grid(axis='x', color=sheet.PALE)
  panel.set(xlabel=label)


def _lines(panel, found):
  """Agreement against shift; at 0 it is 100 % by definition."""
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
  """What each costs, the first one being 1."""
  base = found['maximum'].costs.multiplications
  multiplications = [x.costs.multiplications / base for x in found.values()]
  for offset, color, label, ratios in (
    (-0.2, sheet.BLUE, 'multiplications', multiplications),
    (0.2, sheet.VERMILLION, 'time of a training step', list(times.values())),
  ):
    places = np.arange(len(found)) + offset
    drawn = panel.barh(places, ratios, 0.38, color=color, label=label)
    panel.bar_label(drawn, fmt='%.1f', fontsize=8, padding=2)
  _name_rows(panel, found)
  panel.set(xlabel='relative to maximum', xmargin=0.12)
  panel.legend(fontsize=8, frameon=False)


def _name_rows(panel, names):
  """The first one on top."""
  panel.set_yticks(range(len(names)), names)
  panel.set_ylim(len(names) - 0.5, -0.5)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
