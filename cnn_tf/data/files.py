"""Finds the four files of a dataset."""

import pathlib

from cnn_tf import errors

_NAMES = (
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
)


def folder(name: str, data_dir: str = '') -> pathlib.Path:
  """The folder `name` beside this file, or `data_dir` if it is given.

  Raises:
    UserError: there is no such folder.
  """
  path = pathlib.Path(data_dir or pathlib.Path(__file__).parent / name)
  if not path.is_dir():
    raise errors.UserError(f'{path}: no such folder')
  return path


def find(place: pathlib.Path) -> list[pathlib.Path]:
  """The paths of training images, training labels, test images, test labels.

  Each file may be compressed with gzip: `name` or `name.gz`.

  Raises:
    UserError: a file is missing.
  """
  return [_find(place, name) for name in _NAMES]


def _find(place, name):
  for path in (place / name, place / f'{name}.gz'):
    if path.exists():
      return path
  raise errors.UserError(f'{place}: there is no {name} and no {name}.gz')
