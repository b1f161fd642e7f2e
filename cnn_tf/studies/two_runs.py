"""Do two independent trainings find the same filters?

Two runs differ in their initial kernels and in the order of the examples. In
every hidden layer, the filters of one are paired with those of the other by the
correlation of their pre-activations at all positions: one to one, or each with
its most similar partner (Li et al. 2015, "Convergent Learning: Do different
neural networks learn the same representations?"). Partners are chosen on one
half of a sample of test images and their correlation is measured on the other
half, since the largest of many correlations is large by chance where it was
chosen. Whole layers are compared by debiased linear CKA (`similarity.py`), and
kernels, without any image, by their cosine.

A high similarity means little if these comparisons give the same:

- two networks before training: random filters resemble each other;
- a run and itself before training: how much of its random responses is left?
  The responses change with all layers below, too; so each layer is also put
  back to its initial kernel alone;
- a run and a rotated run: if the pairing is as good in a random basis of the
  second layer, then it is no evidence that both runs found the same filters;
  two untrained networks show what a rotation costs without training;
- a run and itself, no filter with itself: how similar the filters of a single
  network are to each other, after training and before it;
- a layer and the pixels: how much of CKA is due to the image.

Two further pairs share only the initial kernels, or only the order of the
examples: they show which source of randomness matters.

The index of a filter has no meaning: with the filters of the second run in the
order of their partners, the logits change by rounding only.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import copy

import numpy as np

from cnn_tf import errors
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.run import replicas
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import similarity
from cnn_tf.studies.measure import tensors

QUICK = study.Plan('fashion', seeds=2, epochs=1)
FULL = study.Plan('fashion', seeds=10, epochs=6)

_NUM_IMAGES = 1000  # of the test set, or all if there are fewer

TWO = 'two runs'
SAME_KERNELS = 'two runs with the same initial kernels'
SAME_ORDER = 'two runs with the same order of examples'
START = 'a run and itself before training'
RESET = 'a run and itself with only this layer before training'
UNTRAINED = 'two networks before training'
ROTATED = 'two runs, the second one rotated'
UNTRAINED_ROTATED = 'two networks before training, the second one rotated'
WITHIN = 'a run and itself, no filter with itself'
LOST = 'lost by the rotation, after training - before it'
UNTRAINED_WITHIN = 'a network before training and itself, no filter with itself'
PIXELS = 'a run and the pixels'
UNTRAINED_PIXELS = 'a network before training and the pixels'

BY_INDEX, ONE_TO_ONE, BEST = 'by_index', 'one_to_one', 'best'
CKA, COSINE = 'cka', 'cosine'
TITLES = {
  BY_INDEX: 'partners of the same index',
  ONE_TO_ONE: 'partners one to one',
  BEST: 'best partner of each',
  CKA: 'debiased CKA',
  COSINE: 'cosine of the kernels',
}

# What is compared, by the names of `networks_of`.
_BOTH = {
  TWO: ('first', 'second'),
  SAME_KERNELS: ('first', 'same kernels'),
  SAME_ORDER: ('first', 'same order'),
  START: ('first', 'start'),
  UNTRAINED: ('start', 'other start'),
}
_BY_FILTER = _BOTH | {
  RESET: ('first', 'reset'),
  ROTATED: ('first', 'second rotated'),
  UNTRAINED_ROTATED: ('start', 'other start rotated'),
  WITHIN: ('first', 'first'),
  UNTRAINED_WITHIN: ('start', 'start'),
}
_BY_LAYER = _BOTH | {  # CKA is the same after a rotation
  PIXELS: ('first', 'pixels'),
  UNTRAINED_PIXELS: ('start', 'pixels'),
}

# (measure, comparison) -> layer name -> similarity
Found = dict[tuple[str, str], dict[str, float]]


def measure(plan: study.Plan) -> study.Report:
  """The similarity of the runs of seeds 0 and 1, of 2 and 3, and so on."""
  study.need('scipy')
  if plan.seeds < 2:
    raise errors.UserError('two runs need two seeds: --seeds=2 or more')
  plan = plan._replace(seeds=plan.seeds // 2 * 2)
  wanted = trained.of_seeds(plan)
  trained.announce(plan, wanted, unkept=wanted)  # two more for each pair
  ready = trained.seeds(plan)
  found, changes = [], []
  # zip takes two runs at a time, as both arguments are the same iterator.
  for first, second in zip(ready, ready, strict=True):
    found.append(compare(first, second, plan.num_replicas))
    changes.append(logits_change(first, second))
  return study.Report(_table(found, changes), _draw(found, plan))


def compare(first: runs.Run, second: runs.Run, num_replicas: str) -> Found:
  """All comparisons of two runs that differ only in their seed."""
  images = sample(first)
  networks = networks_of(first, second, num_replicas)
  layers = {
    name: tensors.pre_activations(network, images)
    for name, network in networks.items()
  }
  layers['reset'] = reset(first, images)
  found = {}
  for layer in layers['first']:
    values = {name: of_layers[layer] for name, of_layers in layers.items()}
    grams = {name: similarity.gram(x) for name, x in values.items()}
    grams['pixels'] = similarity.gram(images / 255)
    random = np.random.default_rng(first.settings.seed)
    for name in ('second', 'other start'):
      values[f'{name} rotated'] = similarity.rotated(values[name], random)
    for name, (one, other) in _BY_FILTER.items():
      partners = similarity.partners(values[one], values[other], one == other)
      for kind, value in partners._asdict().items():
        if value is not None:
          found.setdefault((kind, name), {})[layer] = value
    for name, (one, other) in _BY_LAYER.items():
      value = similarity.cka(grams[one], grams[other])
      found.setdefault((CKA, name), {})[layer] = value
    for name, (one, other) in _BOTH.items():
      kernels = (networks[x].kernels[layer].numpy() for x in (one, other))
      found.setdefault((COSINE, name), {})[layer] = similarity.cosine(*kernels)
  return found


def networks_of(
  first: runs.Run, second: runs.Run, num_replicas: str
) -> dict[str, model.ConvNet]:
  """The networks that are compared."""
  one, other = first.settings, second.settings
  strategy = replicas.make_strategy(num_replicas, one.batch_size)
  return {
    'first': first.network,
    'second': second.network,
    'same kernels': trained.train(one, first.data, strategy, other.seed),
    'same order': trained.train(other, first.data, strategy, one.seed),
    'start': first.untrained(),
    'other start': second.untrained(),
  }


def reset(run: runs.Run, images: np.ndarray) -> dict[str, np.ndarray]:
  """The pre-activations of each layer with its initial kernel, on its inputs.

  All layers below are trained.
  """
  found, start = {}, run.untrained()
  for layer in list(run.network.kernels)[:-1]:
    network = copy.deepcopy(run.network)
    network.kernels[layer].assign(start.kernels[layer])
    network.biases[layer].assign(start.biases[layer])
    found[layer] = tensors.pre_activations(network, images)[layer]
  return found


def sample(run: runs.Run) -> np.ndarray:
  """The images on which networks are compared, `[n, height, width]`."""
  images = run.data.test.images
  random = np.random.default_rng(0)
  count = min(_NUM_IMAGES, len(images))
  return images[random.choice(len(images), count, replace=False)]


def logits_change(first: runs.Run, second: runs.Run) -> float:
  """How reordering the second run to match the first changes its logits.

  The largest change, as a fraction of the largest logit.
  """
  images = sample(first)
  one, other = (
    tensors.pre_activations(x.network, images) for x in (first, second)
  )
  orders = {
    name: similarity.match(similarity.correlations(one[name], other[name]))
    for name in one
  }
  network = similarity.reordered(second.network, second.geometries, orders)
  before, after = (
    tensors.of_layers(x, images, ['logits'])['logits']
    for x in (second.network, network)
  )
  return float(np.abs(after - before).max() / np.abs(before).max())


def _table(found, changes):
  layers = list(found[0][ONE_TO_ONE, TWO])
  rows = [['', f'n = {len(found)} pairs', *layers]]

  def add(title, name, by_pair):
    rows.append([title, name, *map(intervals.spread, np.transpose(by_pair))])

  for kind, title in TITLES.items():
    compared = {
      name: [[pair[one, name][layer] for layer in layers] for pair in found]
      for one, name in found[0]
      if one == kind
    }
    for name, by_pair in compared.items():
      add(title, name, by_pair)
    compared = {name: np.array(by_pair) for name, by_pair in compared.items()}
    add(title, f'{TWO} - {UNTRAINED}', compared[TWO] - compared[UNTRAINED])
    if ROTATED in compared:
      lost = compared[TWO] - compared[ROTATED]
      lost_untrained = compared[UNTRAINED] - compared[UNTRAINED_ROTATED]
      add(title, LOST, lost - lost_untrained)
  change = f'{max(changes):.1g}'
  rest = [''] * (len(layers) - 1)
  rows.append(['largest change of a logit', 'filters reordered', change, *rest])
  return rows


def _draw(found, plan):
  layers = list(found[0][ONE_TO_ONE, TWO])

  def mean(name):
    return np.mean([pair[ONE_TO_ONE, name]['conv1'] for pair in found])

  figure = sheet.new(
    11.0,
    6.4,
    f'Filters of two runs, conv1: correlation {mean(TWO):.2f}; '
    f'before training: {mean(UNTRAINED):.2f}',
    f'{plan}; {len(found)} pairs; bars: 95 % interval; partners chosen on half '
    'of the test images used, scored on the others',
  )
  for left, kind, title in (
    (0.8, ONE_TO_ONE, 'correlation of partners, one to one'),
    (6.3, CKA, 'debiased CKA of whole layers'),
  ):
    panel = sheet.place(figure, left, 1.2, 4.3, 3.1)
    _draw_lines(panel, found, kind, layers)
    panel.set_title(title, fontsize=10)
  return figure


def _draw_lines(panel, found, kind, layers):
  """One line per comparison, with a legend below the panel."""
  shown = [name for one, name in found[0] if one == kind and name in _COLORS]
  series = [
    charts.over_seeds(
      name,
      _COLORS[name][0],
      np.array([[pair[kind, name][x] for x in layers] for pair in found]),
    )
    for name in shown
  ]
  dashed = [name for name in shown if _COLORS[name][1]]
  charts.lines(panel, range(len(layers)), series, dashed)
  panel.set_xticks(range(len(layers)), layers)
  panel.set_ylim(-0.05, 1.05)
  panel.legend(
    loc='upper left', bbox_to_anchor=(-0.05, -0.09), fontsize=8, frameon=False
  )


_COLORS = {  # of those in the figure, and whether the line is dashed
  TWO: (sheet.BLUE, False),
  SAME_KERNELS: (sheet.VERMILLION, False),
  SAME_ORDER: (sheet.BLUE, True),
  START: (sheet.VERMILLION, True),
  UNTRAINED: (sheet.QUIET, True),
  ROTATED: (sheet.INK, True),
  UNTRAINED_ROTATED: (sheet.QUIET, False),
  WITHIN: (sheet.INK, False),
  PIXELS: (sheet.INK, False),
  UNTRAINED_PIXELS: (sheet.QUIET, False),
}


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
