"""Does gradient ascent find one pattern for each map?

The pattern of a map maximises its centre node before the activation function,
by gradient ascent on the pixels from four random images (`ascent.climb`). If a
map had one pattern, all starts would end with equal scores and equal images. In
the first layer this is known to be so: the maximum is `kernel > 0`.

The scores of the other three final images of a map are given as a share of the
best one. Two patterns are compared by their correlation around mid-grey: pixels
that are black in both or white in both count 1, pixels that are black in one
and white in the other -1. Pooling lets a pattern move a little without a change
of the score, so patterns are also compared at the offset, of up to a quarter of
their side, at which they correlate best.

There are two nulls: the patterns of two different maps, also from two different
starts, and the same comparison before training. Pixels that a map does not use
keep their initial values, which differ between starts, so a low correlation can
also mean that a map uses few pixels.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from typing import NamedTuple

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.measure import activity
from cnn_tf.measure import ascent
from cnn_tf.measure import fields
from cnn_tf.measure import intervals
from cnn_tf.measure import patches
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.network import specs
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import similar_patterns

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=6)

CLIMB = ascent.Settings(num_starts=4, num_steps=100)

_NUM_SHOWN = 6  # maps of each layer in the figure


class Layer(NamedTuple):
  """The results for one layer, with one set of kernels."""

  dead: float  # fraction of the maps that are 0 on all test images
  patterns: np.ndarray  # [maps, starts, height, width] in [0, 1]
  others: float  # mean score of the others, as a share of the best
  # Mean correlations of two patterns of one map, and of two maps.
  correlation: similar_patterns.Correlation
  at_best_offset: similar_patterns.Correlation


def measure(plan: study.Plan) -> study.Report:
  """All convolutions of all seeds, before and after training."""
  trained.announce(plan, trained.of_seeds(plan))
  found = [look(run) for run in trained.seeds(plan)]
  return study.Report(_table(found), _draw(found, plan))


def look(run: runs.Run) -> dict[tuple[str, str], Layer]:
  """(layer, 'before' or 'after' training) -> its results."""
  found = {}
  initial = model.ConvNet(run.geometries, run.settings.seed)
  for when, network in ('before', initial), ('after', run.network):
    activities = activity.by_class(network, run.data.test, run.data.num_classes)
    for index, layer in enumerate(run.geometries):
      if isinstance(layer.spec, specs.Conv):
        name = layer.spec.name
        dead = float(activities[name].dead.mean())
        found[name, when] = _of_layer(
          network, run.geometries[: index + 1], dead
        )
  return found


def _of_layer(network, geometries, dead):
  height, width, _ = geometries[0].input_shape
  layer = geometries[-1]
  target = ascent.Target(layer.spec.name, fields.centre(layer))
  maps = range(layer.output_shape[-1])
  climb = ascent.climb(network, target, maps, (height, width), CLIMB)
  ends = [
    [patches.cut(image, geometries) for image in starts]
    for starts in climb.images[:, :, -1]
  ]
  ends = np.array(ends)
  reach = ends.shape[-1] // 4
  return Layer(
    dead,
    ends,
    similar_patterns.share_of_best(climb.scores),
    similar_patterns.correlate(ends, 0),
    similar_patterns.correlate(ends, reach),
  )


def _table(found):
  rows = [
    ['layer', 'training', 'dead maps (%)', 'other scores (% of the best)']
    + ['one map', 'two maps', 'reach', 'one map, best offset', 'two maps']
  ]
  # The sort is stable: for each layer, before training comes first.
  for name, when in sorted(found[0], key=lambda key: key[0]):
    layers = [seed[name, when] for seed in found]
    row = [name, when, intervals.percent([x.dead for x in layers], 1)]
    row.append(intervals.percent([x.others for x in layers], 1))
    row += _means([x.correlation for x in layers])
    row.append(str(layers[0].patterns.shape[-1] // 4))
    row += _means([x.at_best_offset for x in layers])
    rows.append(row)
  return rows


def _means(correlations):
  return [
    intervals.spread(values) for values in zip(*correlations, strict=True)
  ]


def _draw(found, plan):
  names = list(dict.fromkeys(name for name, _ in found[0]))
  means = [
    np.mean([seed[name, 'after'].correlation.one_map for seed in found])
    for name in names
  ]
  cells = [f'{x} {mean:.2f}' for x, mean in zip(names, means, strict=True)]
  figure = sheet.new(
    8.4,
    1.3 + 2.1 * len(names),
    f'Patterns from two starts correlate: {", ".join(cells)}',
    f'{plan}; shown: seed 0, trained, two starts of maps 0 to {_NUM_SHOWN - 1}',
  )
  for index, name in enumerate(names):
    top = 1.5 + 2.1 * index
    layers = [seed[name, 'after'] for seed in found]
    cells = [
      intervals.spread([getattr(x.correlation, field) for x in layers])
      for field in ('one_map', 'two_maps')
    ]
    text = f'{name}: within a map {cells[0]}, of two maps {cells[1]}'
    sheet.write(figure, sheet.MARGIN, top - 0.08, text)
    for column, starts in enumerate(layers[0].patterns[:_NUM_SHOWN]):
      for row, pattern in enumerate(starts[:2]):
        place = sheet.MARGIN + 1.3 * column, top + 0.78 * row
        panel = sheet.place(figure, *place, 0.72, 0.72)
        sheet.picture(panel, pattern, sheet.PIXELS)
        panel.set(xticks=[], yticks=[])
  return figure


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
