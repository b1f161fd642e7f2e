"""How much of a network must be learned?

Known before: Zhang, Bengio and Singer 2022, "Are All Layers Created Equal?":
some layers of a trained network can be put back to their initial values without
harm, others cannot. Jarrett et al. 2009, "What is the Best Multi-Stage
Architecture for Object Recognition?", and Saxe et al. 2011, "On Random Weights
and Unsupervised Feature Learning": random filters can be nearly as good as
learned ones. Frankle, Schwab and Morcos 2021, "Training BatchNorm and Only
BatchNorm": a deep network with random kernels learns much by the scales and
shifts of its normalization alone.

Networks of half the usual width answer three questions:

- A layer of a trained network is put back to its own initial kernel and bias,
  or to those of another seed. What is the accuracy without further training?
- The first convolutions stay frozen at their initial kernels, with biases of 0,
  and only the rest learns: at the usual rate, and at the one of three rates
  with the best mean accuracy on validation images. The nulls have about as many
  trained parameters: narrower networks in which all is learned, and a dense
  network on the pixels.
- How many random filters is a learned one worth? conv1 has more or fewer
  filters, frozen or learned. Two kinds of filters that need no labels are
  frozen as well: centres of clusters of patches, and principal components. The
  centres have no mean, so they do not see a constant grey, and all have the
  same norm. Is that all? The nulls are single patches, random filters with
  their means removed, and random filters that only get the same norm.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import filters

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=4)

RATE = 0.1  # the usual one
RATES = (0.03, RATE, 0.3)
OTHER_SEED = 1000  # added to the seed for other initial kernels
OWN, OTHER = 'its own initial kernel', 'that of another seed'
LEARNED, DENSE = 'all learned', 'dense 19 on the pixels'
CONVOLUTIONS = 'all convolutions frozen'
CLUSTERS, COMPONENTS = 'conv1 frozen: k-means', 'conv1 frozen: components'
PATCHES, NO_MEANS = 'conv1 frozen: patches', 'conv1 frozen: means removed'
EQUAL_NORMS = 'conv1 frozen: equal norms'
_NARROW = 'conv {0} 3x3, maxpool 2x2, conv {1} 3x3, maxpool 2x2, conv {1} 3x3, '


class Variant(NamedTuple):
  """A network, and what of it is not learned."""

  frozen: tuple[str, ...] = ()  # the layers
  layers: str = trained.SMALL_LAYERS
  # images, the initial kernel of conv1, seed -> its frozen kernel
  filters: Callable[[np.ndarray, np.ndarray, int], np.ndarray] | None = None


class Scores(NamedTuple):
  """Accuracies of a network, as fractions of 1."""

  validation: float
  test: float


def wide(count: int) -> str:
  """The layers, with `count` filters in conv1."""
  return trained.SMALL_LAYERS.replace('conv 16', f'conv {count}')


PARTS = {  # trained with each of `RATES`
  LEARNED: Variant(),
  'conv1 frozen': Variant(('conv1',)),
  'conv1 and conv2 frozen': Variant(('conv1', 'conv2')),
  CONVOLUTIONS: Variant(('conv1', 'conv2', 'conv3')),
}
NULLS = {
  'narrower, as conv1 and conv2 frozen': Variant(
    layers=_NARROW.format(14, 28) + 'dense 50'
  ),
  'narrower, as all convolutions frozen': Variant(
    layers=_NARROW.format(11, 22) + 'dense 39'
  ),
  DENSE: Variant(layers='dense 19'),
  CLUSTERS: Variant(('conv1',), filters=filters.of_clusters),
  COMPONENTS: Variant(('conv1',), filters=filters.of_components),
  PATCHES: Variant(('conv1',), filters=filters.of_patches),
  NO_MEANS: Variant(('conv1',), filters=filters.without_means),
  EQUAL_NORMS: Variant(('conv1',), filters=filters.of_equal_norms),
}
FROZEN_COUNTS, LEARNED_COUNTS = (4, 8, 16, 32, 64, 128), (4, 8, 16, 32)
WIDTHS = {
  f'conv1 of {count}, {kind}': Variant(frozen, wide(count))
  for kind, frozen, counts in (
    ('frozen', ('conv1',), FROZEN_COUNTS),
    ('learned', (), LEARNED_COUNTS),
  )
  for count in counts
  if count != 16  # these are among `PARTS`
}


class Found(NamedTuple):
  """Results by seed."""

  resets: dict[tuple[str, str], list[float]]  # (layer, to what) -> accuracy
  scores: dict[tuple[str, float], list[Scores]]  # (variant, rate) -> scores
  num_parameters: dict[str, int]  # that are trained, of each variant


def measure(plan: study.Plan) -> study.Report:
  """The accuracies of all networks."""
  study.need('sklearn')
  found = Found({}, {}, {})
  wanted = [(name, rate) for name in PARTS for rate in RATES]
  wanted += [(name, RATE) for name in (*NULLS, *WIDTHS)]
  variants = PARTS | NULLS | WIDTHS
  announce(plan, [(variants[name], rate) for name, rate in wanted])
  for run in trained.seeds(plan, layers=trained.SMALL_LAYERS):
    for key, accuracy in resets(run).items():
      found.resets.setdefault(key, []).append(accuracy)
    for name, rate in wanted:
      variant = variants[name]
      settings = of_seeds(plan, variant, rate)[run.settings.seed]
      network = train(plan, variant, settings, run.data)
      scores = Scores(
        *(
          trained.accuracy(network, part)
          for part in (run.data.validation, run.data.test)
        )
      )
      found.scores.setdefault((name, rate), []).append(scores)
      found.num_parameters[name] = num_trained(network, variant.frozen)
    print(f'seed {run.settings.seed}: {len(wanted)} networks', flush=True)
  return study.Report(_table(found), _draw(found, plan))


def announce(plan: study.Plan, wanted: Sequence[tuple[Variant, float]]) -> None:
  """Prints how many networks are to be trained; those of runs are kept."""
  kept, unkept = [], []
  for variant, rate in wanted:
    (unkept if variant.frozen else kept).extend(of_seeds(plan, variant, rate))
  trained.announce(plan, kept, unkept)


def of_seeds(
  plan: study.Plan, variant: Variant, rate: float
) -> list[settings_lib.Settings]:
  """The settings of a variant, by seed."""
  return trained.of_seeds(plan, layers=variant.layers, learning_rate=rate)


def resets(run: runs.Run) -> dict[tuple[str, str], float]:
  """(layer, to what it is put back) -> the test accuracy."""
  seed = run.settings.seed
  return {
    (layer, kind): trained.accuracy(reset(run, [layer], drawn), run.data.test)
    for layer in run.network.kernels
    for kind, drawn in ((OWN, seed), (OTHER, seed + OTHER_SEED))
  }


def reset(run: runs.Run, layers: Collection[str], seed: int) -> model.ConvNet:
  """The trained network, with some layers as `seed` draws them."""
  network = model.ConvNet(run.geometries, seed)
  for name in network.kernels:
    if name not in layers:
      network.kernels[name].assign(run.network.kernels[name])
      network.biases[name].assign(run.network.biases[name])
  return network


def train(
  plan: study.Plan,
  variant: Variant,
  settings: settings_lib.Settings,
  data: datasets.Dataset,
) -> model.ConvNet:
  """The network of a variant; if all of it is learned, that of a run."""
  if not variant.frozen:
    return runs.load(trained.folder(plan, settings)).network
  strategy = replicas.make_strategy(plan.num_replicas, settings.batch_size)
  kernels = frozen_kernels(variant, settings, data)
  return trained.train(settings, data, strategy, frozen=kernels)


def frozen_kernels(
  variant: Variant, settings: settings_lib.Settings, data: datasets.Dataset
) -> dict[str, np.ndarray]:
  """Frozen layer -> its kernel."""
  geometries = trainer.geometries(settings, data)
  initial = model.ConvNet(geometries, settings.seed).kernels
  kernels = {name: initial[name].numpy() for name in variant.frozen}
  if variant.filters:
    kernels['conv1'] = variant.filters(
      data.train.images, kernels['conv1'], settings.seed
    )
  return kernels


def num_trained(network: model.ConvNet, frozen: Collection[str]) -> int:
  """The number of parameters in the layers that are not frozen."""
  return sum(
    int(np.prod(variables[name].shape))
    for variables in (network.kernels, network.biases)
    for name in variables
    if name not in frozen
  )


def chosen(found: Found, name: str) -> float:
  """The rate with the best mean accuracy on validation images."""
  return max(
    RATES,
    key=lambda rate: np.mean([x.validation for x in found.scores[name, rate]]),
  )


def tests(found: Found, name: str, rate: float = RATE) -> np.ndarray:
  """Test accuracies by seed, in percent."""
  return 100 * np.array([x.test for x in found.scores[name, rate]])


_COLUMNS = (
  '',
  'trained parameters',
  'test accuracy (%)',
  '- all learned (points)',
  'rate chosen on validation',
  'test accuracy with it (%)',
  '- all learned, with its own (points)',
)


def _table(found):
  rows = [[*_COLUMNS]]
  usual = tests(found, LEARNED)
  for (layer, kind), accuracies in found.resets.items():
    values = 100 * np.array(accuracies)
    cells = intervals.spread(values), intervals.spread(values - usual)
    rows.append([f'{layer} put back to {kind}', '', *cells, '', '', ''])
  at_best = tests(found, LEARNED, chosen(found, LEARNED))
  for name, count in found.num_parameters.items():
    values = tests(found, name)
    difference = '' if name == LEARNED else intervals.spread(values - usual)
    cells = [name, f'{count:,}', intervals.spread(values), difference]
    rates = ['', '', '']
    if name in PARTS:
      rate = chosen(found, name)
      values = tests(found, name, rate)
      difference = '' if name == LEARNED else intervals.spread(values - at_best)
      rates = [f'{rate}', intervals.spread(values), difference]
    rows.append([*cells, *rates])
  return rows


def _draw(found, plan):
  learned, frozen = (
    np.mean(tests(found, name, chosen(found, name)))
    for name in (LEARNED, CONVOLUTIONS)
  )
  figure = sheet.new(
    13.4,
    6.0,
    f'All convolutions frozen at random kernels: {frozen:.1f} % correct; all '
    f'learned: {learned:.1f} %',
    f'{plan}; test images; the rates of the title are chosen on validation '
    'images; bars: 95 % interval over seeds',
  )
  _draw_resets(sheet.place(figure, 0.8, 1.25, 2.8, 2.8), found)
  _draw_parts(sheet.place(figure, 6.2, 1.25, 2.4, 2.8), found)
  _draw_widths(sheet.place(figure, 9.6, 1.25, 3.4, 2.8), found)
  return figure


def _draw_resets(panel, found):
  layers = [layer for layer, kind in found.resets if kind == OWN]
  series = [
    charts.over_seeds(
      kind,
      color,
      100 * np.transpose([found.resets[layer, kind] for layer in layers]),
    )
    for kind, color in ((OWN, sheet.BLUE), (OTHER, sheet.VERMILLION))
  ]
  charts.dots(panel, layers, series, np.mean(tests(found, LEARNED)), digits=0)
  panel.set(xlabel='accuracy (%); line: nothing put back', xlim=(0, 100))
  panel.set_title('one layer put back to', fontsize=10)
  _legend(panel)


def _draw_parts(panel, found):
  nulls = list(NULLS)[:3]
  names = [*PARTS, *nulls]
  usual = charts.over_seeds(
    'at the usual rate',
    sheet.BLUE,
    np.transpose([tests(found, name) for name in names]),
  )
  best = charts.over_seeds(
    'at the rate chosen on validation',
    sheet.VERMILLION,
    np.transpose([tests(found, name, chosen(found, name)) for name in PARTS]),
  )
  absent = np.full(len(nulls), np.nan)
  best = best._replace(
    values=np.append(best.values, absent),
    lows=np.append(best.lows, absent),
    highs=np.append(best.highs, absent),
  )
  charts.dots(panel, names, [usual, best], digits=1)
  panel.set(xlabel='accuracy (%)')
  panel.set_title('frozen while the rest learns', fontsize=10)
  _legend(panel)


def _draw_widths(panel, found):
  def line(kind, label, color, counts):
    names = [f'conv1 of {count}, {kind}' for count in counts]
    known = {'conv1 of 16, frozen': 'conv1 frozen'}
    known['conv1 of 16, learned'] = LEARNED
    values = [tests(found, known.get(name, name)) for name in names]
    one = charts.over_seeds(label, color, np.transpose(values))
    charts.lines(panel, counts, [one])

  line('learned', 'learned', sheet.BLUE, LEARNED_COUNTS)
  line('frozen', 'random, frozen', sheet.VERMILLION, FROZEN_COUNTS)
  for place, (name, marker) in enumerate(_MARKERS.items(), -2):
    mean, _, low, high = intervals.describe(tests(found, name))
    panel.errorbar(
      16 * 1.1 ** (place + 0.5),  # side by side
      mean,
      [[mean - low], [high - mean]],
      fmt=marker,
      color=sheet.INK,
      markersize=5,
      label=name.partition(': ')[2] + ', frozen',
    )
  panel.set(xscale='log', xlabel='filters of conv1', ylabel='accuracy (%)')
  panel.set_xticks(FROZEN_COUNTS, map(str, FROZEN_COUNTS))
  panel.minorticks_off()
  panel.set_title('how many filters', fontsize=10)
  _legend(panel)


_MARKERS = {
  CLUSTERS: '^',
  COMPONENTS: 's',
  PATCHES: 'x',
  NO_MEANS: 'o',
  EQUAL_NORMS: 'd',
}


def _legend(panel):
  panel.legend(
    loc='upper left', bbox_to_anchor=(0, -0.15), fontsize=8, frameon=False
  )


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
