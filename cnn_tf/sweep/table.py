"""Accuracies of settings, by seed -> a table with intervals."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from cnn_tf.measure import intervals

_HEADER = ['setting', 'n', 'mean', '95 % interval']
_HEADER += ['difference', '95 % interval', 'seconds']


class Trained(NamedTuple):
  """The runs of a setting; all settings have the same seeds, in one order."""

  name: str
  accuracies: list[float | None]  # None if the run has diverged
  seconds: list[float]  # of training each run that has not


def table(found: Sequence[Trained]) -> list[list[str]]:
  """A header, and a row per setting.

  Mean and interval are of the accuracy in percent, the difference is from the
  first setting in points, paired by seed, and the seconds are a mean. If a run
  has diverged, its setting has no mean: that of the other seeds would be too
  high.
  """
  return [_HEADER, *(_row(setting, found[0]) for setting in found)]


def _row(setting, first):
  values, n = _percents(setting), len(setting.accuracies)
  if None in values:
    cells = [f'{values.count(None)} diverged', '', '', '']
  else:
    cells = _cells(intervals.describe(values), '.2f', n)
    if setting is first or None in first.accuracies:
      cells += ['', '']
    else:
      gains = intervals.difference(values, _percents(first))
      cells += _cells(gains, '+.2f', n)
  seconds = ''
  if setting.seconds:
    seconds = f'{statistics.fmean(setting.seconds):.0f}'
  return [setting.name, str(n), *cells, seconds]


def _percents(setting):
  return [None if x is None else 100 * x for x in setting.accuracies]


def _cells(found, form, n):
  """A mean and its interval, which a single value does not have."""
  interval = f'{found.low:{form}} to {found.high:{form}}' if n > 1 else ''
  return [f'{found.mean:{form}}', interval]
