"""What does the last bit of one weight change?

One weight of conv1, the largest one, is moved to the next float32 number, by
one unit in the last place (ulp), before training or after some epochs. All else
is repeated to the bit. How far apart are the two networks, step by step, and
how many test predictions differ in the end?

Known before: Summers and Dinneen 2021, "Nondeterminism and Instability in
Neural Network Optimization": one changed bit leads to a very different network,
and all sources of randomness have similar effects. Kwok et al. 2025, "The
Butterfly Effect: Neural Network Training Trajectories Are Highly Sensitive to
Initial Conditions": the effect fades as training goes on. Shamir, Lin and
Coviello 2020, "Smooth Activations and Reproducibility in Deep Networks": smooth
activation functions repeat better.

The distance is `|others - values| / |values|` over all variables. If it is to
mean something, these must be as they are:

- the same training again: nothing may differ;
- the ulp in a dead filter, which nothing else may notice. A bias of -100 makes
  it dead for certain: pixels are at most 1, and the sum of its weights far
  below 100. So its gradient is 0, and L2 only shrinks its weights;
- another order of the examples, and another seed: how far apart are trainings
  that have less in common?

Other small changes are one replica, which adds the same numbers in another
order, and bfloat16. And what makes an ulp grow? If it is the rounding, the same
change must not grow in float64; an ulp of float64 is 2 ** 29 times smaller. The
gradient of ReLU jumps at 0, and that of maximum pooling where another value
becomes the largest; those of ELU and average pooling are continuous. (The ELU
networks start with the kernels of the ReLU networks, not with smaller ones.)
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import functools
import gc
from typing import Any
from typing import NamedTuple

import numpy as np

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import double
from cnn_tf.studies.measure import trajectory

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=6)

ULP, AGAIN, DEAD = 'one ulp', 'the same again', 'one ulp of a dead filter'
ONE, BFLOAT16 = 'one replica', 'bfloat16'
ORDER, SEED = 'another order of examples', 'another seed'
SAME_64, ULP_64 = 'one ulp, in float64', 'one ulp of float64'
AVERAGE, SMOOTH = 'one ulp, average pooling', 'one ulp, average pooling, ELU'
_AFTER = (1, 3, 5)  # epochs
_NUM_DOUBLE = 3  # seeds in float64, which takes six times as long
_NUM_SINGLE = 128  # steps after the departure with a snapshot each
_SHOWN = (1, 16, 64, 256)  # steps of the table


_AVERAGED = trained.SMALL_LAYERS.replace('maxpool', 'avgpool')


class Case(NamedTuple):
  """Two trainings, the usual one and another one."""

  departure: trajectory.Departure = trajectory.UNCHANGED
  changes: dict[str, Any] = {}  # in the settings of the other one
  both: dict[str, Any] = {}  # in the settings of both
  start: trajectory.Departure = trajectory.UNCHANGED  # of the usual one
  num_replicas: str = ''  # of the other one, if it is another number
  double: bool = False  # both in float64, with one replica


def measure(plan: study.Plan) -> study.Report:
  """The effects of all cases."""
  found = []
  for seed in range(plan.seeds):
    found.append(effects(plan, seed))
    print(f'seed {seed}: {ULP}: {found[-1][ULP].differ:.2%} differ', flush=True)
  return study.Report(_table(found), _draw(found, plan))


def cases(plan: study.Plan, seed: int) -> dict[str, Case]:
  """All cases of a seed; the exact ones of the first seed only."""
  other = plan.seeds + seed  # that no usual training has
  ulp = trajectory.Departure(change=trajectory.nudge)
  exact = {
    AGAIN: Case(),
    DEAD: Case(
      trajectory.Departure(change=trajectory.nudge_dead),
      start=trajectory.Departure(change=trajectory.kill),
    ),
  }
  return (exact if seed == 0 else {}) | {
    ULP: Case(ulp),
    **{
      f'{ULP}, after epoch {epoch}': Case(ulp._replace(after=epoch))
      for epoch in _AFTER
      if epoch < plan.epochs
    },
    ONE: Case(num_replicas='1'),
    BFLOAT16: Case(changes={'precision': 'bfloat16'}),
    ORDER: Case(trajectory.Departure(order_seed=other)),
    SEED: Case(changes={'seed': other}),
    AVERAGE: Case(ulp, both={'layers': _AVERAGED}),
    SMOOTH: _smooth(seed),
    **(_in_double() if seed < _NUM_DOUBLE else {}),
  }


def _smooth(seed):
  layers = _AVERAGED.replace('3x3', '3x3 elu').replace('50', '50 elu')
  draw = functools.partial(trajectory.drawn_for_relu, seed=seed)
  start = trajectory.Departure(change=draw)
  ulp = start._replace(change=lambda network: trajectory.nudge(draw(network)))
  return Case(ulp, both={'layers': layers}, start=start)


def _in_double():
  ulp_64 = functools.partial(trajectory.nudge, float_type=np.float64)
  return {
    name: Case(trajectory.Departure(change=change), double=True)
    for name, change in ((SAME_64, trajectory.nudge), (ULP_64, ulp_64))
  }


def effects(plan: study.Plan, seed: int) -> dict[str, trajectory.Effect]:
  """Trains all networks of a seed."""
  usual, found = {}, {}
  data = trainer.load(trained.settings(plan))
  for name, case in cases(plan, seed).items():
    wanted = settings(plan, seed=seed, **case.both)
    changed = settings(plan, **({'seed': seed} | case.both | case.changes))
    length = len(data.train.labels) // wanted.batch_size
    first = case.departure.after * length
    key = wanted.layers, case.start, case.double
    if key not in usual:
      steps = {step for after in (0, *_AFTER) for step in since(after * length)}
      alike = case._replace(departure=case.start, num_replicas='')
      usual[key] = train(plan, wanted, data, alike, steps)
    other = train(plan, changed, data, case, since(first))
    found[name] = trajectory.compare(usual[key], other, data.test, first)
    gc.collect()  # Graphs are in reference cycles, and hold the training set.
  return found


def since(first: int) -> set[int]:
  """The steps of interest after the first ones."""
  doubled = [2**k for k in range(20)]
  return {first + step for step in (*range(1, _NUM_SINGLE + 1), *doubled)}


def settings(plan: study.Plan, **changes: Any) -> settings_lib.Settings:
  """The shared settings, with half the width unless other layers are given."""
  return trained.settings(plan, **({'layers': trained.SMALL_LAYERS} | changes))


def train(
  plan: study.Plan,
  wanted: settings_lib.Settings,
  data: datasets.Dataset,
  case: Case,
  steps: set[int],
) -> trajectory.Trajectory:
  """Trains one network; by default with the number of replicas of the plan."""
  num_replicas = '1' if case.double else case.num_replicas or plan.num_replicas
  strategy = replicas.make_strategy(num_replicas, wanted.batch_size)
  make = double.Trainer if case.double else trainer.Trainer
  return trajectory.follow(wanted, data, strategy, case.departure, steps, make)


def _table(found):
  rows = [
    ['', 'n', *(f'distance, step {step}' for step in _SHOWN), 'at the end']
    + ['largest factor in one step', 'variables that differ']
    + ['predictions that differ (%)', 'change of test accuracy (points)']
  ]
  for name in found[0]:
    seen = [by_case[name] for by_case in found if name in by_case]
    distances = [one.distances for one in seen]
    factors = [trajectory.jump(one) for one in distances]
    is_ulp = name.startswith(ULP) and name != DEAD
    rows.append(
      [name, str(len(seen))]
      + [_mean([x.get(step, np.nan) for x in distances]) for step in _SHOWN]
      + [_mean([x[max(x)] for x in distances])]
      + [intervals.spread(factors, 1) if is_ulp else '']
      + [f'{np.mean([one.num_variables for one in seen]):,.0f}']
      + [intervals.percent([one.differ for one in seen])]
      + [intervals.percent([one.gain for one in seen])]
    )
  return rows


def _mean(distances):
  """The geometric mean; '0' only if all are exactly 0."""
  if not np.any(distances):
    return '0'
  if not np.all(np.isfinite(distances)):
    return ''
  return f'{np.exp(np.mean(np.log(distances))):.1e}'


def _draw(found, plan):
  shares = {
    name: [100 * one[name].differ for one in found if name in one]
    for name in found[0]
  }
  figure = sheet.new(
    12.4,
    5.4,
    f'The last bit of one weight changes {np.mean(shares[ULP]):.1f} % of the '
    f'predictions; another seed, {np.mean(shares[SEED]):.1f} %',
    f'{plan} (float64: {min(plan.seeds, _NUM_DOUBLE)}; exact rows: 1); left: '
    'geometric means; right: bars are 95 % intervals',
  )
  _draw_lines(sheet.place(figure, 0.8, 1.1, 5.2, 3.1), found)
  panel = sheet.place(figure, 8.4, 1.1, 3.4, 3.7)
  values, _, *ends = np.transpose(
    list(map(intervals.describe, shares.values()))
  )
  series = charts.Series('', sheet.BLUE, values, *ends)
  charts.dots(panel, list(shares), [series], digits=2)
  panel.set(xlabel='test predictions that differ in the end (%)')
  return figure


def _draw_lines(panel, found):
  """The geometric mean of the distances by step."""
  for name, (color, line) in _STYLES.items():
    if name in found[0]:
      steps = [step for step in found[0][name].distances if step]
      seen = [one[name] for one in found if name in one]
      by_seed = [[one.distances[step] for step in steps] for one in seen]
      means = np.exp(np.mean(np.log(by_seed), axis=0))
      panel.plot(steps, means, line, color=color, label=name)
  panel.set(
    xscale='log', yscale='log', xlabel='training steps since the change'
  )
  panel.set_ylabel('distance of all variables, relative')
  panel.grid(color=sheet.PALE, linewidth=0.6)
  place = {'loc': 'upper left', 'bbox_to_anchor': (-0.1, -0.14), 'ncols': 3}
  panel.legend(fontsize=8, frameon=False, **place)


_STYLES = {
  SEED: (sheet.QUIET, '--'),
  ORDER: (sheet.QUIET, '-'),
  BFLOAT16: (sheet.INK, '--'),
  ULP: (sheet.VERMILLION, '-'),
  SAME_64: (sheet.INK, '-'),
  ULP_64: (sheet.INK, ':'),
  f'{ULP}, after epoch 1': (sheet.VERMILLION, '--'),
  AVERAGE: (sheet.BLUE, '--'),
  SMOOTH: (sheet.BLUE, '-'),
}


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
