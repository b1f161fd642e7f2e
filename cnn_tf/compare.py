"""Several runs in one table: the flags in which they differ, and the results.

  python -m cnn_tf.compare runs/*

Accuracies are in percent, after the last epoch so far. The cross-entropy is
that of the test set or, before it was evaluated, of the validation examples.
"""

import csv
import dataclasses
import pathlib
import struct
from collections.abc import Sequence
from typing import NamedTuple

from cnn_tf import errors
from cnn_tf.run import command
from cnn_tf.run import run_folder
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import terminal

_RESULTS = ('epoch', 'time', 'training', 'validation', 'test', 'cross-entropy')
_TIME = 0x09  # protocol buffers: field 1, a double


class Entry(NamedTuple):
  """What the folder of a run says."""

  name: str
  settings: settings_lib.Settings
  epochs: list[dict[str, str]]  # the rows of metrics.csv
  result: dict[str, float] | None  # None until the run is finished
  seconds: int  # of all sessions, without the time between them


def read(folder: pathlib.Path) -> Entry:
  """The settings and results of a run, finished or not.

  Raises:
    UserError: there is no run, or a file of it is damaged.
  """
  settings = run_folder.read_config(folder)
  if settings is None:
    raise errors.UserError(f'{folder}: there is no run here')
  return Entry(
    str(folder),
    settings,
    _read_metrics(folder / 'metrics.csv'),
    run_folder.read_result(folder),
    round(sum(map(_session, folder.glob('events.*')))),
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
  for folder in folders:
    try:
      entries.append(read(pathlib.Path(folder)))
    except errors.UserError as error:
      problems.append(f'left out: {error}')
  if entries:
    print(terminal.align(table(entries)))
  if problems:
    print('\n'.join(['', *problems] if entries else problems))


def _read_metrics(path):
  """The complete rows of `metrics.csv`, none if there is no file."""
  try:
    text = path.read_text(encoding='utf-8', errors='replace')
  except FileNotFoundError:
    return []
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None
  complete, _, _ = text.rpartition('\n')
  rows = list(csv.DictReader(complete.split('\n')))
  return [row for row in rows if None not in row.values() and None not in row]


def _session(path):
  """The seconds between the first and the last event of an event file.

  A record of TensorFlow is the size of its content, 8 bytes, a checksum of 4,
  the content, and another checksum. An event starts with a tag and its time.
  """
  try:
    content = path.read_bytes()
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None
  times, start = [], 0
  while start + 12 + 9 <= len(content):
    size, _, tag, seconds = struct.unpack_from('<QIBd', content, start)
    if tag == _TIME:
      times.append(seconds)
    start += size + 16
  return times[-1] - times[0] if times else 0


def _results(entry):
  last = entry.epochs[-1] if entry.epochs else {}
  result = entry.result or {}
  done, total = len(entry.epochs), entry.settings.num_epochs
  loss = result.get('test_cross_entropy', last.get('validation_cross_entropy'))
  return [
    str(total) if done == total else f'{done} of {total}',
    f'{entry.seconds // 60}:{entry.seconds % 60:02}',
    _percent(last.get('train_accuracy')),
    _percent(last.get('validation_accuracy')),
    _percent(result.get('test_accuracy')),
    '' if loss in (None, '') else f'{float(loss):.4f}',
  ]


def _percent(accuracy):
  return '' if accuracy in (None, '') else f'{100 * float(accuracy):.2f}'


def _flag(value):
  return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == '__main__':
  command.run(main, takes_arguments=True)
