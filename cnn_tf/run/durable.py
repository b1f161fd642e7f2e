"""Files that survive a power cut, and why a file cannot be written.

A rename replaces a file at once, but the disk may hold the new name before it
holds the content: after a power cut the file is then empty. A file must
therefore be synced before its rename, and its folder after it.
"""

import os
import pathlib
import re


def replace(partial: pathlib.Path, path: pathlib.Path) -> None:
  """Renames a complete file or folder to `path`, which must survive.

  Raises:
    OSError: the disk is full, or `path` is a folder that is not empty.
  """
  for file in [partial, *partial.rglob('*')]:
    sync(file)
  os.replace(partial, path)
  sync(path.parent)


def sync(path: pathlib.Path) -> None:
  """Returns when the disk holds a file, or the names in a folder.

  Raises:
    OSError: the disk is full.
  """
  if path.is_dir() and os.name != 'posix':
    return  # folders cannot be opened there
  opened = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
  try:
    os.fsync(opened)
  finally:
    os.close(opened)


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
