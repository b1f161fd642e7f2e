"""Which rate, which momentum, how much L2?

One setting is changed at a time, in a network of half the usual width, and all
are compared on the validation images after 3 and after 12 epochs. Only cosine
and one-cycle are made for a length, so they are trained anew for 3 epochs; of
the others epoch 3 of the long training is taken.

Found (5 seeds, Fashion-MNIST): one cycle is best, 91.00 ± 0.20 % after 12
epochs and 89.36 ± 0.24 % after 3; the other rates that fall to about 0 are
within 0.4 points after 12. A constant rate loses 2.64 ± 0.64 points, no
momentum 2.84 ± 0.56 (1.02 ± 0.39 at three times the rate), L2 of 1e-2 loses
4.75 ± 0.33. L2 between 0 and 1e-3, and Nesterov, make no difference that five
seeds can show.

Sources: Sutskever et al. 2013 for momentum; Loshchilov and Hutter 2017, "SGDR",
for the cosine; Smith 2018, "A disciplined approach to neural network
hyper-parameters", for one cycle; Tieleman and Hinton 2012 for RMSProp.
"""

from typing import NamedTuple

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.studies import study
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=1, epochs=2)
FULL = study.Plan('fashion', seeds=5, epochs=12)

USUAL = {'layers': trained.SMALL_LAYERS, 'decay_rate': 0.7}
# What each changes of momentum 0.9, L2 1e-3 and rate 0.1 * 0.7 ** epochs, after
# half an epoch of warm-up.
SETTINGS = {
  'usual': {},
  'rate constant': {'lr_schedule': 'constant'},
  'rate in steps': {
    'lr_schedule': 'step',
    'decay_rate': 0.5,
    'decay_epochs': 2.0,
  },
  'rate 1 / (1 + t)': {'lr_schedule': 'inverse_time', 'decay_rate': 1.0},
  'rate as a cosine': {'lr_schedule': 'cosine'},
  'rate in one cycle': {'lr_schedule': 'one_cycle', 'warmup_epochs': 0.0},
  'momentum 0': {'momentum': 0.0},
  # At rate 1, the step that momentum 0.9 adds up to, seed 0 diverged.
  'momentum 0, rate 0.3': {'momentum': 0.0, 'learning_rate': 0.3},
  'Nesterov': {'nesterov': True},
  'L2 0': {'l2_scale': 0.0},
  'L2 1e-4': {'l2_scale': 1e-4},
  'L2 1e-2': {'l2_scale': 1e-2},
  'RMSProp as it comes': {
    'optimizer': 'rmsprop',
    'lr_schedule': 'constant',
    'warmup_epochs': 0.0,
    'l2_scale': 0.0,
  },
}
_MADE_FOR_A_LENGTH = ('cosine', 'one_cycle')


class Scores(NamedTuple):
  """Accuracy on the validation images, by seed."""

  early: list[float]  # after a quarter of the epochs
  late: list[float]  # after all


def measure(plan: study.Plan) -> study.Report:
  """Trains with each of `SETTINGS`."""
  found = {name: scores(plan, name) for name in SETTINGS}
  return study.Report(_table(found, plan), _draw(found, plan))


def early(plan: study.Plan) -> study.Plan:
  """The same for a quarter of the epochs."""
  return plan._replace(epochs=max(1, plan.epochs // 4))


def scores(plan: study.Plan, name: str) -> Scores:
  """What one of `SETTINGS` reaches."""
  changes = USUAL | SETTINGS[name]
  rows = trained.histories(plan, **changes)
  first = early(plan).epochs
  if changes.get('lr_schedule') in _MADE_FOR_A_LENGTH:
    first_rows = trained.histories(early(plan), **changes)
  else:
    first_rows = rows
  return Scores(
    [history[first - 1].validation_accuracy for history in first_rows],
    [history[-1].validation_accuracy for history in rows],
  )


def _table(found, plan):
  usual = found['usual']
  rows = [
    ['validation accuracy, %', f'after {early(plan).epochs}', 'minus usual']
    + [f'after {plan.epochs}', 'minus usual']
  ]
  for name, own in found.items():
    row = [name]
    for values, others in zip(own, usual, strict=True):
      gains = [a - b for a, b in zip(values, others, strict=True)]
      row += [study.percent(values), study.percent(gains)]
    rows.append(row)
  return rows


def _draw(found, plan):
  names = list(reversed(found))
  best = max(found, key=lambda name: np.mean(found[name].late))
  page = sheet.new(
    9.6,
    1.6 + 0.32 * len(names),
    f'Best after {plan.epochs} epochs: {best}',
    f'{plan}; grey: a seed, orange: their mean; dashed: usual',
  )
  height = 0.32 * len(names)
  lengths = early(plan).epochs, plan.epochs
  for index, length in enumerate(lengths):
    panel = sheet.place(page, 1.9 + 3.9 * index, 0.95, 3.5, height)
    for y, name in enumerate(names):
      values = 100 * np.array(found[name][index])
      panel.plot(values, [y] * len(values), 'o', color=sheet.QUIET, ms=3)
      panel.plot(values.mean(), y, 'D', color=sheet.VERMILLION, ms=5)
    usual = 100 * np.mean(found['usual'][index])
    panel.axvline(usual, color=sheet.VERMILLION, linestyle='--', linewidth=0.8)
    panel.set_yticks(range(len(names)), names if not index else [])
    panel.set_xlabel(f'validation accuracy after epoch {length} (%)')
  return page


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
