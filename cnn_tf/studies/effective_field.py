"""How much of its receptive field does a node use?

The receptive field follows from the windows: pixels outside of it have no
influence at all. The influence of those inside is the effective field: the mean
squared gradient of the centre node with respect to each pixel, before the
activation function (Luo et al. 2016, "Understanding the Effective Receptive
Field in Deep Convolutional Neural Networks"). Three numbers describe it: the
smallest shares of the pixels that hold 95 and 50 % of the total, and its
radius, the root mean squared distance from its centre.

Two comparisons separate training from the windows: the initial kernels of the
same networks, and the number of paths from each pixel to the node. The mean
squared gradient is proportional to this number if the weights on all paths are
independent with mean 0, and if relu and maximum let all paths pass equally
often. If all pixels of the receptive field had the same influence, 95 % of them
would hold 95 % of the total, and 50 % half of it; the radius is given relative
to this case.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from typing import NamedTuple

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.measure import fields
from cnn_tf.measure import intervals
from cnn_tf.measure import patches
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.network import specs
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import influence

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=6)

NUM_IMAGES = 100  # of the test set
KINDS = ('number of paths', 'initial kernels', 'trained kernels')


class Field(NamedTuple):
  """The effective field of one layer."""

  values: np.ndarray  # [height, width], cut to the receptive field
  share: float  # the smallest share of its pixels that holds 95 % of the sum
  half: float  # that holds 50 %
  radius: float  # relative to a field of equal values


def measure(plan: study.Plan) -> study.Report:
  """The fields of all convolutions, by seed."""
  trained.announce(plan, trained.of_seeds(plan))
  found = [look(run) for run in trained.seeds(plan)]
  return study.Report(_table(found), _draw(found, plan))


def look(run: runs.Run) -> dict[tuple[str, str], Field]:
  """(layer, one of `KINDS`) -> its effective field."""
  images = run.data.test.images
  random = np.random.default_rng(0)
  count = min(NUM_IMAGES, len(images))
  images = images[random.choice(len(images), count, replace=False)]
  initial = model.ConvNet(run.geometries, run.settings.seed)
  # The gradient of a network with equal weights counts the paths.
  paths = {x.layer: x.gradient for x in fields.of_layers(run.geometries)}
  found = {}
  for index, layer in enumerate(run.geometries):
    if isinstance(layer.spec, specs.Conv):
      geometries = run.geometries[: index + 1]
      squares = [paths[layer.spec.name]] + [
        influence.effective_field(network, geometries, images)
        for network in (initial, run.network)
      ]
      for kind, values in zip(KINDS, squares, strict=True):
        cut = patches.cut(values, geometries)
        found[layer.spec.name, kind] = Field(
          cut, share(cut), share(cut, 0.5), radius(cut)
        )
  return found


def share(values: np.ndarray, held: float = 0.95) -> float:
  """The smallest share of the pixels that holds a share of the sum."""
  sums = np.cumsum(np.sort(values, axis=None)[::-1])
  return float((np.sum(sums < held * sums[-1]) + 1) / values.size)


def radius(values: np.ndarray) -> float:
  """The root mean squared distance from the centre of mass, weighted by values.

  Relative to that of equal values, which is 1.
  """
  return float(_radius(values) / _radius(np.ones_like(values)))


def _radius(values):
  places = np.indices(values.shape).reshape(2, -1)
  weights = values.ravel() / values.sum()
  centre = places @ weights
  return np.sqrt((places - centre[:, np.newaxis]).T ** 2 @ [1, 1] @ weights)


_COLUMNS = ('share', 100, 1), ('half', 100, 1), ('radius', 1, 3)


def _table(found):
  rows = [['layer', 'receptive field', 'field of']]
  for title in ('95 % in (% of the pixels)', '50 % in', 'relative radius'):
    rows[0] += [title, 'trained - initial']
  for layer, kind in found[0]:
    own, initial = (
      [seed[layer, x] for seed in found] for x in (kind, 'initial kernels')
    )
    size = 'x'.join(map(str, own[0].values.shape))
    row = [layer, size, kind]
    for name, scale, digits in _COLUMNS:
      values, before = (
        scale * np.array([getattr(x, name) for x in fields])
        for fields in (own, initial)
      )
      row.append(_spread(values, digits))
      differs = kind == 'trained kernels'
      row.append(intervals.spread(values - before, digits) if differs else '')
    rows.append(row)
  return rows


def _spread(values, digits):
  """Without an interval if all seeds have the same value, as for paths."""
  same = np.all(values == values[0])
  return intervals.spread(values[:1] if same else values, digits)


def _draw(found, plan):
  names = list(dict.fromkeys(layer for layer, _ in found[0]))
  held = ', '.join(
    f'{name} {np.mean([seed[name, KINDS[-1]].share for seed in found]):.0%}'
    for name in names
  )
  figure = sheet.new(
    7.6,
    1.9 + 2.15 * len(names),
    f'95 % of the field lies in: {held}',
    f'{plan}; of the pixels of the receptive field; images: seed 0',
  )
  scale = sheet.Scale('viridis', 0, 1)
  for row, name in enumerate(names):
    for column, kind in enumerate(KINDS):
      place = 0.9 + 2.3 * column, 1.35 + 2.15 * row
      panel = sheet.place(figure, *place, 1.6, 1.6)
      values = found[0][name, kind].values
      image = sheet.picture(panel, values / values.max(), scale)
      shares = [seed[name, kind].share for seed in found]
      panel.set_title(f'{kind}: {np.mean(shares):.0%}', fontsize=9)
      panel.set(xticks=[], yticks=[], ylabel='' if column else name)
  label = 'relative to the largest'
  sheet.bar(figure, image, scale, 0.9, 1.45 + 2.15 * len(names), 6.2, label)
  return figure


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
