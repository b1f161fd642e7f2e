"""Do two independent trainings give the same filters, in the same order?

Two runs differ in their seed: in the initial kernels, and in the order of the
examples. In every layer with kernels, the filters of one run are paired with
those of the other by the correlation of their activations: one to one, or each
with the filter most similar to it (Li et al. 2015, "Convergent Learning: Do
different neural networks learn the same representations?"). In the first layer
the kernels themselves are compared, too, by cosine similarity. Whole layers are
compared by linear CKA, which needs no pairing (Kornblith et al. 2019,
"Similarity of Neural Network Representations Revisited"). Activations are those
on a fixed sample of 1,000 test images, at all positions of the maps.

The maximum of many correlations is large by chance, and an untrained network
preserves much of an image, too. So untrained networks are compared in the same
way, with each other and with trained ones.

Finally the filters of the second run are permuted to match those of the first.
The logits do not change by more than rounding: the index of a filter has no
meaning.

Results (five pairs, 6 epochs, Fashion-MNIST): the filters are not in the same
order: filters of the same index correlate by 0.05 ± 0.06 in conv1. Paired one
to one, the filters of two runs correlate by 0.70 ± 0.02 in conv1, 0.58 ± 0.02
in conv2 and 0.45 ± 0.01 in conv3; for two untrained networks it is 0.67 ± 0.03,
0.56 ± 0.01 and 0.45 ± 0.02. In conv2 and conv3 the means of two runs and of two
untrained networks thus differ by at most 0.02. In conv1 two runs are more
similar by the best partner: 0.82 ± 0.02 against 0.75 ± 0.03 (kernels:
0.72 ± 0.03 against 0.66 ± 0.01). The level of chance differs, too: untrained
filters of the same index correlate by 0.21 ± 0.05 in conv1. A run and an
untrained network are less similar, with 0.48 ± 0.05 in conv1 and 0.33 ± 0.01 in
conv3. In dense1 two runs correlate by 0.64 ± 0.02, two untrained networks by
0.46 ± 0.03.

The CKA of two runs is 0.96 to 1.00. In the convolutions this is no evidence of
training, because there it is 0.95 to 1.00 for two untrained networks. In dense1
it is 0.84 ± 0.06 for them, and 0.59 ± 0.13 in the logits, against 0.96 for two
runs. Permuted filters change the logits by 5e-7 of the largest.
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

_NUM_IMAGES = 1000  # in the sample, or all if there are fewer

TRAINED = 'two runs'
PERMUTED = 'two runs, permuted'
HALFWAY = 'a run, halfway and at its end'
MIXED = 'a run and an untrained network'
UNTRAINED = 'two untrained networks'
ITSELF = 'a run and itself'


class View(NamedTuple):
  """One layer of one network, prepared for comparison."""

  units: np.ndarray  # [values, maps]: columns of length 1, or 0 if dead
  gram: np.ndarray | None = None  # [images, images]: dot products of images


class Similarity(NamedTuple):
  """The similarity of two networks in one layer.

  A dead filter is constant on the sample; its correlations are set to 0. The
  means are over the filters of the first network that are not dead.
  """

  matrix: np.ndarray  # [maps, maps]: filters of the first by the second
  live: np.ndarray  # [2, maps] bool: in the first network, and in the second
  cka: float | None  # of the layer as a whole; None for kernels

  @property
  def same_index(self) -> float:
    """The mean correlation of filters with the same index."""
    return self._mean(self.matrix.diagonal())

  @property
  def matched(self) -> float:
    """The mean correlation of filters paired one to one."""
    partners = match(self.matrix)
    return self._mean(self.matrix[np.arange(len(partners)), partners])

  @property
  def best(self) -> float:
    """The mean correlation with the most similar filter of the second."""
    return self._mean(self.matrix.max(axis=1))

  def _mean(self, values):
    live = self.live[0]
    return float(values[live].mean()) if live.any() else 0.0


class Pair(NamedTuple):
  """The results for two runs."""

  found: dict[str, dict[str, Similarity]]  # comparison -> layer -> similarity
  change: float  # of permuted logits, as a fraction of the largest logit


def measure(plan: study.Plan) -> study.Report:
  """The similarity of the runs of seeds 0 and 1, of 2 and 3, and so on."""
  trained.need('scipy')
  if plan.seeds < 2:
    raise errors.UserError('two runs need two seeds: --seeds=2 or more')
  ready = trained.seeds(plan._replace(seeds=plan.seeds // 2 * 2))
  # zip takes two runs at a time, as both arguments are the same iterator.
  pairs = [look(*both) for both in zip(ready, ready, strict=True)]
  return study.Report(_table(pairs), _draw(pairs, plan))


def look(first: runs.Run, second: runs.Run) -> Pair:
  """Compares two runs that differ only in their seed."""
  images = first.data.test.images
  count = min(_NUM_IMAGES, len(images))
  random = np.random.default_rng(0)
  sample = images[random.choice(len(images), count, replace=False)]
  geometries = first.geometries
  halfway = runs.load(first.workdir, last=max(first.epoch // 2, 1))
  before = [model.ConvNet(geometries, x.settings.seed) for x in (first, second)]
  one, other = views(first.network, sample), views(second.network, sample)
  initial, other_initial = (views(network, sample) for network in before)
  found = {TRAINED: compare(one, other)}
  hidden = list(first.network.kernels)[:-1]
  partners = {name: match(found[TRAINED][name].matrix) for name in hidden}
  permuted = permute(second.network, geometries, partners)
  found[PERMUTED] = compare(one, views(permuted, sample))
  found[HALFWAY] = compare(views(halfway.network, sample), one)
  found[MIXED] = compare(one, other_initial)
  found[UNTRAINED] = compare(initial, other_initial)
  found[ITSELF] = compare(one, one)
  return Pair(found, logits_change(second.network, permuted, images))


def views(network: model.ConvNet, images: np.ndarray) -> dict[str, View]:
  """The kernels of the first layer, then all layers with kernels, by name."""
  names = list(network.kernels)
  kernel = network.kernels[names[0]].numpy().astype(float)
  kernels = View(_to_length_1(kernel.reshape(-1, kernel.shape[-1])))
  outputs = tensors.outputs(network, images, names)
  layers = {name: view(outputs[name]) for name in names}
  return {f'{names[0]}, kernels': kernels} | layers


def view(outputs: np.ndarray) -> View:
  """The view of a layer from its outputs.

  For correlations, each position of the maps is a separate example; for CKA,
  all values of an image together are its features.

  Args:
    outputs: `[images, height, width, channels]` or `[images, units]`.
  """
  units = outputs.reshape(-1, outputs.shape[-1]).astype(float)
  dead = np.ptp(units, axis=0) == 0
  units -= units.mean(axis=0)
  units[:, dead] = 0  # exactly, without rounding errors
  features = outputs.reshape(len(outputs), -1).astype(float)
  features -= features.mean(axis=0)
  return View(_to_length_1(units), features @ features.T)


def compare(
  first: dict[str, View], second: dict[str, View]
) -> dict[str, Similarity]:
  """Layer name -> similarity of two networks."""
  result = {}
  for name, one in first.items():
    other = second[name]
    live = np.array([one.units.any(axis=0), other.units.any(axis=0)])
    whole = None if one.gram is None else cka(one.gram, other.gram)
    result[name] = Similarity(one.units.T @ other.units, live, whole)
  return result


def cka(first: np.ndarray, second: np.ndarray) -> float:
  """Linear CKA of two Gram matrices `[images, images]` of centred features.

  `cka(K, L) = sum(K * L) / (|K| * |L|)`. It is 1 for features that differ by a
  rotation and a factor, and 0 for uncorrelated features.
  """
  sizes = np.linalg.norm(first) * np.linalg.norm(second)
  return float(np.vdot(first, second) / sizes) if sizes else 0.0


def match(matrix: np.ndarray) -> np.ndarray:
  """`[maps]`: the column of each row, one to one, with the largest sum."""
  from scipy import optimize  # `measure` has checked for it

  return optimize.linear_sum_assignment(matrix, maximize=True)[1]


def permute(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  orders: dict[str, np.ndarray],
) -> model.ConvNet:
  """A copy of a network with its filters in a different order.

  Permuting the outputs of a layer permutes the inputs of the next one, so a
  kernel is permuted along its last axis and along the axis before.

  Args:
    network: the network, which is not changed.
    geometries: its layers.
    orders: layer name -> `[maps]`: the indices of the filters in their new
      order. Layers without an entry keep their order.
  """
  result = model.ConvNet(geometries, seed=0)
  below = np.arange(geometries[0].input_shape[-1])
  for name, kernel in network.kernels.items():
    maps = kernel.shape[-1]
    order = orders.get(name, np.arange(maps))
    # This holds above a flatten as well, where the map index varies fastest.
    values = kernel.numpy().reshape(-1, len(below), maps)
    values = values[:, below][:, :, order]
    result.kernels[name].assign(values.reshape(kernel.shape))
    result.biases[name].assign(network.biases[name].numpy()[order])
    below = order
  return result


def logits_change(
  first: model.ConvNet, second: model.ConvNet, images: np.ndarray
) -> float:
  """The largest change of a logit, as a fraction of the largest logit."""
  before, after = (
    tensors.outputs(network, images, ['logits'])['logits']
    for network in (first, second)
  )
  return float(np.abs(after - before).max() / np.abs(before).max())


def _to_length_1(columns):
  lengths = np.linalg.norm(columns, axis=0)
  return columns / np.where(lengths > 0, lengths, 1)


def _table(pairs):
  rows = [['', 'layer', 'dead', 'same index', 'one to one', 'best', 'CKA']]
  for name, layers in pairs[0].found.items():
    for layer, example in layers.items():
      found = [pair.found[name][layer] for pair in pairs]
      numbers = [(x.same_index, x.matched, x.best) for x in found]
      dead = study.spread([int(np.sum(~x.live)) for x in found], 1)
      rows.append([name, layer, f'{dead} of 2 x {example.live.shape[1]}'])
      rows[-1] += map(study.spread, zip(*numbers, strict=True))
      has_cka = example.cka is not None
      rows[-1].append(study.spread([x.cka for x in found]) if has_cka else '')
  change = max(pair.change for pair in pairs)
  rows.append([f'{PERMUTED}: logits change by', f'{change:.1g}', *[''] * 5])
  return rows


def _draw(pairs, plan):
  first = [pair.found[TRAINED]['conv1'] for pair in pairs]
  page = sheet.new(
    10.4,
    6.9,
    'Filters of two runs, conv1: correlation '
    f'{study.spread([x.same_index for x in first])} by index, '
    f'{study.spread([x.matched for x in first])} paired',
    f'{plan}; pairs of runs: {len(pairs)}; bars: standard deviation; '
    'a sample of the test images',
  )
  _matrices(page, pairs[0].found)
  paired, whole = (
    sheet.place(page, left, 1.3, 2.95, 4.1) for left in (3.6, 7.15)
  )
  _lines(paired, pairs, lambda x: x.matched, 'mean correlation')
  _line(paired, pairs, TRAINED, lambda x: x.same_index, _BY_INDEX)
  paired.set_title('filters, paired one to one', fontsize=9)
  _lines(whole, pairs, lambda x: x.cka, 'linear CKA')
  whole.set_title('whole layers', fontsize=9)
  below = {'loc': 'upper left', 'bbox_to_anchor': (-0.05, -0.09)}
  paired.legend(fontsize=9, ncols=2, frameon=False, **below)
  return page


def _matrices(page, found):
  scale = sheet.Scale('PuOr_r', -1, 1)
  for top, name, order in (
    (1.3, TRAINED, 'in its own order'),
    (3.95, PERMUTED, 'permuted'),
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
  """One comparison, layer by layer, without the kernels, which come first."""
  layers = list(pairs[0].found[comparison])[1:]
  values = np.array(
    [[value(x.found[comparison][layer]) for layer in layers] for x in pairs]
  )
  bars = values.std(axis=0, ddof=1) if len(pairs) > 1 else None
  panel.errorbar(layers, values.mean(axis=0), bars, capsize=3, **style)


_STYLES = {
  HALFWAY: {'color': sheet.VERMILLION, 'fmt': 's-', 'markersize': 4},
  TRAINED: {'color': sheet.BLUE, 'fmt': 'o-', 'linewidth': 2},
  UNTRAINED: {'color': sheet.QUIET, 'fmt': '^--', 'markersize': 5},
  MIXED: {'color': sheet.INK, 'fmt': 'v:', 'markersize': 5},
}
_BY_INDEX = {
  'label': f'{TRAINED}, filters of the same index',
  'color': sheet.BLUE,
  'fmt': 'o:',
  'markerfacecolor': 'white',
}


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
