"""From which starts does gradient ascent find what excites a map?

In a series of articles for beginners, ascent starts from random images of some
length scale and climbs the activation of a map, after relu. The author "could
not always find" a start from which it rises, and found one pattern "again and
again". Here the same maps are climbed from starts of each length scale: smooth
noise around mid-grey, with random numbers that many pixels apart.

- At how many starts is the map silent, its activation exactly 0? There the
  gradient after relu is 0, too, so ascent stays where it is.
- At how many ends is it still silent, if ascent climbs the activation, and if
  it climbs the pre-activation?
- How alike are the patterns of a map from two starts of one scale, and from
  starts of two scales? Two maps are the null.
- What does screening gain: ascent from that one of many starts at which the map
  is largest?

The maps are the first of each layer that are not silent on all test images.
`ascent.py` has the starts and the ascent, `map_patterns.py` more of patterns.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles
from cnn_tf.measure import activity
from cnn_tf.measure import ascent
from cnn_tf.measure import fields
from cnn_tf.measure import intervals
from cnn_tf.measure import patches
from cnn_tf.measure import runs
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import specs
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import similar_patterns

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=6)

CLIMB = ascent.Settings(num_starts=4, num_steps=100)
MIXED = 'mixed'
SCALES = {f'{x} pixels': (x,) for x in ascent.LENGTH_SCALES} | {
  '1 pixel': (1,),
  MIXED: ascent.LENGTH_SCALES,
}
NUM_SCREENED = 64
NUM_MAPS = 24  # of each layer
_NUM_SHOWN = 5  # maps in the figure


class Scale(NamedTuple):
  """What ascent from starts of one length scale finds, as fractions of 1."""

  silent: float  # starts at which the activation is 0
  stuck: float  # ends at which it is 0, if the activation was climbed
  failed: float  # the same if the pre-activation was climbed
  score: float  # mean pre-activation at these ends; the best of a map is 1
  one_map: float  # correlation of the patterns of a map, from two starts
  two_maps: float  # the same for two maps


class Ends(NamedTuple):
  """Ascent from the starts of one length scale."""

  silent: np.ndarray  # [starts, maps] bool: the activation is 0 at the start
  stuck: np.ndarray  # [maps, starts] bool: it is 0 after it was climbed
  scores: np.ndarray  # [maps, starts]: the pre-activation after it was climbed
  patterns: np.ndarray  # [maps, starts, height, width]: there, in [0, 1]


class Layer(NamedTuple):
  """The results for one layer."""

  scales: dict[str, Scale]
  patterns: np.ndarray  # [maps, scales, starts, height, width] in [0, 1]
  # Mean correlation of the patterns from two scales, of one map and two maps.
  between: similar_patterns.Correlation
  best_of_starts: float  # mean score of the best of the starts of all scales
  screened: float  # that of the end of the best start


def measure(plan: study.Plan) -> study.Report:
  """All convolutions of all seeds."""
  trained.announce(plan, trained.of_seeds(plan))
  found = []
  for run in trained.seeds(plan):
    found.append(look(run))
    print(f'seed {run.settings.seed}: {len(found[-1])} layers', flush=True)
  return study.Report(_table(found), _draw(found, plan))


def look(run: runs.Run) -> dict[str, Layer]:
  """Layer name -> its results."""
  activities = activity.by_class(
    run.network, run.data.test, run.data.num_classes
  )
  found = {}
  for index, layer in enumerate(run.geometries):
    if isinstance(layer.spec, specs.Conv):
      alive = np.flatnonzero(~activities[layer.spec.name].dead)[:NUM_MAPS]
      found[layer.spec.name] = of_layer(
        run.network, run.geometries[: index + 1], alive.tolist()
      )
  return found


def of_layer(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  maps: Sequence[int],
) -> Layer:
  """Ascent from all starts, for some maps of the last of the layers."""
  ends = {
    name: climb(network, geometries, maps, scales)
    for name, scales in SCALES.items()
  }
  last = screen(network, geometries, maps)
  scores = np.array([one.scores for one in ends.values()])
  best = np.maximum(scores.max(axis=(0, 2)), last)[:, np.newaxis]
  patterns = np.stack([one.patterns for one in ends.values()], axis=1)
  return Layer(
    {
      name: Scale(
        one.silent.mean(),
        one.stuck.mean(),
        np.mean(one.scores <= 0),
        np.mean(one.scores / best),
        *similar_patterns.correlate(one.patterns, 0),
      )
      for name, one in ends.items()
    },
    patterns,
    similar_patterns.correlate(patterns[:, :, 0], 0),
    np.mean(ends[MIXED].scores.max(axis=1) / best[:, 0]),
    np.mean(last / best[:, 0]),
  )


def climb(network, geometries, maps, scales) -> Ends:
  """Ascent from the starts of one length scale, or of several mixed."""
  size = geometries[0].input_shape[:2]
  before, after = targets(geometries[-1])
  initial = starts(size, range(CLIMB.num_starts), scales)
  copies = tf.stack([initial] * len(maps))
  stuck = ascent.climb_from(network, after, maps, copies, CLIMB)
  found = ascent.climb_from(network, before, maps, copies, CLIMB)
  return Ends(
    ascent.score(network, after, initial).numpy()[:, maps] <= 0,
    stuck.scores <= 0,
    found.scores,
    np.array(
      [
        [patches.cut(image, geometries) for image in of_map]
        for of_map in found.images[:, :, -1]
      ]
    ),
  )


def targets(layer: geometry.LayerGeometry) -> list[ascent.Target]:
  """The centre node before and after the activation function."""
  name, centre = layer.spec.name, fields.centre(layer)
  names = name, f'{name}/{layer.spec.activation}'
  return [ascent.Target(x, centre) for x in names]


def starts(size, numbers, scales) -> tf.Tensor:
  """Initial images, `[starts, height, width]`."""
  return tf.stack([ascent.start(size, CLIMB.seed, n, scales) for n in numbers])


def screen(network, geometries, maps) -> np.ndarray:
  """`[maps]`: the score after ascent from the best of many starts."""
  target, _ = targets(geometries[-1])
  first = CLIMB.num_starts  # none of those that are climbed anyway
  numbers = range(first, first + NUM_SCREENED)
  many = starts(geometries[0].input_shape[:2], numbers, SCALES[MIXED])
  scores = ascent.score(network, target, many).numpy()[:, maps]
  initial = tf.gather(many, scores.argmax(axis=0))[:, tf.newaxis]
  return ascent.climb_from(network, target, maps, initial, CLIMB).scores[:, 0]


_COLUMNS = {
  'silent': 'silent starts (%)',
  'stuck': 'silent ends, after relu (%)',
  'failed': 'before relu (%)',
  'score': 'score (% of the best)',
}


def _table(found):
  rows = [['layer', 'starts', *_COLUMNS.values(), 'one map', 'two maps']]
  for name in found[0]:
    layers = [seed[name] for seed in found]
    for scale in SCALES:
      scales = [layer.scales[scale] for layer in layers]
      rows.append([name, scale, *_cells(scales)])
    rows.append(
      [name, 'of two scales', *[''] * len(_COLUMNS)]
      + _spreads([layer.between for layer in layers])
    )
    for title, field in (
      (f'best of {CLIMB.num_starts}', 'best_of_starts'),
      (f'best of {NUM_SCREENED} before ascent', 'screened'),
    ):
      score = intervals.percent([getattr(layer, field) for layer in layers], 1)
      rows.append([name, title, '', '', '', score, '', ''])
  return rows


def _cells(scales):
  shares = [
    intervals.percent([getattr(x, field) for x in scales], 1)
    for field in _COLUMNS
  ]
  return shares + _spreads(scales)


def _spreads(correlated):
  return [
    intervals.spread([getattr(x, field) for x in correlated])
    for field in ('one_map', 'two_maps')
  ]


def _draw(found, plan):
  name = list(found[0])[-1]
  layers = [seed[name] for seed in found]
  same = np.mean([[x.one_map for x in y.scales.values()] for y in layers])
  between = np.mean([layer.between.one_map for layer in layers])
  figure = sheet.new(
    9.4,
    6.4,
    f'{name}: patterns of a map correlate by {same:.2f} for one scale, '
    f'{between:.2f} for two',
    f'{plan}; seed 0; two starts of {_NUM_SHOWN} maps for each length scale',
  )
  for row, scale in enumerate(SCALES):
    sheet.write(figure, sheet.MARGIN, 1.55 + 0.8 * row, scale)
  for column, of_map in enumerate(layers[0].patterns[:_NUM_SHOWN]):
    images = [image for of_scale in of_map for image in of_scale[:2]]
    grid = tiles.Tiles(images, 2, 1.6)
    grid.draw(figure, 1.0 + 1.65 * column, 1.15, sheet.PIXELS)
  return figure


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
