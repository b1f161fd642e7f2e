"""A plan for the tests of studies: real images, trained in about a second."""

import pathlib

from cnn_tf.data import datasets
from cnn_tf.data import idx_writer
from cnn_tf.studies import study
from tests import small_data

# 640 training and 5,000 validation examples; the next 200 are the test set.
_NUM_TRAIN, _NUM_TEST = 5640, 200


def plan(folder: str | pathlib.Path, seeds: int = 1) -> study.Plan:
  """A plan of one epoch, with its data and its networks in `folder`."""
  data_dir = pathlib.Path(folder, 'digits')
  data_dir.mkdir()
  for prefix, examples in zip(('train', 't10k'), _parts(), strict=True):
    for kind, array in zip(
      ('images-idx3', 'labels-idx1'), examples, strict=True
    ):
      path = data_dir / f'{prefix}-{kind}-ubyte'
      path.write_bytes(idx_writer.encode(array))
  networks = pathlib.Path(folder, 'networks')
  return study.Plan('mnist', seeds, 1, str(data_dir), networks, '1')


def _parts():
  """The first training examples of MNIST, and the next ones as test set."""
  images, labels = small_data.examples(_NUM_TRAIN + _NUM_TEST)
  first, rest = slice(_NUM_TRAIN), slice(_NUM_TRAIN, None)
  return (
    datasets.Examples(images[first], labels[first]),
    datasets.Examples(images[rest], labels[rest]),
  )
