"""The datasets: examples, validation split, order of an epoch."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf import keys
from cnn_tf.data import files
from cnn_tf.data import idx

# An arbitrary constant: the validation examples are the same for every run,
# whatever its seed, so that runs can be compared on them.
_VALIDATION_SEED = 28


class Examples(NamedTuple):
  """Images and their labels, in the same order."""

  images: np.ndarray  # [n, height, width] uint8; 0 is the background
  labels: np.ndarray  # [n] uint8


class Dataset(NamedTuple):
  """Training, validation and test examples.

  A run evaluates on the test set once, after its last epoch. (The studies use
  it more often; docs/studies.md says where.)
  """

  train: Examples
  validation: Examples  # held out to compare settings; there may be none
  test: Examples
  num_classes: int


def load(
  name: str,
  data_dir: str = '',
  num_validation: int = 5000,
  read_test: bool = True,
) -> Dataset:
  """Loads a dataset of this package, or the one in the folder `data_dir`.

  By default 55,000 training, 5,000 validation and 10,000 test examples.

  Args:
    name: 'mnist' or 'fashion'.
    data_dir: a folder of four IDX files to read instead, if not empty.
    num_validation: how many training examples to hold out.
    read_test: if False, the test files stay closed, and the test set empty.

  Raises:
    UserError: a file is missing or damaged, or the files do not match.
  """
  place = files.folder(name, data_dir)
  paths = files.find(place)
  train = _read_examples(*paths[:2])
  none = Examples(train.images[:0], train.labels[:0])
  test = _read_examples(*paths[2:]) if read_test else none
  if train.images.shape[1:] != test.images.shape[1:]:
    raise errors.UserError(
      f'{place}: training images are {train.images.shape[1:]}, '
      f'test images {test.images.shape[1:]}'
    )
  num_classes = _count_classes(place, train.labels, test.labels)
  train, validation = hold_out(train, num_validation)
  return Dataset(train, validation, test, num_classes)


def hold_out(examples: Examples, count: int) -> tuple[Examples, Examples]:
  """Splits off `count` random examples; both parts keep their order.

  Returns:
    The examples that remain, and those that were split off.

  Raises:
    UserError: no example would remain.
  """
  total = len(examples.labels)
  if count >= total:
    raise errors.UserError(
      f'--num_validation={count} leaves none of the {total} training examples'
    )
  key = keys.key(_VALIDATION_SEED, 'validation')
  shuffled = _shuffle(total, key).numpy()
  held_out, rest = np.sort(shuffled[:count]), np.sort(shuffled[count:])
  return (
    Examples(examples.images[rest], examples.labels[rest]),
    Examples(examples.images[held_out], examples.labels[held_out]),
  )


def order(num_examples: int, seed: int, epoch: int) -> tf.Tensor:
  """The permutation of the examples for one epoch, `[num_examples]` int32.

  It depends on its arguments alone, so a resumed run computes it again.
  """
  return _shuffle(num_examples, keys.key(seed, 'order', epoch))


def to_float(images: tf.Tensor) -> tf.Tensor:
  """`[batch, height, width]` uint8 -> `[batch, height, width, 1]` in [0, 1].

  The last axis holds the channels: a grey image has one.
  """
  # In a tf.function, TensorFlow rewrites `x / 255` as `x * (1 / 255)`, which
  # can differ in the last bit. Written as a product, both give the same bits.
  return tf.cast(images, tf.float32)[..., tf.newaxis] * (1 / 255)


def _shuffle(count, key):
  numbers = tf.range(count, dtype=tf.int32)
  return tf.random.experimental.stateless_shuffle(numbers, key, alg='philox')


def _read_examples(images_path, labels_path):
  images, labels = idx.read(images_path), idx.read(labels_path)
  if images.ndim != 3 or not images.size:
    raise errors.UserError(
      f'{images_path}: expected images, not shape {images.shape}'
    )
  if labels.shape != images.shape[:1]:
    raise errors.UserError(
      f'{labels_path}: labels of shape {labels.shape} for {len(images)} images'
    )
  return Examples(images, labels)


def _count_classes(folder, train_labels, test_labels):
  """One more than the largest training label."""
  present = np.unique(train_labels)
  gaps = np.flatnonzero(np.diff(present) > 1)
  if gaps.size:
    below, above = present[gaps[0]], present[gaps[0] + 1]
    raise errors.UserError(
      f'{folder}: training label {above} is outside the classes: '
      f'no example has a label between {below} and {above}'
    )
  num_classes = int(present[-1]) + 1
  if test_labels.size and test_labels.max() >= num_classes:
    raise errors.UserError(
      f'{folder}: test label {test_labels.max()} is outside the classes '
      f'0 to {num_classes - 1} of the training labels'
    )
  return num_classes
