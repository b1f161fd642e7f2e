"""A table of finished trainings: one line per seed, in a CSV file."""

import csv
import os
import pathlib
import typing
from typing import Any
from typing import NamedTuple

from cnn_tf import errors
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.sweep import kept


class Record(NamedTuple):
  """A line of the table."""

  name: str  # of the flagfile, without the folder
  settings: str  # from `kept.digest`
  dataset: str
  on: str  # what it was evaluated on: validation or test
  seed: int
  epochs: int
  accuracy: float  # of single images, after the last epoch
  cross_entropy: float
  accuracy_with_flips: float | None  # with `--evaluate_flips`
  precision: str
  replicas: int
  seconds: int | None  # of the run; None if it was interrupted
  machine: str
  tensorflow: str


def read(path: pathlib.Path, kind: type = Record) -> list[Any]:
  """The complete lines of a table, none if there is no file.

  Args:
    path: the CSV file.
    kind: a NamedTuple, whose fields are the columns.

  Raises:
    UserError: a line is damaged, or the file cannot be read.
  """
  if not path.exists():
    return []
  try:
    complete, _, _ = path.read_text(encoding='utf-8').rpartition('\n')
  except (OSError, UnicodeDecodeError) as error:
    raise errors.UserError(f'{path}: {storage.reason(error)}') from None
  records = []
  rows = list(csv.reader(complete.split('\n')))[1:]
  for number, row in enumerate(rows, start=2):
    try:
      cells = zip(kind.__annotations__.values(), row, strict=True)
      values = [_value(*cell) for cell in cells]
    except ValueError:
      raise errors.UserError(f'{path}, line {number}: damaged') from None
    records.append(kind(*values))
  return records


def check_writable(path: pathlib.Path) -> None:
  """To be called before hours of training whose results go to this file.

  Raises:
    UserError: the file cannot be written.
  """
  append(path)


def append(path: pathlib.Path, *records: Any) -> None:
  """Adds lines, which are on the disk when this returns.

  Raises:
    UserError: the disk is full, or the file cannot be written.
  """
  try:
    with path.open('a+', newline='', encoding='utf-8') as file:
      file.seek(0)
      text = file.read()
      if not text.endswith('\n'):  # a power cut has ended the last write
        file.truncate(len(text[: text.rfind('\n') + 1].encode()))
      writer = csv.writer(file, lineterminator='\n')
      if records and '\n' not in text:
        writer.writerow(records[0]._fields)
      writer.writerows(records)
      file.flush()
      os.fsync(file.fileno())
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None


def find(
  records: list[Record], settings: settings_lib.Settings, on: str
) -> dict[int, Record]:
  """Seed -> its record, for the given settings with any seed."""
  wanted = kept.digest(settings)
  return {
    record.seed: record
    for record in records
    if (record.settings, record.on) == (wanted, on)
  }


def _value(kind, text):
  """The value of a cell; an empty one is None if its type is `... | None`."""
  alternatives = typing.get_args(kind)
  if alternatives:
    return alternatives[0](text) if text else None
  return kind(text)
