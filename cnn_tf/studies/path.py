"""What is the mean of two networks worth?

Each variable becomes the mean of those of two trained networks: the middle of
the straight line between them. Test accuracy and cross-entropy are measured at
11 places of that line.

Known before: Frankle et al. 2020, "Linear Mode Connectivity and the Lottery
Ticket Hypothesis": networks that part late enough, by the order of the
examples, are joined by a line without a rise of the error, on MNIST even from
the start. Entezari et al. 2022 conjecture that any two are, once their filters
are in the right order; Ainsworth et al. 2023, "Git Re-Basin", find such orders,
best for wide networks. Jordan et al. 2023, "REPAIR": variances shrink in the
middle.

The networks are two seeds as they are, or with the filters of the second in the
order of their partners in the first, by weights or by activations on training
images; and, for half the width, pairs that part after some epochs, by another
order of the examples, or at the start by the last bit of one weight.

What would make the middle meaningless, or matching:

- a network and itself with its filters in random order: the same function;
- partners at random;
- the ensemble, which is the mean of the two networks' probabilities.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import gc
from collections.abc import Iterator

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
from cnn_tf.studies.measure import matching
from cnn_tf.studies.measure import paths
from cnn_tf.studies.measure import similarity
from cnn_tf.studies.measure import trajectory

QUICK = study.Plan('fashion', seeds=2, epochs=1)
FULL = study.Plan('fashion', seeds=10, epochs=6)

WIDTHS = {'a quarter': 8, 'half': 16, 'reference': 32}  # filters of conv1
HALF = 'half'
_NUM_IMAGES = 1000  # training images for activations

TWO = 'two seeds'
WEIGHTS = 'two seeds, matched by weights'
ACTIVATIONS = 'two seeds, matched by activations'
RANDOM = 'two seeds, partners at random'
SHUFFLED = 'a network and itself in random order'
RESTORED = 'itself in random order, matched by weights'
ULP = 'one ulp at the start'
_AFTER = (0, 1, 3, 5)  # epochs before another order of examples


Found = dict[tuple[str, str], paths.Line]  # by width and kind of pair


def measure(plan: study.Plan) -> study.Report:
  """The lines between the seeds 0 and 1, 2 and 3, and so on."""
  study.need('scipy')
  if plan.seeds < 2:
    raise errors.UserError('a path needs two seeds: --seeds=2 or more')
  plan = plan._replace(seeds=plan.seeds // 2 * 2)
  texts = {name: layers(filters) for name, filters in WIDTHS.items()}
  wanted = [trained.of_seeds(plan, layers=text) for text in texts.values()]
  branched = trained.settings(plan, layers=texts[HALF])
  trained.announce(
    plan,
    sum(wanted, []),
    plan.seeds // 2 * len(departures(plan, order_seed=0)) * [branched],
  )
  found = [{} for _ in range(plan.seeds // 2)]
  for width, text in texts.items():
    ready = trained.seeds(plan, layers=text)
    # zip takes two runs at a time, as both arguments are the same iterator.
    for lines, first, second in zip(found, ready, ready, strict=True):
      for kind, other in others(plan, width, first, second):
        line = paths.Path(first.geometries, first.network, other)
        lines[width, kind] = paths.measure(line, first.data.test, images(first))
        gc.collect()  # Graphs are in reference cycles.
      middle = lines[width, WEIGHTS].middle.accuracy
      print(f'{width}: {WEIGHTS}: {middle:.2%} in the middle', flush=True)
  return study.Report(_table(found), _draw(found, plan))


def layers(filters: int) -> str:
  """The reference network with another number of filters in conv1."""
  return (
    f'conv {filters} 3x3, maxpool 2x2, conv {2 * filters} 3x3, maxpool 2x2, '
    f'conv {2 * filters} 3x3, dense {25 * filters // 8}'
  )


def images(run: runs.Run) -> np.ndarray:
  """The training images whose activations are compared, `[n, ...]`."""
  return run.data.train.images[:_NUM_IMAGES]


def others(
  plan: study.Plan, width: str, first: runs.Run, second: runs.Run
) -> Iterator[tuple[str, model.ConvNet]]:
  """The networks at the other ends of the lines from the first one."""
  one, two, seed = first.network, second.network, first.settings.seed

  def in_order(network, orders):
    return similarity.reordered(network, first.geometries, orders)

  by_activations = matching.by_activations(one, two, images(first))
  yield TWO, two
  yield WEIGHTS, in_order(two, matching.by_weights(one, two))
  yield ACTIVATIONS, in_order(two, by_activations)
  if width == HALF:
    orders = matching.at_random(one, seed)
    shuffled = in_order(one, orders)
    yield RANDOM, in_order(two, orders)
    yield SHUFFLED, shuffled
    yield RESTORED, in_order(shuffled, matching.by_weights(one, shuffled))
    yield from branches(plan, first, second.settings.seed)


def branches(
  plan: study.Plan, first: runs.Run, order_seed: int
) -> Iterator[tuple[str, model.ConvNet]]:
  """Networks that parted from the first one while they were trained."""
  strategy = replicas.make_strategy(
    plan.num_replicas, first.settings.batch_size
  )
  for kind, departure in departures(plan, order_seed).items():
    other = trajectory.follow(first.settings, first.data, strategy, departure)
    yield kind, other.network


def departures(
  plan: study.Plan, order_seed: int
) -> dict[str, trajectory.Departure]:
  """How networks part from the first one, by kind of pair."""
  parted = {
    _parted(epoch): trajectory.Departure(epoch, order_seed=order_seed)
    for epoch in _AFTER
    if epoch < plan.epochs
  }
  return parted | {ULP: trajectory.Departure(change=trajectory.nudge)}


def _parted(epoch):
  after = f'after epoch {epoch}' if epoch else 'from the start'
  return f'another order {after}'


def _table(found):
  names = list(next(iter(found[0].values())).variances)
  rows = [
    ['width', f'n = {len(found)} pairs', 'accuracy at the ends (%)']
    + ['in the middle (%)', 'ensemble (%)', 'middle - ends (points)']
    + ['loss in the middle', 'rise of the loss (nats)']
    + [f'variance, {name}' for name in names]
  ]
  for width, kind in found[0]:
    seen = [lines[width, kind] for lines in found]
    accuracies = [
      [x.ends, x.middle.accuracy, x.ensemble.accuracy, x.change] for x in seen
    ]
    losses = [[x.middle.cross_entropy, x.barrier] for x in seen]
    shares = [list(x.variances.values()) for x in seen]
    rows.append(
      [width, kind]
      + [intervals.percent(x) for x in np.transpose(accuracies)]
      + [intervals.spread(x, 3) for x in np.transpose(losses)]
      + [intervals.spread(x) for x in np.transpose(shares)]
    )
  return rows


def _draw(found, plan):
  def mean(kind, value):
    return 100 * np.mean([value(lines[HALF, kind]) for lines in found])

  as_is, matched = (
    mean(kind, lambda line: line.middle.accuracy) for kind in (TWO, ACTIVATIONS)
  )
  figure = sheet.new(
    12.0,
    5.6,
    f'The mean of two networks: {as_is:.1f} % right; with matched filters '
    f'{matched:.1f} %; each of them {mean(TWO, lambda line: line.ends):.1f} %',
    f'{plan}; {len(found)} pairs; title, by activations, and left: half the '
    'width; bars: 95 % interval',
  )
  kinds = [kind for kind in _STYLES if (HALF, kind) in found[0]]
  panel = sheet.place(figure, 0.8, 1.2, 5.0, 2.9)
  _draw_lines(panel, paths.SHARES, {x: _along(found, x) for x in kinds})
  panel.set(xlabel='share of the second network', ylabel='test accuracy (%)')
  panel.set_ylim(0, 100)
  panel = sheet.place(figure, 7.0, 1.2, 4.4, 2.9)
  kinds = TWO, WEIGHTS, ACTIVATIONS
  _draw_lines(
    panel, range(len(WIDTHS)), {x: _by_width(found, x) for x in kinds}
  )
  panel.set_xticks(range(len(WIDTHS)), WIDTHS)
  panel.set(xlabel='width', ylabel='test accuracy: middle - ends (points)')
  return figure


def _draw_lines(panel, places, values):
  """One line per kind of pair, with a legend below the panel."""
  series = [
    charts.over_seeds(kind, _STYLES[kind][0], by_pair)
    for kind, by_pair in values.items()
  ]
  charts.lines(panel, places, series, [x for x in values if _STYLES[x][1]])
  place = {'loc': 'upper left', 'bbox_to_anchor': (-0.08, -0.15)}
  panel.legend(fontsize=8, frameon=False, ncols=2, **place)


def _along(found, kind):
  """Percent, `[pairs, places]`, for half the width."""
  return 100 * np.array(
    [[x.accuracy for x in lines[HALF, kind].points] for lines in found]
  )


def _by_width(found, kind):
  """Points, `[pairs, widths]`."""
  return 100 * np.array(
    [[lines[width, kind].change for width in WIDTHS] for lines in found]
  )


_STYLES = {  # and whether the line is dashed
  TWO: (sheet.VERMILLION, False),
  WEIGHTS: (sheet.BLUE, False),
  ACTIVATIONS: (sheet.BLUE, True),
  SHUFFLED: (sheet.VERMILLION, True),
  ULP: (sheet.INK, True),
  _parted(0): (sheet.INK, False),
  _parted(1): (sheet.QUIET, False),
  _parted(3): (sheet.QUIET, True),
}


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
