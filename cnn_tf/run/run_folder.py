"""The folder of a run: its settings, its environment, its result.

run.flags         repeats the run: --flagfile=<workdir>/run.flags
environment.json  what else decides the bits of the result
result.json       is written last: a run that has one is finished
"""

import json
import pathlib
from typing import Any

from cnn_tf import errors
from cnn_tf.run import durable
from cnn_tf.run import lock
from cnn_tf.run import settings as settings_lib

FLAGS_FILE = 'run.flags'
RESULT = ('test_accuracy', 'test_cross_entropy', 'test_examples')


def read_config(workdir: pathlib.Path) -> settings_lib.Settings | None:
  """The settings of the run in `workdir`, or None if there is no run."""
  path = workdir / FLAGS_FILE
  text = _read(path)
  try:
    return None if text is None else settings_lib.Settings.from_flags(text)
  except errors.UserError as error:
    raise errors.UserError(f'{path}: {error}') from None


def open_run(
  workdir: pathlib.Path,
  settings: settings_lib.Settings,
  environment: dict[str, Any],
) -> list[str]:
  """Creates the folder of a new run, or checks it for an unfinished one.

  Args:
    workdir: a new or empty folder, or that of a run with the same settings.
    settings: the settings of the run.
    environment: from `environment.describe`.

  Returns:
    How this environment differs from the one in which the run was started; the
    bits of the result may differ, too.

  Raises:
    UserError: the folder holds something else, or cannot be written.
  """
  begun = read_config(workdir)
  if begun is None:
    _begin(workdir, settings)
  elif begun != settings:
    old, new = begun.to_flags().split('\n'), settings.to_flags().split('\n')
    changes = [f'{a} -> {b}' for a, b in zip(old, new, strict=True) if a != b]
    raise errors.UserError(
      f'{workdir} holds a run with other flags, which need a new --workdir: '
      f'{"; ".join(changes)}'
    )
  path = workdir / 'environment.json'
  then = _read_json(path)
  if then is None:
    write(path, json.dumps(environment, indent=2) + '\n')
    return []
  return [
    f'{name}: {then.get(name)} -> {value}'
    for name, value in environment.items()
    if then.get(name) != value
  ]


def make(folder: pathlib.Path) -> None:
  """Creates a folder and its parents, unless they exist.

  Raises:
    UserError: it cannot be created.
  """
  try:
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in new:
      durable.sync(path.parent)
  except FileExistsError as error:
    path = pathlib.Path(error.filename)
    kind = 'a file' if path.exists() else 'a link to nothing'
    raise errors.UserError(f'{path} is {kind}, not a folder') from None
  except OSError as error:
    raise errors.UserError(f'{folder}: {error.strerror}') from None


def write(path: pathlib.Path, content: str | bytes) -> None:
  """Writes a file atomically: no reader, and no power cut, sees a part of it.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  partial = path.with_name(f'{path.name}.partial')
  try:
    partial.write_bytes(
      content.encode() if isinstance(content, str) else content
    )
    durable.replace(partial, path)
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None


def read_result(workdir: pathlib.Path) -> dict[str, Any] | None:
  """The result of a finished run, or None if the run is not finished.

  Raises:
    UserError: the file does not hold a result.
  """
  path = workdir / 'result.json'
  result = _read_json(path)
  for name in RESULT if result is not None else ():
    value = result.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
      raise errors.UserError(
        f'{path}: {name} is not a number; without the file, the run makes it '
        'again'
      )
  return result


def write_result(workdir: pathlib.Path, result: dict[str, Any]) -> None:
  """Marks the run as finished."""
  write(workdir / 'result.json', json.dumps(result, indent=2) + '\n')


def _read(path):
  """The text of a file, or None if there is no file."""
  try:
    return path.read_text(encoding='utf-8')
  except (FileNotFoundError, NotADirectoryError):
    return None
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None
  except UnicodeDecodeError as error:
    raise errors.UserError(f'{path}: {error}') from None


def _read_json(path):
  """The object in a JSON file, or None if there is no file."""
  text = _read(path)
  try:
    content = None if text is None else json.loads(text)
  except json.JSONDecodeError as error:
    raise errors.UserError(f'{path}: {error}') from None
  if text is not None and not isinstance(content, dict):
    raise errors.UserError(f'{path}: not a JSON object')
  return content


def _begin(workdir, settings):
  ours = {'checkpoints', lock.FILE, f'{FLAGS_FILE}.partial'}
  make(workdir)
  try:
    others = {path.name for path in workdir.iterdir()} - ours
  except OSError as error:
    raise errors.UserError(f'{workdir}: {error.strerror}') from None
  if others:
    raise errors.UserError(f'{workdir} is not empty and holds no run')
  make(workdir / 'checkpoints')
  write(workdir / FLAGS_FILE, settings.to_flags())
