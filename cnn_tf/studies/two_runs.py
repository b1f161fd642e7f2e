"""Do two independent trainings give the same filters, in the same order?

Two runs differ in their seed: in their first kernels, and in the order of the
examples. For every layer with kernels, the filters of one are paired with those
of the other by the correlation of their activations: each with a partner of its
own, or each with whichever is most like it (Li et al. 2015, "Convergent
Learning: Do different neural networks learn the same representations?"). In the
first layer the kernels themselves are compared too, by their cosine. Whole
layers are compared by linear CKA, which does not ask which filter is which
(Kornblith et al. 2019, "Similarity of Neural Network Representations
Revisited"). All activations are those of a fixed sample of 1,000 test images,
at all positions of the maps.

The largest of many correlations is large by chance, and an untrained network
keeps much of an image, too. So the same is measured with untrained networks.

At last the filters of the second run are put into the order of the first, and
the network still computes the same: a number is no property of a filter.

Found (five pairs, 6 epochs, Fashion-MNIST): not in the same order: filters of
the same number correlate by 0.05 ± 0.06 in conv1. With a partner of their own
it is 0.70 ± 0.02 in conv1 and 0.45 ± 0.01 in conv3. That is as much as between
two networks that were never trained (0.67 ± 0.03, 0.45 ± 0.02), but more than
between a trained and an untrained one (0.48 ± 0.05, 0.33 ± 0.01): training
changes the filters, and in both runs alike, without making them the same. Only
the dense part grows alike: 0.64 ± 0.02 in dense1, from 0.46 ± 0.03. In another
order the logits change by 5e-7 of the largest.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnn_tf import errors
from cnn_tf.figures import sheet
from cnn_tf.measure import runs
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.studies import study
from cnn_tf.studies import tensors
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=2, epochs=2)
FULL = study.Plan('fashion', seeds=10, epochs=6)

_NUM_IMAGES = 1000  # in the sample, if there are as many

TRAINED = 'two runs'
ORDERED = 'two runs, in one order'
HALF_WAY = 'a run, half-way and at its end'
MIXED = 'a run and an untrained network'
UNTRAINED = 'two untrained networks'
ITSELF = 'a run and itself'


class View(NamedTuple):
  """One layer of one network, ready to be compared."""

  units: np.ndarray  # [values, maps]: each of length 1, or 0 if it is dead
  gram: np.ndarray | None = None  # [images, images]: products of whole images


class Likeness(NamedTuple):
  """How alike two networks are in one layer.

  A dead filter, which is the same everywhere in the sample, correlates with
  nothing. The means are over the filters of the first network that live.
  """

  matrix: np.ndarray  # [maps, maps]: the first's filters by the second's
  live: np.ndarray  # [2, maps] bool: in the first network, and in the second
  cka: float | None  # of the layer as a whole

  @property
  def same_number(self) -> float:
    """The mean correlation of filters with the same number."""
    return self._mean(self.matrix.diagonal())

  @property
  def matched(self) -> float:
    """The mean with a partner of its own for each filter."""
    partners = match(self.matrix)
    return self._mean(self.matrix[np.arange(len(partners)), partners])

  @property
  def best(self) -> float:
    """The mean with the filter most like it, whoever else has that one."""
    return self._mean(self.matrix.max(axis=1))

  def _mean(self, values):
    live = self.live[0]
    return float(values[live].mean()) if live.any() else 0.0


class Pair(NamedTuple):
  """What was found of two runs."""

  found: dict[str, dict[str, Likeness]]  # comparison -> layer -> likeness
  change: float  # of the logits, by the new order; as a share of the largest


def measure(plan: study.Plan) -> study.Report:
  """The likeness of pairs of runs: of seeds 0 and 1, 2 and 3, and so on."""
  trained.need('scipy')
  if plan.seeds < 2:
    raise errors.UserError('two runs need two seeds: --seeds=2 or more')
  ready = trained.seeds(plan._replace(seeds=plan.seeds // 2 * 2))
  # zip takes from the same iterator twice: the runs two by two.
  pairs = [look(*both) for both in zip(ready, ready, strict=True)]
  return study.Report(_table(pairs), _draw(pairs, plan))


def look(first: runs.Run, second: runs.Run) -> Pair:
  """Compares two runs of the same settings, but for the seed."""
  images = first.data.test.images
  count = min(_NUM_IMAGES, len(images))
  random = np.random.default_rng(0)
  sample = images[random.choice(len(images), count, replace=False)]
  geometries = first.geometries
  half_way = runs.load(first.workdir, last=max(first.epoch // 2, 1))
  before = [model.ConvNet(geometries, x.settings.seed) for x in (first, second)]
  one, other = views(first.network, sample), views(second.network, sample)
  start, other_start = (views(network, sample) for network in before)
  found = {TRAINED: compare(one, other)}
  hidden = list(first.network.kernels)[:-1]
  partners = {name: match(found[TRAINED][name].matrix) for name in hidden}
  ordered = reorder(second.network, geometries, partners)
  found[ORDERED] = compare(one, views(ordered, sample))
  found[HALF_WAY] = compare(views(half_way.network, sample), one)
  found[MIXED] = compare(one, other_start)
  found[UNTRAINED] = compare(start, other_start)
  found[ITSELF] = compare(one, one)
  return Pair(found, logits_change(second.network, ordered, images))


def views(network: model.ConvNet, images: np.ndarray) -> dict[str, View]:
  """The first kernels, then all layers with kernels, by name."""
  names = list(network.kernels)
  kernel = network.kernels[names[0]].numpy().astype(float)
  kernels = View(_to_length_1(kernel.reshape(-1, kernel.shape[-1])))
  outputs = tensors.outputs(network, images, names)
  layers = {name: view(outputs[name]) for name in names}
  return {f'{names[0]}, kernels': kernels} | layers


def view(outputs: np.ndarray) -> View:
  """The view of what leaves a layer.

  Args:
    outputs: `[images, height, width, maps]` or `[images, units]`. For the
      correlations each position is an example of its own; for CKA all values of
      an image together are its features.
  """
  units = outputs.reshape(-1, outputs.shape[-1]).astype(float)
  dead = np.ptp(units, axis=0) == 0
  units -= units.mean(axis=0)
  units[:, dead] = 0  # as they are already, but for rounding
  features = outputs.reshape(len(outputs), -1).astype(float)
  features -= features.mean(axis=0)
  return View(_to_length_1(units), features @ features.T)


def compare(
  first: dict[str, View], second: dict[str, View]
) -> dict[str, Likeness]:
  """Layer name -> how alike two networks are there."""
  result = {}
  for name, one in first.items():
    other = second[name]
    live = np.array([one.units.any(axis=0), other.units.any(axis=0)])
    whole = None if one.gram is None else cka(one.gram, other.gram)
    result[name] = Likeness(one.units.T @ other.units, live, whole)
  return result


def cka(first: np.ndarray, second: np.ndarray) -> float:
  """Linear CKA, from two Gram matrices of centred features.

  `sum(K * L) / (|K| * |L|)` for `K` and `L` `[images, images]`: 1 for features
  that differ by a rotation and a factor, 0 for features that do not correlate.
  """
  sizes = np.linalg.norm(first) * np.linalg.norm(second)
  return float(np.vdot(first, second) / sizes) if sizes else 0.0


def match(matrix: np.ndarray) -> np.ndarray:
  """`[maps]`: to each row its column, one to one, with the largest sum."""
  from scipy import optimize  # `measure` has seen to it that it is there

  return optimize.linear_sum_assignment(matrix, maximize=True)[1]


def reorder(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  orders: dict[str, np.ndarray],
) -> model.ConvNet:
  """The same network, its filters in another order.

  What one layer puts out in another order, the next must take in so: a kernel
  changes along its last axis, and along the one before.

  Args:
    network: the network, which stays as it is.
    geometries: its geometry.
    orders: layer name -> `[maps]`: which filter comes first, second and so on.
      Other layers keep theirs.
  """
  result = model.ConvNet(geometries, seed=0)
  below = np.arange(geometries[0].input_shape[-1])
  for name, kernel in network.kernels.items():
    maps = kernel.shape[-1]
    order = orders.get(name, np.arange(maps))
    # Above a flatten, too: it keeps the map fastest.
    values = kernel.numpy().reshape(-1, len(below), maps)
    values = values[:, below][:, :, order]
    result.kernels[name].assign(values.reshape(kernel.shape))
    result.biases[name].assign(network.biases[name].numpy()[order])
    below = order
  return result


def logits_change(
  first: model.ConvNet, second: model.ConvNet, images: np.ndarray
) -> float:
  """The largest difference of a logit, as a share of the largest logit."""
  before, after = (
    tensors.outputs(network, images, ['logits'])['logits']
    for network in (first, second)
  )
  return float(np.abs(after - before).max() / np.abs(before).max())


def _to_length_1(columns):
  lengths = np.linalg.norm(columns, axis=0)
  return columns / np.where(lengths > 0, lengths, 1)


def _table(pairs):
  rows = [['', 'layer', 'dead', 'same number', 'one to one', 'best', 'CKA']]
  for name, layers in pairs[0].found.items():
    for layer, example in layers.items():
      found = [pair.found[name][layer] for pair in pairs]
      numbers = [(x.same_number, x.matched, x.best) for x in found]
      dead = study.spread([int(np.sum(~x.live)) for x in found], 1)
      rows.append([name, layer, f'{dead} of 2 x {example.live.shape[1]}'])
      rows[-1] += map(study.spread, zip(*numbers, strict=True))
      has_cka = example.cka is not None
      rows[-1].append(study.spread([x.cka for x in found]) if has_cka else '')
  change = max(pair.change for pair in pairs)
  rows.append([f'{ORDERED}: logits change by', f'{change:.1g}', *[''] * 5])
  return rows


def _draw(pairs, plan):
  first = [pair.found[TRAINED]['conv1'] for pair in pairs]
  page = sheet.new(
    10.4,
    6.9,
    'Filters of two runs, conv1: correlation '
    f'{study.spread([x.same_number for x in first])} by number, '
    f'{study.spread([x.matched for x in first])} matched',
    f'{plan}; pairs of runs: {len(pairs)}; bars: standard deviation; '
    'a sample of the test images',
  )
  _matrices(page, pairs[0].found)
  matched, alike = (
    sheet.place(page, left, 1.3, 2.95, 4.1) for left in (3.6, 7.15)
  )
  _lines(matched, pairs, lambda x: x.matched, 'mean correlation')
  _line(matched, pairs, TRAINED, lambda x: x.same_number, _BY_NUMBER)
  matched.set_title('filters, each with a partner of its own', fontsize=9)
  _lines(alike, pairs, lambda x: x.cka, 'linear CKA')
  alike.set_title('whole layers', fontsize=9)
  below = {'loc': 'upper left', 'bbox_to_anchor': (-0.05, -0.09)}
  matched.legend(fontsize=9, ncols=2, frameon=False, **below)
  return page


def _matrices(page, found):
  scale = sheet.Scale('PuOr_r', -1, 1)
  for top, name, order in (
    (1.3, TRAINED, 'as it is'),
    (3.95, ORDERED, 'in the order of seed 0'),
  ):
    panel = sheet.place(page, 0.7, top, 2.1, 2.1)
    matrix = found[name]['conv1'].matrix
    shown = sheet.picture(panel, matrix, scale)
    panel.set_title(f'conv1, seed 1 {order}', fontsize=9)
    panel.set(xlabel='filter of seed 1', ylabel='filter of seed 0')
    panel.set(xticks=[], yticks=[])
  sheet.bar(page, shown, scale, 0.7, 6.5, 2.1, 'correlation')


def _lines(panel, pairs, value, name):
  for comparison, style in _STYLES.items():
    _line(panel, pairs, comparison, value, {'label': comparison} | style)
  panel.axhline(0, color=sheet.PALE, linewidth=1, zorder=0)
  panel.set(ylim=(-0.15, 1.05), ylabel=name)


def _line(panel, pairs, comparison, value, style):
  """Layer by layer; the kernels, which stand first, are left out."""
  layers = list(pairs[0].found[comparison])[1:]
  values = np.array(
    [[value(x.found[comparison][layer]) for layer in layers] for x in pairs]
  )
  bars = values.std(axis=0, ddof=1) if len(pairs) > 1 else None
  panel.errorbar(layers, values.mean(axis=0), bars, capsize=3, **style)


_STYLES = {
  HALF_WAY: {'color': sheet.VERMILLION, 'fmt': 's-', 'markersize': 4},
  TRAINED: {'color': sheet.BLUE, 'fmt': 'o-', 'linewidth': 2},
  UNTRAINED: {'color': sheet.QUIET, 'fmt': '^--', 'markersize': 5},
  MIXED: {'color': sheet.INK, 'fmt': 'v:', 'markersize': 5},
}
_BY_NUMBER = {
  'label': f'{TRAINED}, filters of the same number',
  'color': sheet.BLUE,
  'fmt': 'o:',
  'markerfacecolor': 'white',
}


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
