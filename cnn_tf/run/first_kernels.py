"""The first layer's kernels after each epoch -> `first_kernels.npy`."""

import io
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
      UserError: the kernels up to epoch `done` cannot be read.
    """
    self._path = folder / FILE
    self._kernel = next(iter(network.kernels.values()))
    if done:
      self._kernels = list(read(folder, done))
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
    kernels = np.load(path)[: last + 1]
  except (OSError, ValueError, EOFError) as error:
    raise errors.UserError(f'{path}: {error}') from None
  if len(kernels) <= last:
    raise errors.UserError(f'{path}: {len(kernels) - 1} of {last} epochs')
  return kernels
