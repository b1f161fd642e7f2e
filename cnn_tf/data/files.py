"""Finds and checks the four files of a dataset."""

import pathlib
import re
from collections.abc import Sequence

import numpy as np

from cnn_tf import errors

CLASSES = 'classes.txt'
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

  Each file may be compressed with gzip: `name` or `name.gz`. Others write the
  names with dots or a prefix (`emnist-letters-train-images-idx3-ubyte`), or
  `test` for `t10k`, and torchvision has a folder for the files: `MNIST/raw`.

  Raises:
    UserError: a file is missing, or there are several for a part.
  """
  folders = [place, *sorted(place.glob('raw')), *sorted(place.glob('*/raw'))]
  for folder in folders:
    found = _find_in(folder)
    if all(found.values()):
      break
  else:
    found = _find_in(place)
  for name, paths in found.items():
    if not paths:
      raise errors.UserError(
        f'{place}: there is no {name} and no {name}.gz; {_contents(place)}'
      )
    if len(paths) > 1:
      names = ', '.join(path.name for path in paths[:3])
      raise errors.UserError(f'{paths[0].parent}: which of {names}?')
  return [path for (path,) in found.values()]


def class_names(place: pathlib.Path, num_classes: int) -> list[str]:
  """The lines of `classes.txt` beside the IDX files, or else the labels.

  Raises:
    UserError: the file cannot be read, or has too few or too many lines.
  """
  path = find(place)[0].with_name(CLASSES)
  if not path.exists():
    return [str(label) for label in range(num_classes)]
  try:
    names = path.read_text(encoding='utf-8-sig').splitlines()
  except (OSError, UnicodeDecodeError) as error:
    raise errors.UserError(f'{path}: {error}') from None
  if len(names) != num_classes:
    raise errors.UserError(
      f'{path}: {len(names)} names for {num_classes} classes'
    )
  return names


def check(paths: Sequence[pathlib.Path], arrays: Sequence[np.ndarray]) -> None:
  """Checks training images and labels and, if they were read, test ones.

  Args:
    paths: of the four files, from `find`.
    arrays: what the first two or all four of them hold.

  Raises:
    UserError: they do not hold images and labels of the same classes.
  """
  for first in range(0, len(arrays), 2):
    _check_pair(*paths[first : first + 2], *arrays[first : first + 2])
  place = paths[0].parent
  train_images, train_labels, *test = arrays
  _check_classes(place, train_labels)
  if test:
    test_images, test_labels = test
    if train_images.shape[1:] != test_images.shape[1:]:
      raise errors.UserError(
        f'{place}: training images are {train_images.shape[1:]}, '
        f'test images {test_images.shape[1:]}'
      )
    if test_labels.max() > train_labels.max():
      raise errors.UserError(
        f'{place}: test label {test_labels.max()} is outside the classes '
        f'0 to {train_labels.max()} of the training labels'
      )


def _find_in(folder):
  """Name -> all files that have it, or nearly have it."""
  found = {}
  for name in _NAMES:
    exact = [folder / name, folder / f'{name}.gz']
    found[name] = list(filter(_is_there, exact))[:1] or _similar(folder, name)
  return found


def _similar(folder, name):
  """Files like `prefix-train-images.idx3-ubyte.gz`, plain before compressed."""
  part, *rest = name.split('-')
  part = '(t10k|test)' if part == 't10k' else part
  pattern = re.compile(rf'(.*[-._])?{part}[-._]{"[-._]".join(rest)}(\.gz)?')
  paths = [p for p in folder.glob('*ubyte*') if pattern.fullmatch(p.name)]
  paths = sorted(filter(_is_there, paths))
  plain = {
    path.with_suffix('') if path.suffix == '.gz' else path: path
    for path in reversed(paths)
  }
  return sorted(plain.values())


def _is_there(path):
  """Not a folder: some archives have one of this name beside the file."""
  return path.exists() and not path.is_dir()


def _contents(place):
  names = sorted(path.name for path in place.iterdir())
  if not names:
    return 'the folder is empty'
  more = f' and {len(names) - 10} more' if len(names) > 10 else ''
  return f'it has {", ".join(names[:10])}{more}'


def _check_pair(images_path, labels_path, images, labels):
  if images.ndim == 4:
    raise errors.UserError(
      f'{images_path}: colour images, of {images.shape[-1]} channels; the '
      'networks here have one input channel: python -m cnn_tf.pack makes grey '
      'images of pictures'
    )
  if images.ndim != 3 or not images.size:
    raise errors.UserError(
      f'{images_path}: expected images, not shape {images.shape}'
    )
  if labels.shape != images.shape[:1]:
    raise errors.UserError(
      f'{labels_path}: labels of shape {labels.shape} for {len(images)} images'
    )


def _check_classes(place, labels):
  """A label far from the others would add classes without any example."""
  present = np.unique(labels)
  if present[0]:
    print(f'{place}: labels begin at {present[0]}: no example of a class below')
  gaps = np.flatnonzero(np.diff(present) > 1)
  if gaps.size:
    below, above = present[gaps[0]], present[gaps[0] + 1]
    raise errors.UserError(
      f'{place}: training label {above} is outside the classes: '
      f'no example has a label between {below} and {above}'
    )
