"""What excites the maps of each layer, and how large is their effective field?

Three measurements of the convolutions, with initial and with trained kernels. A
map is dead if it is 0 at every position of every test image.

The effective receptive field of the centre node, before its activation
function, is the mean over maps and test images of its squared gradient with
respect to each pixel (Luo et al. 2016, "Understanding the Effective Receptive
Field in Deep Convolutional Neural Networks": with random kernels the gradient
has mean 0, so this is its variance). As there, a pixel belongs to the field if
its value is above 1 - 95.45 % of the value in the centre; here, of the largest
value, because 8x8 pixels have no centre. In a small field nearly all pixels
pass, so the smallest fraction of the pixels that holds 95.45 % of the sum is
measured, too. (95.45 % is the mass of a one-dimensional normal distribution
within two standard deviations; a circular one in two dimensions has 86.47 %
within that radius.)

The pattern of a map maximises its centre node, by gradient ascent from four
starts (`ascent.climb`). In the first layer the maximum is known: `kernel > 0`.
The correlation of two patterns is taken around mid-grey: pixels that are black
in both or white in both count 1, pixels that are black in one and white in the
other -1. Patterns of the same map are compared with patterns of two maps, both
from two different starts.

Results (3 seeds, 6 epochs, Fashion-MNIST): in conv1 all starts reach the same
pattern. Above it, these ascents of 100 steps do not: patterns of one map from
two starts correlate by 0.59 ± 0.01 in conv2 and 0.31 ± 0.03 in conv3 (patterns
of two maps by 0.02 ± 0.01 and 0.01 ± 0.01), and before training by 0.42 ± 0.01
and 0.20 ± 0.02. 35 ± 1 % and 32 ± 2 % of the starts end within 1 % of the best
score of their map; the best start counts itself, so the minimum is 25 %. Of 64
maps 1.3 ± 1.5 are dead in conv2 and 0.7 ± 1.2 in conv3. 95.45 % of the squared
gradient are in 83.9 ± 0.9 % of the pixels of the receptive field in conv2 and
75.8 ± 0.2 % in conv3; before training in 85.9 ± 1.6 % and 73.1 ± 0.8 %.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import sheet
from cnn_tf.measure import activity
from cnn_tf.measure import ascent
from cnn_tf.measure import fields
from cnn_tf.measure import patches
from cnn_tf.measure import runs
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import specs
from cnn_tf.studies import study
from cnn_tf.studies import tensors
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=1, epochs=2)
FULL = study.Plan('fashion', seeds=3, epochs=6)

CLIMB = ascent.Settings(num_starts=4, num_steps=100)
NUM_IMAGES = 100  # test images for the effective fields

_HELD = 0.9545  # of a 1-D normal distribution within 2 standard deviations
_NEAR = 0.01  # relative distance to the best score that counts as reached
_NUM_SHOWN = 6  # maps of each layer in the figure


class Layer(NamedTuple):
  """The results for one layer, with one set of kernels."""

  dead: np.ndarray  # [maps] bool
  field: np.ndarray  # [height, width]: effective, cut to the receptive field
  used: float  # fraction of these pixels above the threshold
  held: float  # smallest fraction of them that holds 95.45 % of the sum
  patterns: np.ndarray  # [maps, starts, height, width] in [0, 1]
  own: float  # mean correlation of two patterns of one map
  others: float  # mean correlation of patterns of two maps
  arrived: float  # fraction of the starts that end near the best score


def measure(plan: study.Plan) -> study.Report:
  """All convolutions of all seeds, before and after training."""
  found = [look(run) for run in trained.seeds(plan)]
  return study.Report(_table(found), _draw(found, plan))


def look(run: runs.Run) -> dict[str, dict[str, Layer]]:
  """Name of a convolution -> 'before' or 'after' training -> results."""
  networks = {
    'before': model.ConvNet(run.geometries, run.settings.seed),
    'after': run.network,
  }
  num_classes = run.data.num_classes
  activities = {
    when: activity.by_class(network, run.data.test, num_classes)
    for when, network in networks.items()
  }
  images = run.data.test.images
  random = np.random.default_rng(0)
  count = min(NUM_IMAGES, len(images))
  sample = images[random.choice(len(images), count, replace=False)]
  found = {}
  for index, layer in enumerate(run.geometries):
    if isinstance(layer.spec, specs.Conv):
      name = layer.spec.name
      found[name] = {
        when: _of_layer(
          network,
          run.geometries[: index + 1],
          sample,
          activities[when][name].dead,
        )
        for when, network in networks.items()
      }
  return found


def _of_layer(network, geometries, images, dead):
  seen = fields.seen(geometries)
  field = effective_field(network, geometries, images)
  climb = patterns(network, geometries, CLIMB)
  ends = climb.images[:, :, -1]
  own, others = correlations(ends[..., seen])
  return Layer(
    dead=dead,
    field=patches.cut(field, geometries),
    used=share_used(field[seen]),
    held=share_holding(field[seen]),
    patterns=np.array(
      [[patches.cut(x, geometries) for x in starts] for starts in ends]
    ),
    own=own,
    others=others,
    arrived=share_arrived(climb.scores),
  )


def effective_field(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  images: np.ndarray,
) -> np.ndarray:
  """`[height, width]`: the mean squared gradient of the centre node.

  Args:
    network: the network.
    geometries: its layers, up to the layer of the node.
    images: `[n, height, width]` uint8.
  """
  layer, position = geometries[-1].spec.name, fields.centre(geometries[-1])
  maps = tf.range(geometries[-1].output_shape[-1])

  def of_batch(images):
    pixels = datasets.to_float(images)

    def of_map(number):
      with tf.GradientTape() as tape:
        tape.watch(pixels)
        tensor = network.activations(pixels)[layer]
        node = fields.node(tensor, position)[:, number]
      return tape.gradient(node, pixels)[..., 0] ** 2

    squares = tf.map_fn(of_map, maps, fn_output_signature=tf.float32)
    return {'field': tf.reduce_mean(squares, axis=0)}

  return tensors.collect(of_batch, images)['field'].mean(axis=0, dtype=float)


def share_used(values: np.ndarray) -> float:
  """The fraction of pixels above 1 - 95.45 % of the largest value."""
  return float(np.mean(values > (1 - _HELD) * values.max()))


def share_holding(values: np.ndarray) -> float:
  """The smallest fraction of pixels that holds 95.45 % of the sum."""
  sums = np.cumsum(np.sort(values)[::-1])
  return float((np.sum(sums < _HELD * sums[-1]) + 1) / values.size)


def patterns(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  settings: ascent.Settings,
) -> ascent.Climb:
  """The patterns for the centre nodes of all maps of the last layer."""
  height, width, _ = geometries[0].input_shape
  target = ascent.Target(
    geometries[-1].spec.name, fields.centre(geometries[-1])
  )
  maps = range(geometries[-1].output_shape[-1])
  return ascent.climb(network, target, maps, (height, width), settings)


def correlations(found: np.ndarray) -> tuple[float, float]:
  """Mean correlations, around mid-grey, of patterns of one map and of two maps.

  The starts are the same for all maps, and pixels that a map does not use keep
  their initial values, so patterns from the same start are not compared.

  Args:
    found: `[maps, starts, pixels]` in [0, 1].

  Returns:
    The means over all pairs of starts of one map, and of two maps.
  """
  signs = 2 * found.astype(float) - 1
  signs /= np.linalg.norm(signs, axis=-1, keepdims=True)
  products = np.einsum('msp,ntp->mnst', signs, signs, optimize=True)
  num_maps, num_starts, _ = found.shape
  by_maps = products[:, :, ~np.eye(num_starts, dtype=bool)].mean(axis=-1)
  same = np.eye(num_maps, dtype=bool)
  return float(by_maps[same].mean()), float(by_maps[~same].mean())


def share_arrived(scores: np.ndarray) -> float:
  """The fraction of starts whose score is within 1 % of the best of their map.

  The best start counts itself, so the minimum is `1 / starts`.

  Args:
    scores: `[maps, starts]`.
  """
  best = scores.max(axis=1, keepdims=True)
  return float(np.mean(scores >= best - _NEAR * np.abs(best)))


def _table(found):
  rows = [
    ['layer', 'training', 'dead maps', 'field', 'above threshold']
    + ['95.45 % in', 'same map', 'two maps', 'starts near the best']
  ]
  for name, both in found[0].items():
    for when, example in both.items():
      layers = [run[name][when] for run in found]
      dead = study.spread([int(x.dead.sum()) for x in layers], 1)
      rows.append(
        [name, when, f'{dead} of {len(example.dead)}', _size(example.field)]
        + [f'{study.percent([x.used for x in layers], 1)} %']
        + [f'{study.percent([x.held for x in layers], 1)} %']
        + [study.spread([x.own for x in layers])]
        + [study.spread([x.others for x in layers])]
        + [f'{study.percent([x.arrived for x in layers], 0)} %']
      )
  return rows


def _size(field):
  return 'x'.join(map(str, field.shape))


def _draw(found, plan):
  similarity = ', '.join(
    f'{name} {np.mean([run[name]["after"].own for run in found]):.2f}'
    for name in found[0]
  )
  page = sheet.new(
    10.2,
    2.0 + 2.1 * len(found[0]),
    f'Patterns of a map from two starts correlate: {similarity}',
    f'{plan}; images: seed 0',
  )
  shown = f'Maps 0 to {_NUM_SHOWN - 1} after training, each from two starts'
  sheet.write(page, sheet.MARGIN, 1.05, shown)
  sheet.write(
    page, 6.5, 1.05, 'Effective field; pixels that hold 95.45 % of it'
  )
  for index, name in enumerate(found[0]):
    top = 1.5 + 2.1 * index
    _patterns(page, top, name, found)
    for left, when in ((6.5, 'before'), (8.4, 'after')):
      panel = sheet.place(page, left, top, 1.5, 1.5)
      field = found[0][name][when].field
      image = sheet.picture(panel, field / field.max(), _SHARES)
      held = study.percent([run[name][when].held for run in found], 0)
      panel.set_title(f'{when} training: {held} %', fontsize=9)
      panel.set(xticks=[], yticks=[])
  label = 'mean squared gradient, relative to the largest'
  below = 1.65 + 2.1 * len(found[0])
  sheet.bar(page, image, _SHARES, 6.5, below - 0.15, 3.4, label)
  return page


def _patterns(page, top, name, found):
  layer = found[0][name]['after']
  own = study.spread([run[name]['after'].own for run in found])
  others = study.spread([run[name]['after'].others for run in found])
  text = f'{name}, {_size(layer.field)} pixels; correlation within a map: '
  sheet.write(
    page, sheet.MARGIN, top - 0.08, f'{text}{own}, of two maps: {others}'
  )
  for column, starts in enumerate(layer.patterns[:_NUM_SHOWN]):
    for row, pattern in enumerate(starts[:2]):
      left, y = sheet.MARGIN + 0.95 * column, top + 0.78 * row
      panel = sheet.place(page, left, y, 0.72, 0.72)
      sheet.picture(panel, pattern, sheet.PIXELS)
      panel.set(xticks=[], yticks=[])


_SHARES = sheet.Scale('viridis', 0, 1)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
