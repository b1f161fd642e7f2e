"""A run on the first real images of MNIST, of a second or so."""

import gzip
import json
import pathlib
import struct
from typing import Any

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets

# Bazel runs tests in a tree of links, which must not be resolved.
ROOT = pathlib.Path(__file__).absolute().parents[1]


# Every training trick, each of them on.
TRICKS = {
  'layers': 'conv 4 3x3 tanh dropout 0.1, avgpool 2x2, dense 9 elu dropout 0.3',
  'average': 0.98,
  'evaluate_flips': True,
  'label_smoothing': 0.1,
  'shift': 2,
  'flip': True,
  'rotate': 10.0,
  'scale': 0.1,
  'shear': 5.0,
  'erase': 0.5,
}


def flags(folder: str | pathlib.Path, **others: Any) -> dict[str, Any]:
  """A run on `write(folder)`: 51 steps an epoch; 2 images are left out."""
  return {
    'data_dir': str(folder),
    'num_validation': 128,
    'layers': 'conv 4 3x3, maxpool 2x2',
    'precision': 'float32',
    'batch_size': 10,
    'num_epochs': 3,
    'optimizer': 'momentum',
    'lr_schedule': 'constant',
    'learning_rate': 0.05,
    'warmup_epochs': 0.0,
    'l2_scale': 1e-4,
    'average': 0.0,
    'label_smoothing': 0.0,
  } | others


def saved_values(workdir: str | pathlib.Path, epoch: int) -> dict[str, bytes]:
  """The bytes of all variables in a checkpoint."""
  reader = tf.train.load_checkpoint(f'{workdir}/checkpoints/ckpt-{epoch}')
  return {
    name: np.asarray(reader.get_tensor(name)).tobytes()
    for name in reader.get_variable_to_shape_map()
    if not name.startswith('_')  # how TensorFlow keeps their tree
  }


def records(workdir: str | pathlib.Path) -> dict[str, Any]:
  """What a run records, without how long it took."""
  folder = pathlib.Path(workdir)
  names = ('metrics.csv', 'first_kernels.npz')
  result = json.loads((folder / 'result.json').read_text())
  del result['training_seconds']
  return {name: (folder / name).read_bytes() for name in names} | result


def write(
  folder: str | pathlib.Path, num_train: int = 640, num_test: int = 200
) -> None:
  """Writes four IDX files with the first images and labels of MNIST."""
  for prefix, count in (('train', num_train), ('t10k', num_test)):
    for kind, item_shape in (('images-idx3', (28, 28)), ('labels-idx1', ())):
      name = f'{prefix}-{kind}-ubyte'
      items = _first(name, count, item_shape)
      sizes = struct.pack(f'>{items.ndim}I', *items.shape)
      header = bytes([0, 0, 8, items.ndim]) + sizes
      pathlib.Path(folder, name).write_bytes(header + items.tobytes())


def examples(count: int) -> datasets.Examples:
  """The first training images and their labels."""
  return datasets.Examples(
    _first('train-images-idx3-ubyte', count, (28, 28)),
    _first('train-labels-idx1-ubyte', count, ()),
  )


def _first(name, count, item_shape):
  """Read without the code that is tested."""
  header_size = 4 + 4 * (1 + len(item_shape))
  size = count * int(np.prod(item_shape))
  with gzip.open(ROOT / 'cnn_tf/data/mnist' / f'{name}.gz') as file:
    content = file.read(header_size + size)
  items = np.frombuffer(content, np.uint8, offset=header_size)
  return items.reshape(count, *item_shape)
