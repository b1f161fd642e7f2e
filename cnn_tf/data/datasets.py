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
  """Training, validation and test examples."""

  train: Examples
  validation: Examples  # held out to compare settings; there may be none
  test: Examples  # a run evaluates on them once, after its last epoch
  num_classes: int


def load(
  name: str,
  data_dir: str = '',
  num_validation: int = 5000,
  read_test: bool = True,
) -> Dataset:
  """Loads a dataset of this package, or the one in the folder `data_dir`.

  By default it has 55,000 training, 5,000 validation and 10,000 test examples.

  Args:
    name: 'mnist' or 'fashion'.
    data_dir: a folder of four IDX files to read instead, if not empty.
    num_validation: how many training examples to hold out.
    read_test: if False, the test files are not read, and `test` is empty.

  Raises:
    UserError: a file is missing or damaged, or the files do not match.
  """
  paths = files.find(files.folder(name, data_dir))
  arrays = [idx.read(path) for path in (paths if read_test else paths[:2])]
  files.check(paths, arrays)
  train = Examples(*arrays[:2])
  none = Examples(train.images[:0], train.labels[:0])
  test = Examples(*arrays[2:]) if read_test else none
  num_classes = int(train.labels.max()) + 1
  train, validation = hold_out(train, num_validation)
  return Dataset(train, validation, test, num_classes)


def hold_out(examples: Examples, count: int) -> tuple[Examples, Examples]:
  """Splits off `count` random examples: the rest, and those; in file order.

  Raises:
    UserError: no example would remain.
  """
  total = len(examples.labels)
  if count >= total:
    raise errors.UserError(
      f'--num_validation={count} leaves none of the {total} training examples'
    )
  shuffled = _shuffle(total, keys.key(_VALIDATION_SEED, 'validation')).numpy()
  held_out, rest = np.sort(shuffled[:count]), np.sort(shuffled[count:])
  return (
    Examples(examples.images[rest], examples.labels[rest]),
    Examples(examples.images[held_out], examples.labels[held_out]),
  )


def order(num_examples: int, seed: int, epoch: int) -> tf.Tensor:
  """The permutation of the examples for one epoch, `[num_examples]` int32.

  It depends only on its arguments, so a resumed run gets the same order.
  """
  return _shuffle(num_examples, keys.key(seed, 'order', epoch))


def to_float(images: tf.Tensor | np.ndarray) -> tf.Tensor:
  """`[batch, height, width]` uint8 -> `[batch, height, width, 1]` in [0, 1].

  The last axis holds the channels: a grey image has one.
  """
  # In a tf.function, TensorFlow rewrites `x / 255` as `x * (1 / 255)`, which
  # can differ in the last bit. As a product, eager and graph mode agree.
  return tf.cast(images, tf.float32)[..., tf.newaxis] * (1 / 255)


def _shuffle(count, key):
  numbers = tf.range(count, dtype=tf.int32)
  return tf.random.experimental.stateless_shuffle(numbers, key, alg='philox')
