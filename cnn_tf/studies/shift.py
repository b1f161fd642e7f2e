"""Is a CNN invariant to translation?

A convolution is equivariant: if the image moves by one pixel, its maps move by
one node. A pooling of stride 2 keeps only every second window, so after two of
them only shifts by multiples of 4 pixels move the maps by whole nodes. The
dense layers above have a separate weight for each position.

The images are in the centre of a black canvas. A shift of 4 pixels keeps all
nodes of the last maps that see the image on these maps. A shift of 8 keeps
those that see its middle 20x20 pixels, where nearly all ink is (with blurred
pooling, whose receptive fields are larger, this holds for a shift of 4). Test
images are shifted up, down, left and right. The study measures the accuracy,
the fraction of predictions that stay the same, and the difference between the
maps of the shifted image and the shifted maps of the image.

Where is accuracy lost? In the same network, the last maps are moved back by
whole nodes before the dense layers see them; what is still lost is due to
pooling. In other networks the maximum or the average over each map removes all
positions. In one of them the pooling is blurred as well, by an average over 3x3
nodes, which is simpler than the filters of Zhang 2019, "Making Convolutional
Networks Shift-Invariant Again"; it is compared with a network that is trained
with the same rate. One more network is trained on shifted images. The null is a
network without convolutions, in which nothing is equivariant.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.network import model
from cnn_tf.studies import changed
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import ablation
from cnn_tf.studies.measure import shifts

QUICK = study.Plan('mnist', seeds=1, epochs=1)
FULL = study.Plan('mnist', seeds=5, epochs=3)

SIDE = 68  # of the canvas
DISTANCES = range(9)  # pixels; two periods of 4
NUM_IMAGES, NUM_OF_MAPS = 2000, 200  # of the test set, always the same ones

_LAYERS = trained.SMALL_LAYERS
_MAXIMUM = _LAYERS.replace('dense', 'maxpool 13x13, dense')
_BLURRED = _LAYERS.replace('dense', 'maxpool 12x12, dense').replace(
  'maxpool 2x2', 'maxpool 2x2 stride 1, avgpool 3x3 stride 2'
)
_MOVED_BACK, _DENSE_ONLY = 'dense, maps moved back', 'no convolutions'
_SLOW, _BLUR = 'global maximum, rate 0.03', 'global maximum, blurred'
NETWORKS = {
  'dense': {'layers': _LAYERS},
  'global maximum': {'layers': _MAXIMUM},
  'global average': {'layers': _MAXIMUM.replace('maxpool 13', 'avgpool 13')},
  # At a rate of 0.1, all maps of conv3 of the blurred one died with seed 0.
  _SLOW: {'layers': _MAXIMUM, 'learning_rate': 0.03},
  _BLUR: {'layers': _BLURRED, 'learning_rate': 0.03},
  'dense, trained on shifted images': {'layers': _LAYERS, 'shift': 8},
  _DENSE_ONLY: {'layers': 'dense 100, dense 100'},
}
_EQUIVARIANT = ('dense', 'global maximum', _SLOW, _BLUR)
_STRIDE = 4  # of conv3, in pixels


def measure(plan: study.Plan) -> study.Report:
  """Accuracy, agreement and equivariance by shift."""
  folder = changed.write(plan, f'canvas{SIDE}', on_canvas)
  networks = {
    name: {'data_dir': folder} | changes for name, changes in NETWORKS.items()
  }
  trained.announce(
    plan, [x for y in networks.values() for x in trained.of_seeds(plan, **y)]
  )
  found, errors = {}, {}
  for name, changes in networks.items():
    for run in trained.seeds(plan, **changes):
      test, network = some(run.data.test), run.network
      measured = {name: shifts.predictions(network, test, DISTANCES)}
      if name == 'dense':
        measured[_MOVED_BACK] = shifts.predictions(
          network, test, DISTANCES, moving_back(network)
        )
      for key, value in measured.items():
        found.setdefault(key, []).append(value)
      if name in _EQUIVARIANT:
        by_layer = shifts.equivariance_errors(
          network, run.geometries, test.images[:NUM_OF_MAPS], DISTANCES
        )
        for layer, by_shift in by_layer.items():
          errors.setdefault((name, layer), []).append(by_shift)
  return study.Report(_table(found, errors), _draw(found, errors, plan))


def some(test: datasets.Examples) -> datasets.Examples:
  """The test examples that are shifted; the test set is not in random order."""
  order = np.random.default_rng(0).permutation(len(test.labels))[:NUM_IMAGES]
  return datasets.Examples(*(array[order] for array in test))


def on_canvas(images: np.ndarray) -> np.ndarray:
  """The images in the centre of a black canvas."""
  return shifts.on_canvas(images, SIDE)


def moving_back(network: model.ConvNet) -> shifts.NetworkOfShift:
  """(down, right) in pixels -> the network with the maps of conv3 moved back.

  They are moved by `pixels / 4` nodes, rounded to a whole number. Nodes that
  leave on one side enter on the other; all of these see only background.
  """

  def of_shift(down, right):
    nodes = [int(abs(x) / _STRIDE + 0.5) * -np.sign(x) for x in (down, right)]
    return ablation.with_output(
      network, 'conv3', lambda maps: tf.roll(maps, nodes, (1, 2))
    )

  return of_shift


def _table(found, errors):
  rows = [['by shift in pixels', *map(str, DISTANCES)]]

  def add(title, by_seed, form):
    rows.append([title, *map(form, np.transpose(by_seed))])

  for name, seeds in found.items():
    for field, label in ('accuracy', 'accuracy'), ('agreement', 'unchanged'):
      by_seed = [getattr(seed, field) for seed in seeds]
      add(f'{name}: {label} (%)', by_seed, intervals.percent)
    losses = [seed.accuracy - seed.accuracy[0] for seed in seeds]
    add(f'{name} - itself at 0 (points)', losses, intervals.percent)
    other = {'dense': None, _BLUR: _SLOW}.get(name, 'dense')
    if other:
      pairs = zip(seeds, found[other], strict=True)
      gains = [one.accuracy - two.accuracy for one, two in pairs]
      add(f'{name} - {other} (points)', gains, intervals.percent)
  for key, by_seed in errors.items():
    add(f'{", ".join(key)}: error', by_seed, _exact)
  blur = np.subtract(errors[_BLUR, 'conv3'], errors[_SLOW, 'conv3'])
  add('conv3: error, blurred - not', blur, _exact)
  return rows


def _exact(values):
  """'0' only if all values are exactly 0."""
  if not np.any(values):
    return '0'
  digits = 3 if np.max(np.abs(values)) > 0.001 else 9
  return intervals.spread(values, digits)


def _draw(found, errors, plan):
  at_4 = {
    name: f'{np.mean([seed.accuracy[4] for seed in seeds]):.1%}'
    for name, seeds in found.items()
  }
  title = (
    f'Shifted by 4 pixels: {at_4["dense"]} correct, {at_4[_MOVED_BACK]} with '
    f'the maps moved back, {at_4["global maximum"]} with a global maximum'
  )
  figure = sheet.new(12.4, 6.0, title, f'{plan}; bars: 95 % interval')
  panels = [sheet.place(figure, x, 1.2, 3.2, 3.0) for x in (0.8, 4.9, 9.0)]
  for panel, names in (
    (panels[0], ('dense', _MOVED_BACK, _DENSE_ONLY)),
    (panels[1], [name for name in _STYLES if name != _DENSE_ONLY]),
  ):
    for name in names:
      shares = 100 * np.array([seed.accuracy for seed in found[name]])
      _line(panel, name, shares)
  for name in _EQUIVARIANT:
    _line(panels[2], name, np.array(errors[name, 'conv3']))
  panels[0].set(ylabel='accuracy (%)', ylim=(0, 103))
  panels[1].set(ylabel='accuracy (%), enlarged')
  panels[2].set(ylabel='equivariance error of conv3')
  for panel in panels:
    panel.set(xlabel='shift (pixels)', xticks=DISTANCES)
    panel.legend(
      loc='upper left', bbox_to_anchor=(0, -0.15), fontsize=8, frameon=False
    )
  return figure


def _line(panel, name, values):
  color, dashed = _STYLES.get(name, (sheet.BLUE, ()))
  one = charts.over_seeds(name, color, values)
  charts.lines(panel, DISTANCES, [one], dashed)


_STYLES = {
  _MOVED_BACK: (sheet.BLUE, [_MOVED_BACK]),
  'global maximum': (sheet.INK, ()),
  _SLOW: (sheet.INK, [_SLOW]),
  _BLUR: (sheet.VERMILLION, ()),
  'dense, trained on shifted images': (sheet.QUIET, ()),
  _DENSE_ONLY: (sheet.QUIET, [_DENSE_ONLY]),
}


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
