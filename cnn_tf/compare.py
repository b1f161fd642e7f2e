"""Several runs in one table: the flags in which they differ, and the results.

  python -m cnn_tf.compare runs/*

Accuracies are in percent, after the last epoch that is saved. The cross-entropy
is that of the test set or, before it was evaluated, of the validation examples.
The time is that of training, over all sessions.
"""

import dataclasses
import glob
import itertools
import pathlib
import sys
from collections.abc import Sequence
from typing import NamedTuple

from cnn_tf import errors
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


def table(entries: Sequence[Entry]) -> list[list[str]]:
  """A header, and one row per run, in the given order."""
  settings = [dataclasses.asdict(entry.settings) for entry in entries]
  differing = [
    name for name in settings[0] if len({row[name] for row in settings}) > 1
  ]
  rows = [['run', *differing, *_RESULTS]]
  for entry, values in zip(entries, settings, strict=True):
    flags = [_flag(values[name]) for name in differing]
    rows.append([entry.name, *flags, *_results(entry)])
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


def _results(entry):
  total, result = entry.settings.num_epochs, entry.result
  row = entry.last._asdict() if entry.last else {}
  loss = result.get('test_cross_entropy', row.get('validation_cross_entropy'))
  minutes, seconds = divmod(round(entry.seconds), 60)
  return [
    str(total) if result else f'{entry.num_epochs} of {total}',
    f'{minutes}:{seconds:02}' if entry.seconds else '',
    _percent(row.get('train_accuracy')),
    _percent(row.get('validation_accuracy')),
    _percent(result.get('test_accuracy')),
    '' if loss is None else f'{loss:.4f}',
  ]


def _percent(accuracy):
  return '' if accuracy is None else f'{100 * accuracy:.2f}'


def _flag(value):
  return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == '__main__':
  command.run(main, takes_arguments=True)
