"""Pictures -> a dataset: a folder per class -> four IDX files, classes.txt.

  python -m cnn_tf.pack pictures mydata
  python run_train.py --data_dir=mydata

`pictures` has a folder per class, whose name is that of the class. The classes
are numbered in the order of their names. Of each class, a share of the pictures
is the test set, drawn with a fixed seed: the same files give the same sets.
"""

import pathlib

import numpy as np
from absl import flags

from cnn_tf import errors
from cnn_tf.data import files
from cnn_tf.data import idx_writer
from cnn_tf.run import command
from cnn_tf.run import storage

_SEED = 28
_MAX_CLASSES = 256  # a label is a byte


def main(*arguments: str) -> None:
  """Writes the files, and one line for each picture that is left out."""
  if len(arguments) != 2:
    raise errors.UserError(
      'give two folders: that of the pictures, and a new one'
    )
  if not 0 <= flags.FLAGS.test_fraction <= 1:  # NaN
    raise errors.UserError('--test_fraction must be from 0 to 1')
  source, target = map(_expanded, arguments)
  classes = find(source)
  if target.exists() and not target.is_dir():
    raise errors.UserError(f'{target} is not a folder')
  if target.exists() and any(target.iterdir()):
    raise errors.UserError(f'{target} is not empty')
  images, labels = _read(classes)
  is_test = choose(labels, flags.FLAGS.test_fraction)
  storage.make_folder(target)
  storage.write(target / files.CLASSES, '\n'.join([*classes, '']))
  for part, chosen in (('train', ~is_test), ('t10k', is_test)):
    for kind, array in (('images-idx3', images), ('labels-idx1', labels)):
      content = idx_writer.encode(array[chosen])
      storage.write(target / f'{part}-{kind}-ubyte', content)
  size = 'x'.join(map(str, images.shape[1:]))
  print(
    f'{target}: {(~is_test).sum():,} training and {is_test.sum():,} test '
    f'images of {size}, {len(classes)} classes'
  )


def _expanded(name):
  try:
    return pathlib.Path(name).expanduser()
  except RuntimeError as error:
    raise errors.UserError(f'{name}: {error}') from None


def find(source: pathlib.Path) -> dict[str, list[pathlib.Path]]:
  """Class -> the files in its folder, both in the order of their names.

  Raises:
    UserError: there is no folder, or there are no classes, or too many, or one
      has a name that cannot be a line of a text file.
  """
  if not source.is_dir():
    raise errors.UserError(f'{source}: no such folder')
  folders = sorted(path for path in source.iterdir() if path.is_dir())
  if not 2 <= len(folders) <= _MAX_CLASSES:
    raise errors.UserError(
      f'{source}: {len(folders)} folders; there must be 2 to {_MAX_CLASSES}, '
      'one per class'
    )
  for folder in folders:
    if not folder.name.isprintable():  # a line break, or bytes that are no text
      raise errors.UserError(f'{source}: rename the folder {folder.name!r}')
  return {
    folder.name: sorted(path for path in folder.iterdir() if path.is_file())
    for folder in folders
  }


def choose(labels: np.ndarray, fraction: float) -> np.ndarray:
  """Which examples are for the test: the same share of each class, `[n]` bool.

  Of each class at least one, and all but one at most.
  """
  random = np.random.default_rng(_SEED)
  is_test = np.zeros(len(labels), bool)
  for label in np.unique(labels):
    places = random.permutation(np.flatnonzero(labels == label))
    count = round(fraction * len(places))
    is_test[places[: min(max(count, 1), len(places) - 1)]] = True
  return is_test


def _read(classes) -> tuple[np.ndarray, np.ndarray]:
  """Images and labels of the files that are pictures.

  Raises:
    UserError: a class has fewer than two.
  """
  with command.silent_libraries():
    from cnn_tf import pictures

  size = flags.FLAGS.size, flags.FLAGS.size
  images, labels = [], []
  for label, (name, paths) in enumerate(classes.items()):
    for path in paths:
      try:
        grey = pictures.read(path, flags.FLAGS.invert)
      except errors.UserError as error:
        print(f'left out: {error}')
      else:
        images.append(pictures.fit(grey, size))
        labels.append(label)
    if labels.count(label) < 2:
      raise errors.UserError(
        f'{name}: a class needs a picture for training and one for the test'
      )
  return np.array(images), np.array(labels, np.uint8)


if __name__ == '__main__':
  flags.DEFINE_integer('size', 28, 'pixels of a side of an image', 1, 1000)
  flags.DEFINE_bool('invert', False, 'black becomes white: for ink on paper')
  flags.DEFINE_float(
    'test_fraction', 0.2, 'share of each class for the test', 0.0, 1.0
  )
  command.run(main, takes_arguments=True)
