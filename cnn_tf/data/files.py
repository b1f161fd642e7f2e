"""Finds and checks the four files of a dataset."""

import pathlib
from collections.abc import Sequence

import numpy as np

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
  paths = []
  for name in _NAMES:
    found = [p for p in (place / name, place / f'{name}.gz') if p.exists()]
    if not found:
      raise errors.UserError(f'{place}: there is no {name} and no {name}.gz')
    paths.append(found[0])
  return paths


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


def _check_pair(images_path, labels_path, images, labels):
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
  gaps = np.flatnonzero(np.diff(present) > 1)
  if gaps.size:
    below, above = present[gaps[0]], present[gaps[0] + 1]
    raise errors.UserError(
      f'{place}: training label {above} is outside the classes: '
      f'no example has a label between {below} and {above}'
    )
