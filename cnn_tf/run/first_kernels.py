"""The first layer's kernels after each epoch -> `first_kernels.npy`."""

import io
import math
import pathlib

import numpy as np

from cnn_tf import errors
from cnn_tf.network import model
from cnn_tf.run import run_folder

FILE = 'first_kernels.npy'


class FirstKernels:
  """Records the kernels of the first layer after every epoch.

  The file holds `[epochs + 1, *kernel shape]` float32; index 0 is the initial
  kernel. It is written before the checkpoint of its epoch, so a resumed run
  finds every kernel it needs, and drops later ones.
  """

  def __init__(self, folder: pathlib.Path, network: model.ConvNet, done: int):
    """Starts with the kernel of `network`, or with those up to epoch `done`.

    Raises:
      UserError: the kernels up to epoch `done` cannot be read, or are those of
        another network.
    """
    self._path = folder / FILE
    self._kernel = next(iter(network.kernels.values()))
    if done:
      self._kernels = list(read(folder, done))
      shape = self._kernels[0].shape
      if shape != self._kernel.shape:
        raise errors.UserError(
          f'{self._path}: kernels of shape {shape}, not {self._kernel.shape}'
        )
    else:
      self._kernels = [self._kernel.numpy()]

  def keep(self) -> None:
    """Appends the current kernel, and rewrites the whole file.

    Raises:
      UserError: the disk is full.
    """
    self._kernels.append(self._kernel.numpy())
    content = io.BytesIO()
    np.save(content, np.stack(self._kernels))
    run_folder.write(self._path, content.getvalue())


def exist(folder: pathlib.Path) -> bool:
  """Whether the run has the file."""
  return (folder / FILE).exists()


def read(folder: pathlib.Path, last: int) -> np.ndarray:
  """`[last + 1, *kernel shape]` float32: up to epoch `last`.

  Raises:
    UserError: the file cannot be read, or has fewer epochs.
  """
  path = folder / FILE
  try:
    kernels = _intact_kernels(path)
  except (OSError, ValueError) as error:
    reason = getattr(error, 'strerror', None) or error
    raise errors.UserError(f'{path}: {reason}') from None
  if len(kernels) <= last:
    raise errors.UserError(f'{path}: {len(kernels) - 1} of {last} epochs')
  return kernels[: last + 1]


def num_epochs(folder: pathlib.Path) -> int:
  """How many epochs `read` can read."""
  try:
    return max(0, len(_intact_kernels(folder / FILE)) - 1)
  except (OSError, ValueError):
    return 0


def _intact_kernels(path):
  """All complete kernels, even if the file has lost its end."""
  with path.open('rb') as file:
    np.lib.format.read_magic(file)
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype != np.float32 or len(shape) < 2 or not all(shape):
      raise ValueError(f'no kernels, but {dtype} of shape {shape}')
    values = np.frombuffer(file.read(), np.uint8)
  size = math.prod(shape[1:]) * dtype.itemsize
  count = min(shape[0], len(values) // size)
  return values[: count * size].view(dtype).reshape(count, *shape[1:])
