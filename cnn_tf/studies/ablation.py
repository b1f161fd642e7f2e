"""What does a network lose without one of its maps?

Known before: Morcos et al. 2018, "On the importance of single directions for
generalization", remove single units, and add noise in random directions; Zhou
et al. 2018, "Revisiting the Importance of Individual Units in CNNs via
Ablation": without a unit the accuracy hardly falls, but that of some classes
does. Szegedy et al. 2014, "Intriguing properties of neural networks": several
ways to look at units show no difference between them and random directions.

Each map of each convolution, and each unit of dense1, is replaced on all test
images by 0, as the page does with a map that is turned off, or by its mean over
training images. The study measures the change of the accuracy, of the loss,
and of the accuracy of the class that suffers most. By chance, some class always
suffers: it is chosen on one half of the images and scored on the other. So is
the map that is missed most.

The null removes a random direction instead of a map. The directions of a layer
form a random orthogonal basis, so that together they have the same variance as
its maps, though spread more evenly. If the axes of the maps mean nothing, a
direction is missed about as much as a map that is replaced by its mean.

How few maps are enough? Starting from none, the map that gains most is added,
again and again; the others are 0. This is chosen on training images, and scored
on test images. The null adds maps in a random order. Accuracies are corrected
for chance: 0 is that of guessing, 1 that of the whole network.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import activity
from cnn_tf.measure import intervals
from cnn_tf.measure import runs
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import ablation
from cnn_tf.studies.measure import removal

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=6)

ZERO, MEAN, DIRECTION = '0', 'its mean', 'a random direction'
SINGLE = ('conv1', 'conv2', 'conv3', 'dense1')  # layers that lose one map
FEW = ('conv1', 'conv2', 'conv3')  # layers that keep a few
NUM_IMAGES = 4000  # of the test set: two halves
NUM_CHOOSING = 1000  # training images on which maps are added
NUM_FOR_MEANS = 5000  # training images
MOST = 16  # maps that are added
NUM_ORDERS = 5  # random orders of the maps


class Found(NamedTuple):
  """The results of one seed."""

  # By layer and what replaces a map.
  losses: dict[tuple[str, str], removal.Loss]
  kept: dict[str, removal.Kept]  # by layer


def measure(plan: study.Plan) -> study.Report:
  """What the layers of all seeds lose and keep."""
  trained.announce(plan, trained.of_seeds(plan))
  found = []
  for run in trained.seeds(plan):
    kept = {layer: few(run, layer) for layer in FEW}
    found.append(Found(single(run), kept))
    print(f'seed {run.settings.seed} is done', flush=True)
  return study.Report(_table(found), _draw(found, plan))


def single(run: runs.Run) -> dict[tuple[str, str], removal.Loss]:
  """Removes each map of each layer, and as many random directions."""
  images, labels = _first(run.data.test, NUM_IMAGES)
  sample = _first(run.data.train, NUM_FOR_MEANS)
  by_class = activity.by_class(run.network, sample, run.data.num_classes)
  counts = np.bincount(sample.labels, minlength=run.data.num_classes)
  found = {}
  for layer in SINGLE:
    mean = np.average(by_class[layer].means, axis=0, weights=counts)
    count = len(mean)
    one_off = 1 - np.eye(count)
    basis = ablation.random_basis(count, run.settings.seed)
    for kind, change, vectors, nothing in (
      (ZERO, ablation.keeping(0.0), one_off, np.ones(count)),
      (MEAN, ablation.keeping(mean), one_off, np.ones(count)),
      (DIRECTION, ablation.without_direction(mean), basis, np.zeros(count)),
    ):
      logits_of = ablation.logits_by_vector(run.network, layer, change, images)
      whole, *changed = logits_of(np.stack([nothing, *vectors]))
      found[layer, kind] = removal.loss(whole, np.array(changed), labels)
  return found


def few(run: runs.Run, layer: str) -> removal.Kept:
  """Keeps a few maps of a layer, and sets the others to 0."""
  choosing, scoring = (
    shares_of(run, layer, _first(part, size))
    for part, size in (
      (run.data.train, NUM_CHOOSING),
      (run.data.test, NUM_IMAGES // 2),
    )
  )
  count = run.network.biases[layer].shape[0]
  most = min(MOST, count)
  random = np.random.default_rng(run.settings.seed)
  by_order = [
    scoring(removal.growing(random.permutation(count)[:most], count))
    for _ in range(NUM_ORDERS)
  ]
  order = removal.greedy(choosing, count, most)
  return removal.Kept(
    scoring(removal.growing(order, count)), np.mean(by_order, axis=0)
  )


def shares_of(
  run: runs.Run, layer: str, examples: datasets.Examples
) -> Callable[[np.ndarray], np.ndarray]:
  """`[candidates, maps]`, 1 for the maps that are kept -> `[candidates]`.

  The result is the accuracy as a share of that of the whole network, both
  without what guessing would reach.
  """
  logits_of = ablation.logits_by_vector(
    run.network, layer, ablation.keeping(0.0), examples.images
  )

  def above_chance(kept):
    right = logits_of(kept).argmax(-1) == examples.labels
    return right.mean(axis=1) - 1 / run.data.num_classes

  whole = above_chance(np.ones([1, run.network.biases[layer].shape[0]]))
  return lambda kept: above_chance(kept) / whole


def _first(examples, count):
  return datasets.Examples(*(array[:count] for array in examples))


_COLUMNS = {
  'mean': 'accuracy, mean (points)',
  'most_missed': 'the map missed most',
  'worst_where_chosen': 'worst class, where chosen',
  'worst': 'worst class, other images',
  'unchanged': 'no answer changes (% of maps)',
}


def _table(found):
  rows = [
    ['layer', 'replaced by', *_COLUMNS.values(), 'loss (nats)', 'maps for half']
  ]
  for layer in SINGLE:
    by_kind = {
      kind: [x.losses[layer, kind] for x in found]
      for kind in (ZERO, MEAN, DIRECTION)
    }
    pairs = zip(by_kind[MEAN], by_kind[DIRECTION], strict=True)
    by_kind[f'{MEAN} - {DIRECTION}'] = [
      removal.Loss(*np.subtract(*pair)) for pair in pairs
    ]
    for kind, losses in by_kind.items():
      rows.append([layer, kind, *_cells(losses), ''])
  for layer in FEW:
    for field, name in (
      ('chosen', '0, all but the best'),
      ('random', '0, all but random ones'),
    ):
      counts = [removal.needed(getattr(x.kept[layer], field)) for x in found]
      empty = [''] * (len(_COLUMNS) + 1)
      rows.append([layer, name, *empty, _count(counts)])
  return rows


def _cells(losses):
  cells = [
    intervals.percent([getattr(one, field) for one in losses])
    for field in _COLUMNS
  ]
  entropies = [one.cross_entropy for one in losses]
  return [*cells, intervals.spread(entropies, 4)]


def _count(counts):
  """The mean, if all seeds have reached half."""
  if max(counts) > MOST:
    return (
      f'more than {MOST}' if min(counts) > MOST else f'{min(counts)} or more'
    )
  return intervals.spread(counts, 1)


def _draw(found, plan):
  last = FEW[-1]
  counts = [removal.needed(x.kept[last].chosen) for x in found]
  lost = intervals.percent([-x.losses[last, MEAN].mean for x in found])
  figure = sheet.new(
    11.8,
    5.3,
    f'{_count(counts).partition(" ±")[0]} maps of {last} keep half of the '
    f'accuracy above chance; one less costs {lost} points',
    f'{plan}; {NUM_IMAGES:,} test images, right {NUM_IMAGES // 2:,}; the worst '
    'class is chosen on one half, scored on the other; bars: 95 % interval',
  )
  _draw_losses(sheet.place(figure, 0.9, 1.2, 4.6, 2.9), found)
  _draw_few(sheet.place(figure, 6.4, 1.2, 5.0, 2.9), found)
  return figure


def _draw_losses(panel, found):
  series = [
    charts.over_seeds(
      label,
      color,
      100
      * np.array(
        [
          [getattr(x.losses[layer, kind], field) for layer in SINGLE]
          for x in found
        ]
      ),
    )
    for label, color, kind, field in (
      ('one map replaced by its mean', sheet.BLUE, MEAN, 'mean'),
      ('the same, worst class', sheet.VERMILLION, MEAN, 'worst'),
      ('a random direction, worst class', sheet.QUIET, DIRECTION, 'worst'),
    )
  ]
  charts.dots(panel, SINGLE, series, reference=0, digits=2)
  panel.set_title(
    'change of the accuracy (points), mean over maps', fontsize=10
  )
  panel.legend(
    loc='upper left', bbox_to_anchor=(0, -0.08), fontsize=8, frameon=False
  )


def _draw_few(panel, found):
  series = []
  for layer, color in _COLORS.items():
    for field, name in ('chosen', ''), ('random', ', random order'):
      shares = 100 * np.array([getattr(x.kept[layer], field) for x in found])
      series.append(charts.over_seeds(f'{layer}{name}', color, shares))
  places = np.arange(1, 1 + len(series[0].values))
  charts.lines(panel, places, series, [x.label for x in series[1::2]])
  panel.axhline(50, color=sheet.QUIET, linewidth=1, zorder=0)
  panel.set(ylim=(-3, 103), xlabel='maps that are kept; the others are 0')
  panel.set_title('share of the accuracy above chance (%)', fontsize=10)
  panel.legend(
    loc='upper left',
    bbox_to_anchor=(0, -0.15),
    fontsize=8,
    frameon=False,
    ncols=3,
  )


_COLORS = {
  'conv1': sheet.INK,
  'conv2': sheet.BLUE,
  'conv3': sheet.VERMILLION,
}


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
