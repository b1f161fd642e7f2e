"""A study in miniature: on the first real images, trained for a second."""

import pathlib

from cnn_tf.data import datasets
from cnn_tf.data import idx
from cnn_tf.studies import study
from tests import small_data

# 5,000 are held out, 640 are trained on, and the others stand for the test set.
_NUM_TRAIN, _NUM_TEST = 5640, 200


def plan(folder: str | pathlib.Path, seeds: int = 1) -> study.Plan:
  """A plan of one epoch; data and networks are in `folder`."""
  data_dir = pathlib.Path(folder, 'digits')
  data_dir.mkdir()
  for prefix, examples in zip(('train', 't10k'), _parts(), strict=True):
    for kind, array in zip(
      ('images-idx3', 'labels-idx1'), examples, strict=True
    ):
      path = data_dir / f'{prefix}-{kind}-ubyte'
      path.write_bytes(idx.encode(array))
  networks = pathlib.Path(folder, 'networks')
  return study.Plan('mnist', seeds, 1, str(data_dir), networks, replicas='1')


def _parts():
  """The first training images of MNIST, and those that follow."""
  images, labels = small_data.examples(_NUM_TRAIN + _NUM_TEST)
  first, rest = slice(_NUM_TRAIN), slice(_NUM_TRAIN, None)
  return (
    datasets.Examples(images[first], labels[first]),
    datasets.Examples(images[rest], labels[rest]),
  )
