"""Several runs in one table: the flags in which they differ, and the results.

  python -m cnn_tf.compare runs/*

Accuracies are in percent, after the last epoch that is saved. The cross-entropy
is that of the test set or, before it was evaluated, of the validation examples.
The time is that of training, over all sessions.

Runs that differ only in the seed are one row: n is their number, numbers are
means, and ± is half of the 95 % interval of the mean.
"""

import collections
import dataclasses
import glob
import itertools
import pathlib
import statistics
import sys
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

from cnn_tf import errors
from cnn_tf.measure import intervals
from cnn_tf.run import command
from cnn_tf.run import history
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import terminal

_RESULTS = ('epoch', 'time', 'training', 'validation', 'test', 'cross-entropy')


class Entry(NamedTuple):
  """What the folder of a run says."""

  name: str
  settings: settings_lib.Settings
  num_epochs: int  # done so far
  last: history.Epoch | None  # the row of the last one, if it is recorded
  seconds: float  # 0 if they are not recorded
  result: dict[str, float]  # empty until the run is finished


def read(folder: pathlib.Path) -> Entry:
  """The settings and results of a run, finished or not.

  Raises:
    UserError: there is no run, or a file of it is damaged.
  """
  settings = storage.read_settings(folder)
  if settings is None:
    raise errors.UserError(f'{folder}: there is no run here')
  result = storage.read_result(folder)
  if result:
    done, seconds = settings.num_epochs, result.get('training_seconds', 0)
  else:
    done = max(storage.saved_epochs(folder), default=0)
    seconds = history.read_seconds(folder)
  rows = {row.epoch: row for row in history.read_epochs(folder)}
  return Entry(
    str(folder), settings, done, rows.get(done), seconds, result or {}
  )


def groups(entries: Iterable[Entry]) -> list[list[Entry]]:
  """The runs of each row: as many epochs, and settings equal but for the seed.

  A second run with the same settings and seed is in another row, since it says
  nothing new.
  """
  found, copies = {}, collections.Counter()
  for entry in entries:
    copies[entry.settings, entry.num_epochs] += 1
    copy = copies[entry.settings, entry.num_epochs]
    unseeded = dataclasses.replace(entry.settings, seed=0)
    found.setdefault((unseeded, entry.num_epochs, copy), []).append(entry)
  return list(found.values())


def table(entries: Sequence[Entry]) -> list[list[str]]:
  """A header, and one row per group of runs, in the given order."""
  found = groups(entries)
  flags = [_flags(group) for group in found]
  differing = [
    name for name in flags[0] if len({values[name] for values in flags}) > 1
  ]
  counted = ['n'] if len(found) < len(entries) else []
  rows = [['run', *counted, *differing, *_RESULTS]]
  for group, values in zip(found, flags, strict=True):
    count = [str(len(group))] if counted else []
    shown = [values[name] for name in differing]
    rows.append([_name(group), *count, *shown, *_results(group)])
  return rows


def main(*folders: str) -> None:
  """Prints the table, and one line for each folder without a run."""
  if not folders:
    raise errors.UserError('no folders are given, such as runs/*')
  entries, problems = [], []
  for folder in itertools.chain(*map(_expanded, folders)):
    try:
      entries.append(read(pathlib.Path(folder)))
    except errors.UserError as error:
      problems.append(f'left out: {error}')
  if entries:
    print(terminal.align(table(entries)))
  if problems:
    print('\n'.join(['', *problems] if entries else problems))
  if not entries:
    sys.exit(1)


def _expanded(name):
  """What a shell makes of a pattern, on systems whose shell leaves it alone."""
  if pathlib.Path(name).exists():
    return [name]
  return sorted(glob.glob(name)) or [name]


def _name(group):
  first, *others = [entry.name for entry in group]
  return f'{first} and {len(others)} more' if others else first


def _flags(group):
  """Name -> the value of the flag in a group, as text."""
  values = dataclasses.asdict(group[0].settings)
  values['seed'] = _list(sorted(entry.settings.seed for entry in group))
  return {
    name: str(value).lower() if isinstance(value, bool) else str(value)
    for name, value in values.items()
  }


def _list(numbers):
  """'0, 2' or '0 to 9'."""
  first, last = numbers[0], numbers[-1]
  if len(numbers) > 2 and last - first == len(numbers) - 1:
    return f'{first} to {last}'
  return ', '.join(map(str, numbers))


def _results(group):
  done, total = group[0].num_epochs, group[0].settings.num_epochs
  is_finished = all(entry.result for entry in group)
  times = [entry.seconds for entry in group]
  minutes, seconds = divmod(round(statistics.fmean(times)), 60)
  *accuracies, validated, tested = zip(*map(_numbers, group), strict=True)
  losses = validated if None in tested else tested
  return [
    str(total) if is_finished else f'{done} of {total}',
    f'{minutes}:{seconds:02}' if all(times) else '',
    *('' if None in x else intervals.percent(x) for x in accuracies),
    '' if None in losses else intervals.spread(losses, 4),
  ]


def _numbers(entry):
  """Accuracies, then cross-entropies, in the order of the columns, or None."""
  last = entry.last._asdict() if entry.last else {}
  return (
    last.get('train_accuracy'),
    last.get('validation_accuracy'),
    entry.result.get('test_accuracy'),
    last.get('validation_cross_entropy'),
    entry.result.get('test_cross_entropy'),
  )


if __name__ == '__main__':
  command.run(main, takes_arguments=True)
