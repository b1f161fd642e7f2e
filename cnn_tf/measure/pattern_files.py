"""Patterns that were found <-> a file in the folder of a run."""

import io
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnn_tf import errors
from cnn_tf.measure import excitation
from cnn_tf.run import storage


class Patterns(NamedTuple):
  """What excites some maps, or units, of a layer most, by gradient ascent."""

  epoch: int  # of the kernels
  numbers: np.ndarray  # [n]: of the maps
  statuses: list[str]  # as `Excitation.status`
  images: np.ndarray  # [n, height, width] in [0, 1]: for the mean of a map
  scores: np.ndarray  # [n]: of the images
  patches: np.ndarray | None  # [n, height, width]: for one node; None for units
  patch_scores: np.ndarray  # [n]


def save(
  folder: pathlib.Path,
  layer: str,
  epoch: int,
  excitations: Sequence[excitation.Excitation],
) -> pathlib.Path:
  """Writes the file of a layer; returns its path.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  arrays = {
    'epoch': epoch,
    'numbers': [found.number for found in excitations],
    'statuses': [found.status for found in excitations],
    'images': np.stack([found.trajectory[-1] for found in excitations]),
    'scores': [found.map_scores.max() for found in excitations],
    'patch_scores': [found.node_scores.max() for found in excitations],
  }
  if excitations[0].pattern is not None:
    arrays['patches'] = np.stack([found.pattern for found in excitations])
  content = io.BytesIO()
  np.savez_compressed(content, **arrays)
  path = _path(folder, layer)
  storage.write(path, content.getvalue())
  return path


def read(folder: pathlib.Path, layer: str) -> Patterns | None:
  """The patterns of a layer, or None if there is no file.

  Raises:
    UserError: the file cannot be read.
  """
  path = _path(folder, layer)
  if not path.exists():
    return None
  try:
    with np.load(path, allow_pickle=False) as file:
      return Patterns(
        int(file['epoch']),
        file['numbers'],
        [str(status) for status in file['statuses']],
        file['images'],
        file['scores'],
        file.get('patches'),
        file['patch_scores'],
      )
  except Exception as error:  # zipfile, zlib and NumPy have their own
    raise errors.UserError(f'{path}: {error}') from None


def _path(folder, layer):
  return folder / f'patterns_{layer}.npz'
