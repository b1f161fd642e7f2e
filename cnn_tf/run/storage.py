"""What a run keeps on disk, so that neither a kill nor a power cut loses it.

run.flags         repeats the run: --flagfile=<workdir>/run.flags
environment.json  what else decides the bits of the result
checkpoints/      training after the newest epochs, and after 1, 2, 4, 8, ...
result.json       is written last: a run that has one is finished
log.txt           what was printed: in sweeps, studies and benchmarks only
run.lock          locked while a process writes in the folder

A rename replaces a file at once, but the disk may hold the new name before it
holds the content: after a power cut the file is then empty. A file must
therefore be synced before its rename, and its folder after it.

A file that cannot be read or written is a `UserError` that names the file.
"""

import contextlib
import json
import os
import pathlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

from cnn_tf import errors
from cnn_tf.run import settings as settings_lib

try:
  import fcntl
except ImportError:  # Windows: nothing is locked
  fcntl = None

if TYPE_CHECKING:
  # The functions that need TensorFlow import it: loading takes seconds, and a
  # command must be able to read settings and report an error before that.
  import tensorflow as tf

NUM_KEPT = 3  # checkpoints
NOT_IN_NAMES = r'[*?\[\]\\]'  # TensorFlow takes a path as a pattern
LOG = 'log.txt'
_LOCK = 'run.lock'
_FLAGS = 'run.flags'
_CHECKPOINTS = 'checkpoints'
_ENVIRONMENT = 'environment.json'
# Entries of environment.json: the SHA-256 of each.
EXAMPLES = ('training examples', 'test examples')
SCORES = ('test_accuracy', 'test_cross_entropy', 'test_examples')


def write(path: pathlib.Path, content: str | bytes) -> None:
  """Writes a file atomically: nobody ever sees a part of it."""
  content = content.encode() if isinstance(content, str) else content
  partial = path.with_name(f'{path.name}.partial')
  try:
    if path.exists() and not path.is_file():  # /dev/null is not to be replaced
      path.write_bytes(content)
      return
    partial.write_bytes(content)
    rename(partial, path)
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None


def rename(partial: pathlib.Path, path: pathlib.Path) -> None:
  """Gives a complete file or folder its final name, durably.

  Raises:
    OSError: the disk is full, or `path` is a folder that is not empty.
  """
  for file in [partial, *partial.rglob('*')]:
    _sync(file)
  os.replace(partial, path)
  _sync(path.parent)


def make_folder(folder: pathlib.Path) -> None:
  """Creates a folder and its parents, unless they exist."""
  try:
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in new:
      _sync(path.parent)
  except FileExistsError as error:
    path = pathlib.Path(error.filename)
    kind = 'a file' if path.exists() else 'a link to nothing'
    raise errors.UserError(f'{path} is {kind}, not a folder') from None
  except OSError as error:
    raise errors.UserError(f'{folder}: {error.strerror}') from None


def check_name(folder: pathlib.Path) -> None:
  """Checks that TensorFlow can read what it will write into a folder.

  Raises:
    UserError: it cannot.
  """
  found = re.search(NOT_IN_NAMES, str(folder))
  if found:
    raise errors.UserError(
      f'--workdir={folder}: TensorFlow does not find files in a folder with '
      f'{found[0]} in its name'
    )


def reason(error: Exception) -> str:
  """Why a file could not be written: 'No space left on device'.

  Args:
    error: an OSError, or one of `tf.errors`; TensorFlow writes 'file; reason'
      between the name of a graph node and that of an op.
  """
  if isinstance(error, OSError) and error.strerror:
    return error.strerror
  line = (str(error).splitlines() or [type(error).__name__])[0]
  line = re.sub(r'\{\{.*?\}\} ?| \[Op:\w+\]', '', line)
  return line.rpartition('; ')[2]


@contextlib.contextmanager
def locked(folder: pathlib.Path) -> Iterator[None]:
  """Only one process at a time is inside this block for an existing folder.

  The operating system locks the file `run.lock`, and unlocks it when its holder
  ends, however that ends. The file stays: another process may have opened it.

  Raises:
    UserError: another process holds the lock.
  """
  if fcntl is None:
    yield
    return
  path = folder / _LOCK
  try:
    file = path.open('ab+', buffering=0)
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None
  with file:
    _lock(file, folder)
    with contextlib.suppress(OSError):  # a full disk: the holder has no name
      file.truncate(0)
      file.write(f'process {os.getpid()}'.encode())
    yield


def read_settings(workdir: pathlib.Path) -> settings_lib.Settings | None:
  """The settings of the run in `workdir`, or None if there is no run."""
  path = workdir / _FLAGS
  text = _read(path)
  if text is None:
    return None
  try:
    return settings_lib.Settings.from_flags(text)
  except errors.UserError as error:
    raise errors.UserError(f'{path}: {error}') from None


def open_run(
  workdir: pathlib.Path,
  settings: settings_lib.Settings,
  environment: dict[str, Any],
) -> list[str]:
  """Creates the folder of a new run, or checks the folder of an existing run.

  An existing run may get more epochs, and its data may have moved.

  Returns:
    How `environment`, from `environment.describe`, differs from that in which
    the run was started; the bits of the result may then differ, too.

  Raises:
    UserError: the folder holds something else, a run with other settings, or
      one that was trained on other examples.
  """
  begun = read_settings(workdir)
  then = _read_json(workdir / _ENVIRONMENT)
  if begun is None:
    _begin(workdir, settings)
  elif changed := changed_examples(workdir, environment):
    raise errors.UserError(
      f'{workdir}: the {" and the ".join(changed)} are not those of this run: '
      'use a new --workdir'
    )
  elif begun != settings:
    _change(workdir, begun, settings)
  if then is None:
    write(workdir / _ENVIRONMENT, json.dumps(environment, indent=2) + '\n')
    return []
  return _differences(then, environment)


def changed_examples(
  workdir: pathlib.Path, environment: dict[str, Any]
) -> list[str]:
  """Which examples have changed since the run began: a part of `EXAMPLES`."""
  then = _read_json(workdir / _ENVIRONMENT) or {}
  return [
    name
    for name in EXAMPLES
    if name in then and environment.get(name, then[name]) != then[name]
  ]


def read_result(workdir: pathlib.Path) -> dict[str, Any] | None:
  """The result of a finished run, or None if the run is not finished."""
  path = workdir / 'result.json'
  result = _read_json(path)
  if result is None:
    return None
  for name in (*SCORES, *result):
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


def save_checkpoint(
  checkpoint: 'tf.train.Checkpoint',
  workdir: pathlib.Path,
  epoch: int,
  num_kept: int = NUM_KEPT,
) -> None:
  """Writes all variables; the newest `num_kept` epochs and 1, 2, 4, ... stay.

  A checkpoint is the files `ckpt-<epoch>.index` and `.data-*`. TensorFlow
  renames them when they are complete. The small file `checkpoint` beside them
  is for `tf.train.latest_checkpoint`; nothing here reads it.
  """
  import tensorflow as tf

  folder = workdir / _CHECKPOINTS
  path = folder / f'ckpt-{epoch}'
  try:
    checkpoint.write(str(path))
    # Synced before older ones are deleted: a power cut may damage this one.
    for file in [*folder.glob(f'ckpt-{epoch}.*'), folder]:
      _sync(file)
  except (tf.errors.OpError, OSError) as error:
    raise errors.UserError(
      f'{path} could not be saved: {reason(error)}; '
      'what was saved before is intact'
    ) from None
  write(folder / 'checkpoint', f'model_checkpoint_path: "ckpt-{epoch}"\n')
  for other in saved_epochs(workdir):
    # Later epochs exist only if they were damaged, and are being repeated.
    if other > epoch or not (other > epoch - num_kept or stays(other)):
      for file in folder.glob(f'ckpt-{other}.*'):
        file.unlink()


def restore_checkpoint(
  checkpoint: 'tf.train.Checkpoint',
  workdir: pathlib.Path,
  strict: bool = True,
  last: int | None = None,
) -> int:
  """Restores all variables from the newest checkpoint that is intact.

  Prints one line for each newer checkpoint that is damaged.

  Args:
    checkpoint: what to restore.
    workdir: the folder of the run.
    strict: require that every saved value is restored, as a resumed run must; a
      network alone has no place for the variables of the optimizer.
    last: ignore checkpoints of later epochs, if given.

  Returns:
    The epoch of the checkpoint, or 0 if there is none and nothing was restored.
  """
  for epoch in saved_epochs(workdir):
    if last is not None and epoch > last:
      continue
    path = str(workdir / _CHECKPOINTS / f'ckpt-{epoch}')
    problem = _find_damage(path)
    if not problem:
      _read_into(checkpoint, path, strict)
      return epoch
    print(f'{path} is damaged, trying an older one: {problem}')
  return 0


def stays(epoch: int) -> bool:
  """Whether the checkpoint of an epoch is kept for good: 1, 2, 4, 8, ..."""
  return epoch.bit_count() == 1


def saved_epochs(workdir: pathlib.Path) -> list[int]:
  """The epochs of all checkpoints, intact or not, newest first."""
  files = (workdir / _CHECKPOINTS).glob('ckpt-*.index')
  names = (re.fullmatch(r'ckpt-(\d+)', file.stem) for file in files)
  return sorted((int(name[1]) for name in names if name), reverse=True)


def _sync(path):
  """Waits until a file, or a folder's list of names, is on disk."""
  if path.is_dir() and os.name != 'posix':
    return  # folders cannot be opened there
  is_folder = path.is_dir()
  # Some file systems cannot sync a folder (SMB, some of FUSE).
  wish = contextlib.suppress(OSError) if is_folder else contextlib.nullcontext()
  with wish:
    opened = os.open(path, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
      os.fsync(opened)
    finally:
      os.close(opened)


def _lock(file, folder):
  try:
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
  except BlockingIOError:
    file.seek(0)
    holder = file.read().decode(errors='replace') or 'another process'
    raise errors.UserError(
      f'{folder} is in use by {holder}: wait until it ends, or choose another '
      '--workdir'
    ) from None
  except OSError:
    pass  # a file system without locks: nothing is locked


def _read(path):
  """The text of a file, or None if there is no file."""
  try:
    return path.read_text(encoding='utf-8')
  except (FileNotFoundError, NotADirectoryError):
    return None
  except (OSError, UnicodeDecodeError) as error:
    raise errors.UserError(f'{path}: {reason(error)}') from None


def _read_json(path):
  """The object in a JSON file, or None if there is no file."""
  text = _read(path)
  if text is None:
    return None
  try:
    content = json.loads(text)
  except json.JSONDecodeError as error:
    raise errors.UserError(f'{path}: {error}') from None
  if not isinstance(content, dict):
    raise errors.UserError(f'{path}: not a JSON object')
  return content


def _differences(then, now):
  """Each difference as text; an old run may not have recorded everything."""
  found = []
  for name in {**now, **then}:
    is_variable = name.isupper()
    if is_variable or (name in now and name in then):
      old, new = then.get(name, 'unset'), now.get(name, 'unset')
      if old != new and name == 'source_sha256':
        found.append('the source code of cnn_tf has changed')
      elif old != new:
        found.append(f'{name}: {old} -> {new}')
  return found


def _change(workdir, begun, settings):
  """Changes the flags of a run, if that leaves its epochs as they are."""
  if changes := settings.changes_of_epochs(begun):
    raise errors.UserError(
      f'{workdir} holds a run with other flags, which need a new --workdir: '
      f'{"; ".join(changes)}'
    )
  if settings.num_epochs > begun.num_epochs:
    # A finished run has made them; without the last one it is not finished.
    try:
      for name in ('figures', 'page.html', 'result.json'):
        path = workdir / name
        if path.exists():
          rename(path, path.with_stem(f'{path.stem}-epoch-{begun.num_epochs}'))
    except OSError as error:
      raise errors.UserError(f'{path}: {reason(error)}') from None
  write(workdir / _FLAGS, settings.to_flags())


def _begin(workdir, settings):
  ours = {_CHECKPOINTS, LOG, _LOCK, f'{_FLAGS}.partial'}
  make_folder(workdir)
  try:
    others = {path.name for path in workdir.iterdir()} - ours
  except OSError as error:
    raise errors.UserError(f'{workdir}: {error.strerror}') from None
  if others:
    raise errors.UserError(f'{workdir} is not empty and holds no run')
  make_folder(workdir / _CHECKPOINTS)
  write(workdir / _FLAGS, settings.to_flags())


def _read_into(checkpoint, path, strict):
  try:
    status = checkpoint.read(path)
    # Without an assertion, values that match nothing are silently ignored.
    if strict:
      status.assert_consumed()
    else:
      status.assert_existing_objects_matched().expect_partial()
  except (AssertionError, ValueError) as error:
    first, *_ = str(error).splitlines()
    raise errors.UserError(
      f'{path} is not of this network: other images, classes, layers or '
      f'optimizer ({first})'
    ) from None


def _find_damage(path):
  """Why a checkpoint cannot be read, or '' if it can; reads every value."""
  import tensorflow as tf

  try:
    reader = tf.train.load_checkpoint(path)
    for name in reader.get_variable_to_shape_map():
      reader.get_tensor(name)  # verifies its checksum
  except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
    return str(error).splitlines()[0]
  return ''
