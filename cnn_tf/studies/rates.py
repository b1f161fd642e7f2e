"""Which rate, which momentum, how much L2?

Networks of half the usual width are trained with other settings, and compared
with the usual ones on the validation images, after the last epoch. Differences
are paired by seed: equal seeds have equal initial kernels and an equal order of
the examples. All are differences from the same few runs, and overlapping
intervals are no test, so some schedules are also compared with each other. The
null is the usual settings with other seeds, which shows how much two groups of
seeds differ. The title compares the usual rate with the best of three constant
ones; as this one is chosen by the same accuracies, the difference is a little
too small, not too large.

Even if all settings were equally good, about one in twenty 95 % intervals would
exclude 0, and the highest of several equal means would be too high by chance.
So no setting is called the best. The one-cycle schedule keeps the momentum
constant, unlike Smith's.

Sources: Sutskever et al. 2013 for momentum; Loshchilov and Hutter 2017, "SGDR",
for the cosine; Smith 2018, "A disciplined approach to neural network
hyper-parameters", for one cycle; Tieleman and Hinton 2012 for RMSProp; Kingma
and Ba 2015 for Adam.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import dataclasses
import itertools

import numpy as np

from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.sweep import kept

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=4)

LAYERS = trained.SMALL_LAYERS
USUAL, NULL = 'usual', 'usual, other seeds'
_CONSTANT = {'lr_schedule': 'constant'}
# RMSProp and Adam rescale gradients, so for them an L2 penalty is not weight
# decay. They are compared without it.
_SCALED = {'learning_rate': 0.001, 'l2_scale': 0.0}
# Changes to the usual settings: momentum 0.9, L2 1e-3, and half an epoch of
# warm-up to a rate of 0.1, which then falls exponentially to 0.0018.
SETTINGS = {
  USUAL: {},
  NULL: {},
  'rate constant': _CONSTANT,
  'rate constant, 0.03': _CONSTANT | {'learning_rate': 0.03},
  'rate constant, 0.01': _CONSTANT | {'learning_rate': 0.01},
  'rate in steps': {'lr_schedule': 'step'},
  'rate 1 / (1 + t)': {'lr_schedule': 'inverse_time', 'decay_rate': 1.0},
  'rate as a cosine': {'lr_schedule': 'cosine'},
  'rate in one cycle': {'lr_schedule': 'one_cycle', 'warmup_epochs': 0.0},
  # Is it the schedule, or the sum of its rates? That of a cosine is about half
  # of the rate times the steps, that of the exponential decay a quarter.
  'rate usual, from 0.2': {'learning_rate': 0.2},
  'rate as a cosine, from 0.05': {
    'lr_schedule': 'cosine',
    'learning_rate': 0.05,
  },
  'momentum 0': {'momentum': 0.0},
  # Momentum 0.9 makes steps up to 10 times as long, but at a rate of 1, seed 0
  # diverged.
  'momentum 0, rate 0.3': {'momentum': 0.0, 'learning_rate': 0.3},
  'Nesterov': {'nesterov': True},
  'L2 0': {'l2_scale': 0.0},
  'L2 1e-4': {'l2_scale': 1e-4},
  'L2 1e-2': {'l2_scale': 1e-2},
  'RMSProp 0.001, constant, no L2': {'optimizer': 'rmsprop'}
  | _CONSTANT
  | _SCALED,
  'Adam 0.001, constant, no L2': {'optimizer': 'adam'} | _CONSTANT | _SCALED,
  'Adam 0.0003, no L2': {'optimizer': 'adam'}
  | _SCALED
  | {'learning_rate': 0.0003},
  'Adam 0.001, no L2': {'optimizer': 'adam'} | _SCALED,
  'Adam 0.003, no L2': {'optimizer': 'adam'}
  | _SCALED
  | {'learning_rate': 0.003},
}

_FALLING = ('rate as a cosine', 'rate in one cycle', 'rate in steps')
# They are compared with each other.
PAIRS = (
  *itertools.combinations(_FALLING, 2),
  ('rate as a cosine', 'rate usual, from 0.2'),  # about equal sums of rates
)

# Settings -> validation accuracy, by seed.
Found = dict[str, list[float]]


def measure(plan: study.Plan) -> study.Report:
  """Validation accuracy with each of `SETTINGS`."""
  wanted = {name: runs_of(plan, name) for name in SETTINGS}
  trained.announce(plan, sum(wanted.values(), []))
  found = {
    name: [
      kept.validation_accuracy(trained.folder(plan, run)) for run in of_seeds
    ]
    for name, of_seeds in wanted.items()
  }
  return study.Report(_table(found), _draw(found, plan))


def runs_of(plan: study.Plan, name: str) -> list[settings_lib.Settings]:
  """The runs of all seeds; the null has as many seeds after those."""
  runs = trained.of_seeds(plan, layers=LAYERS, **SETTINGS[name])
  first = plan.seeds if name == NULL else 0
  return [dataclasses.replace(run, seed=run.seed + first) for run in runs]


def gains(found: Found, name: str, other: str = USUAL) -> np.ndarray:
  """The differences from the other settings, by seed, in points."""
  return 100 * np.subtract(found[name], found[other])


def _table(found):
  count = len(found[USUAL])
  rows = [['', f'validation accuracy, % (n = {count})']]
  rows[0].append('- usual, or as named (points)')
  for name, values in found.items():
    difference = '' if name == USUAL else intervals.spread(gains(found, name))
    rows.append([name, intervals.percent(values), difference])
  for one, other in PAIRS:
    if one in found and other in found:
      difference = intervals.spread(gains(found, one, other))
      rows.append([f'{one} - {other}', '', difference])
  return rows


def title(found: Found) -> str:
  """The usual rate against the best of the constant ones."""
  constant = [
    name
    for name in found
    if SETTINGS[name].items() >= _CONSTANT.items()
    and 'optimizer' not in SETTINGS[name]
  ]
  best = max(constant, key=lambda name: np.mean(found[name]))
  gain = intervals.spread(gains(found, USUAL, best))
  count = len(constant)
  return f'A falling rate - the best of {count} constant ones: {gain} points'


def _draw(found, plan):
  names = [name for name in found if name != USUAL]
  height = 0.3 * len(names)
  figure = sheet.new(
    8.4,
    height + 1.9,
    title(found),
    f'{plan}; bars: 95 % interval of the difference',
  )
  panel = sheet.place(figure, 2.1, 1.0, 5.8, height)
  differences = np.transpose([gains(found, name) for name in names])
  series = charts.over_seeds('', sheet.BLUE, differences)
  charts.dots(panel, names, [series], reference=0, digits=2)
  panel.set_xlabel('validation accuracy - usual settings (points)')
  return figure


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
