"""One process at a time trains in a folder.

The lock is a lock of the operating system on the file `run.lock`. It ends with
the process that holds it, however that ends: a file that a killed process
leaves behind locks nothing.
"""

import contextlib
import os
import pathlib
from collections.abc import Iterator

from cnn_tf import errors

try:
  import fcntl
except ImportError:  # Windows: nothing is locked
  fcntl = None

FILE = 'run.lock'


@contextlib.contextmanager
def hold(folder: pathlib.Path) -> Iterator[None]:
  """Holds the lock of an existing folder; the file is gone afterwards.

  Raises:
    UserError: another process holds it, or the folder cannot be written.
  """
  path = folder / FILE
  if fcntl is None:
    yield
    return
  with contextlib.ExitStack() as stack:
    file = None
    while file is None or not _is_at(path, file):
      try:
        file = stack.enter_context(path.open('ab+', buffering=0))
      except OSError as error:
        raise errors.UserError(f'{path}: {error.strerror}') from None
      _lock(file, folder)
    # Removed before the lock ends: later it could be the file of another run.
    stack.callback(path.unlink, missing_ok=True)
    with contextlib.suppress(OSError):  # a full disk: a holder without a name
      file.truncate(0)
      file.write(f'process {os.getpid()}'.encode())
    yield


def _is_at(path, file):
  """Whether `path` is still this file: a holder removes it at its end."""
  try:
    return os.path.samestat(path.stat(), os.fstat(file.fileno()))
  except FileNotFoundError:
    return False


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
