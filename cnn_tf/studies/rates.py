"""Which rate, which momentum, how much L2?

One setting is changed at a time, in a network of half the usual width, and all
are compared on the validation images after half of the epochs and after all of
them. The cosine and one-cycle schedules depend on the length of the run, so
they are trained again for half of the epochs; of the others, that epoch of
the long run is taken. Differences from the usual settings are paired by seed:
equal seeds have equal initial kernels and an equal order of the examples. The
null is the usual settings with other seeds.

Among so many intervals of 95 %, one in twenty does not contain a difference of
0 even if all settings are equally good, and the highest mean of several ties is
too high. So no best setting is named. The one-cycle schedule keeps the momentum
constant, unlike Smith's.

Sources: Sutskever et al. 2013 for momentum; Loshchilov and Hutter 2017, "SGDR",
for the cosine; Smith 2018, "A disciplined approach to neural network
hyper-parameters", for one cycle; Tieleman and Hinton 2012 for RMSProp; Kingma
and Ba 2015 for Adam.
"""

import dataclasses
from typing import NamedTuple

import numpy as np

from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.run import config
from cnn_tf.run import events
from cnn_tf.studies import study
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=1, epochs=2)
FULL = study.Plan('fashion', seeds=5, epochs=4)

LAYERS = trained.SMALL_LAYERS
NULL = 'usual, other seeds'
_CONSTANT = {'lr_schedule': 'constant'}
# RMSProp and Adam divide the gradient, and with it that of the L2 penalty, by
# its size, so they are compared without L2.
_SCALED = {'learning_rate': 0.001, 'l2_scale': 0.0}
# Changes to the usual settings: momentum 0.9, L2 1e-3, and half an epoch of
# warm-up to a rate of 0.1, which then falls exponentially to 0.001.
SETTINGS = {
  'usual': {},
  NULL: {},
  'rate constant': _CONSTANT,
  'rate constant, 0.03': _CONSTANT | {'learning_rate': 0.03},
  'rate constant, 0.01': _CONSTANT | {'learning_rate': 0.01},
  'rate in steps': {'lr_schedule': 'step'},
  'rate 1 / (1 + t)': {'lr_schedule': 'inverse_time', 'decay_rate': 1.0},
  'rate as a cosine': {'lr_schedule': 'cosine'},
  'rate in one cycle': {'lr_schedule': 'one_cycle', 'warmup_epochs': 0.0},
  'momentum 0': {'momentum': 0.0},
  # Momentum 0.9 makes steps up to 10 times as long, but at rate 1 seed 0
  # diverged.
  'momentum 0, rate 0.3': {'momentum': 0.0, 'learning_rate': 0.3},
  'Nesterov': {'nesterov': True},
  'L2 0': {'l2_scale': 0.0},
  'L2 1e-4': {'l2_scale': 1e-4},
  'L2 1e-2': {'l2_scale': 1e-2},
  'RMSProp, constant, no L2': {'optimizer': 'rmsprop'} | _CONSTANT | _SCALED,
  'Adam, constant, no L2': {'optimizer': 'adam'} | _CONSTANT | _SCALED,
  'Adam, no L2': {'optimizer': 'adam'} | _SCALED,
}
_DEPEND_ON_LENGTH = ('cosine', 'one_cycle')


class Scores(NamedTuple):
  """Validation accuracy, by seed."""

  early: list[float]  # after half of the epochs
  late: list[float]  # after all epochs


def measure(plan: study.Plan) -> study.Report:
  """Validation accuracy with each of `SETTINGS`."""
  trained.announce(
    plan,
    [
      run
      for name in SETTINGS
      for used in (plan, *[early(plan)] * _depends_on_length(name))
      for run in runs_of(used, name)
    ],
  )
  found = {name: scores(plan, name) for name in SETTINGS}
  return study.Report(_table(found, plan), _draw(found, plan))


def early(plan: study.Plan) -> study.Plan:
  """The same plan with half of the epochs."""
  return plan._replace(epochs=max(1, plan.epochs // 2))


def scores(plan: study.Plan, name: str) -> Scores:
  """Validation accuracy with one of `SETTINGS`."""
  late = early_histories = histories(plan, name)
  if _depends_on_length(name):
    early_histories = histories(early(plan), name)
  first = early(plan).epochs
  return Scores(
    [history[first - 1].validation_accuracy for history in early_histories],
    [history[-1].validation_accuracy for history in late],
  )


def histories(plan: study.Plan, name: str) -> list[list[events.Epoch]]:
  """The epochs of each seed with one of `SETTINGS`."""
  return [
    events.read_epochs(trained.folder(plan, run) / 'metrics.csv', plan.epochs)
    for run in runs_of(plan, name)
  ]


def runs_of(plan: study.Plan, name: str) -> list[config.Config]:
  """The runs of all seeds; the null has as many seeds after those."""
  runs = trained.of_seeds(plan, layers=LAYERS, **SETTINGS[name])
  first = plan.seeds if name == NULL else 0
  return [dataclasses.replace(run, seed=run.seed + first) for run in runs]


def _depends_on_length(name):
  return SETTINGS[name].get('lr_schedule') in _DEPEND_ON_LENGTH


def gains(found: dict[str, Scores], name: str) -> Scores:
  """The differences from the usual settings, by seed, in points."""
  pairs = zip(found[name], found['usual'], strict=True)
  return Scores(*(100 * np.subtract(own, usual) for own, usual in pairs))


def _table(found, plan):
  rows = [
    ['validation accuracy (%)', f'after {early(plan).epochs}', '- usual']
    + [f'after {plan.epochs}', '- usual']
  ]
  for name, own in found.items():
    row = [name]
    for values, differences in zip(own, gains(found, name), strict=True):
      row.append(study.percent(values))
      row.append('' if name == 'usual' else study.spread(differences))
    rows.append(row)
  return rows


def _draw(found, plan):
  names = [name for name in found if name != 'usual']
  height = 0.36 * len(names)
  page = sheet.new(
    8.4,
    height + 1.9,
    'What other settings change, compared with the usual ones',
    f'{plan}; bars: 95 % interval of the difference',
  )
  panel = sheet.place(page, 2.1, 1.0, 5.8, height)
  differences = [gains(found, name) for name in names]
  by_length = [np.transpose(x) for x in zip(*differences, strict=True)]
  lengths = early(plan).epochs, plan.epochs
  colors = sheet.QUIET, sheet.BLUE
  charts.dots(
    panel,
    names,
    [
      charts.over_seeds(f'after {length} epochs', color, values)
      for length, color, values in zip(lengths, colors, by_length, strict=True)
    ],
    reference=0,
  )
  panel.set_xlabel('validation accuracy - usual settings (points)')
  panel.legend(fontsize=8, frameon=False)
  return page


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
