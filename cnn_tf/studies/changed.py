"""A dataset, its images changed -> four IDX files that a training can read."""

import pathlib
from collections.abc import Callable

import numpy as np

from cnn_tf import errors
from cnn_tf.data import files
from cnn_tf.data import idx
from cnn_tf.run import run_folder
from cnn_tf.studies import study


def write(
  plan: study.Plan, name: str, change: Callable[[np.ndarray], np.ndarray]
) -> str:
  """The folder of the plan's dataset after `change`.

  The examples stay in their order, so that the same ones are held out. Files
  that are there must be the same: networks were trained on them.

  Args:
    plan: says which dataset, and where to.
    name: of the change, for the folder.
    change: `[n, height, width]` uint8 -> as many images of the same size.

  Raises:
    UserError: the folder holds other images, or cannot be written.
  """
  source = files.folder(plan.dataset, plan.data_dir)
  target = pathlib.Path(plan.networks, f'{source.name}-{name}').absolute()
  run_folder.make(target)
  for path in files.find(source):
    array = idx.read(path)
    if array.ndim == 3:
      array = change(array)
    file = target / path.name.removesuffix('.gz')
    content = idx.encode(array)
    if not file.exists():
      run_folder.write(file, content)
    elif file.read_bytes() != content:
      raise errors.UserError(
        f'{file} holds other images: remove {target}, and the folders of the '
        'networks that were trained on it'
      )
  return str(target)


def shift(images: np.ndarray, down: int, right: int) -> np.ndarray:
  """Moves images `[n, height, width]`; what comes in from outside is 0."""
  height, width = images.shape[1:]
  most = max(abs(down), abs(right))
  padded = np.pad(images, [(0, 0), (most, most), (most, most)])
  top, left = most - down, most - right
  return padded[:, top : top + height, left : left + width]
