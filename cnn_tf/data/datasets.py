"""A name or a folder -> examples; what is held out; the order of an epoch."""

import pathlib
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf import keys
from cnn_tf.data import idx

# The validation examples are the same in every run, whatever its seed, so that
# runs can be compared on them.
_VALIDATION_SEED = 28
_PREFIXES = ('train', 't10k')


class Examples(NamedTuple):
  """Images and what is on them, in the same order."""

  images: np.ndarray  # [n, height, width] uint8, 0 is the background.
  labels: np.ndarray  # [n] uint8


class Dataset(NamedTuple):
  """Three sets that share no example."""

  train: Examples
  validation: Examples  # Held out of the training files; choices are made here.
  test: Examples  # Scored once, when nothing is left to choose.
  num_classes: int


def load(name: str, data_dir: str = '', num_validation: int = 5000) -> Dataset:
  """The dataset `name` that comes with this package, or the one in `data_dir`.

  Raises:
    UserError: a file is missing or damaged, or the files do not fit together.
  """
  place = folder(name, data_dir)
  train, test = (_read_examples(place, prefix) for prefix in _PREFIXES)
  if train.images.shape[1:] != test.images.shape[1:]:
    raise errors.UserError(
      f'{place}: training images are {train.images.shape[1:]}, '
      f'test images {test.images.shape[1:]}'
    )
  num_classes = _count_classes(place, train.labels, test.labels)
  train, validation = hold_out(train, num_validation)
  return Dataset(train, validation, test, num_classes)


def folder(name: str, data_dir: str = '') -> pathlib.Path:
  """Where the files of a dataset are.

  Raises:
    UserError: nowhere.
  """
  path = pathlib.Path(data_dir or pathlib.Path(__file__).parent / name)
  if not path.is_dir():
    raise errors.UserError(f'{path}: there is no such folder')
  return path


def files(place: pathlib.Path) -> list[pathlib.Path]:
  """The four files of a folder: images and labels, for training and test.

  Raises:
    UserError: one is missing.
  """
  return [_find(place, name) for prefix in _PREFIXES for name in _names(prefix)]


def hold_out(examples: Examples, count: int) -> tuple[Examples, Examples]:
  """The examples without `count` of them, and those; order is kept in both.

  Raises:
    UserError: fewer than one example would be left.
  """
  total = len(examples.labels)
  if count >= total:
    raise errors.UserError(
      f'--num_validation={count} leaves nothing of {total} training examples'
    )
  key = keys.key(_VALIDATION_SEED, 'validation')
  shuffled = _shuffle(total, key).numpy()
  chosen, rest = np.sort(shuffled[:count]), np.sort(shuffled[count:])
  return (
    Examples(examples.images[rest], examples.labels[rest]),
    Examples(examples.images[chosen], examples.labels[chosen]),
  )


def order(num_examples: int, seed: int, epoch: int) -> tf.Tensor:
  """The permutation `[num_examples]` int32 of one epoch.

  A pure function: no shuffle buffer to fill, nothing to save or to restore.
  """
  return _shuffle(num_examples, keys.key(seed, 'order', epoch))


def to_float(images: tf.Tensor) -> tf.Tensor:
  """`[batch, height, width]` uint8 -> `[batch, height, width, 1]` in [0, 1]."""
  return tf.cast(images, tf.float32)[..., tf.newaxis] / 255.0


def _shuffle(count, key):
  numbers = tf.range(count, dtype=tf.int32)
  return tf.random.experimental.stateless_shuffle(numbers, key, alg='philox')


def _read_examples(folder, prefix):
  images_path, labels_path = (_find(folder, name) for name in _names(prefix))
  images, labels = idx.read(images_path), idx.read(labels_path)
  if images.ndim != 3 or not images.size:
    raise errors.UserError(
      f'{images_path}: no images, its shape is {images.shape}'
    )
  if labels.shape != images.shape[:1]:
    raise errors.UserError(
      f'{labels_path}: labels of shape {labels.shape} for {len(images)} images'
    )
  return Examples(images, labels)


def _names(prefix):
  return f'{prefix}-images-idx3-ubyte', f'{prefix}-labels-idx1-ubyte'


def _find(folder, name):
  for path in (folder / name, folder / f'{name}.gz'):
    if path.exists():
      return path
  raise errors.UserError(f'{folder}: neither {name} nor {name}.gz is there')


def _count_classes(folder, train_labels, test_labels):
  """The number of classes: one more than the largest training label."""
  present = np.unique(train_labels)
  gaps = np.flatnonzero(np.diff(present) > 1)
  if gaps.size:
    below, above = present[gaps[0]], present[gaps[0] + 1]
    raise errors.UserError(
      f'{folder}: training label {above} is outside the classes: '
      f'no example has a label between {below} and {above}'
    )
  num_classes = int(present[-1]) + 1
  if test_labels.max() >= num_classes:
    raise errors.UserError(
      f'{folder}: test label {test_labels.max()} is outside the classes '
      f'0 to {num_classes - 1} of the training labels'
    )
  return num_classes
