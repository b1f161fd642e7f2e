"""What excites each map most, as a table and as a file in the run's folder."""

import io
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnn_tf import errors
from cnn_tf.run import storage

_TOLERANCE = 1e-4  # relative difference; a smaller one is rounding


class Excitation(NamedTuple):
  """What excites one map, or unit; scores are before the activation function.

  There are two objectives, each with its own baseline. The mean of a map
  depends on a whole image, so its pattern is compared with the best training
  image. One node depends on a patch, so the pattern of the centre node is
  compared with the best patch of the training set. For a dense unit the two
  are the same.
  """

  number: int
  is_relu: bool  # values below 0 then become 0
  map_scores: np.ndarray  # [starts]: mean of the map, after the last step
  trajectory: np.ndarray  # [snapshots, height, width]: of the best start
  image_score: float  # the largest mean of the map over a training image
  node_scores: np.ndarray  # [starts]: the centre node, after the last step
  pattern: np.ndarray | None  # its best patch, by ascent; None for a unit
  patch_scores: np.ndarray  # [count]: a node on training images, best first
  patches: list[np.ndarray]  # the receptive fields of these nodes, in [0, 1]

  @property
  def map_score(self) -> float:
    """That of the best start, for the mean of the map."""
    return self.map_scores[best_start(self.map_scores)]

  @property
  def node_score(self) -> float:
    """That of the best start, for the centre node."""
    return self.node_scores[best_start(self.node_scores)]

  @property
  def status(self) -> str:
    """The outcome of the search.

    'dead': relu gives 0 for all patterns and all training images.
    'not converged': a training image or patch scores higher than the pattern,
      or the pattern is where the ascent started, without a gradient.
    'silent': relu gives 0 for all training images, but not for the patterns.
    'converged': none of these.
    """
    patterns = self.map_score, self.node_score
    real = self.image_score, self.patch_scores[0]
    if self.is_relu and max(*patterns, *real) <= 0:
      return 'dead'
    # NaN reaches nothing.
    reached = [
      pattern >= best - _TOLERANCE * abs(best)
      for pattern, best in zip(patterns, real, strict=True)
    ]
    is_stuck = np.array_equal(self.trajectory[0], self.trajectory[-1])
    if is_stuck or not all(reached):
      return 'not converged'
    if self.is_relu and max(real) <= 0:
      return 'silent'
    return 'converged'


class Patterns(NamedTuple):
  """What excites some maps, or units, of a layer most, by gradient ascent."""

  epoch: int  # of the kernels
  numbers: np.ndarray  # [n]: of the maps
  statuses: list[str]  # as `Excitation.status`
  images: np.ndarray  # [n, height, width] in [0, 1]: for the mean of a map
  scores: np.ndarray  # [n]: of the images
  patches: np.ndarray | None  # [n, height, width]: for one node; None for units
  patch_scores: np.ndarray  # [n]


def best_start(scores: np.ndarray) -> int:
  """The index of the largest score; NaN is smaller than any number."""
  return int(np.where(np.isnan(scores), -np.inf, scores).argmax())


def table(excitations: Sequence[Excitation]) -> list[list[str]]:
  """The rows of a CSV file; the first row names the columns."""
  starts = range(len(excitations[0].map_scores))
  rows = [
    ['map', 'status', 'map_pattern', 'best_image', 'node_pattern', 'best_patch']
    + [f'map_start_{start}' for start in starts]
    + [f'node_start_{start}' for start in starts]
  ]
  for found in excitations:
    scores = [found.map_score, found.image_score]
    scores += [found.node_score, found.patch_scores[0]]
    scores += [*found.map_scores, *found.node_scores]
    rows.append(
      [str(found.number), found.status, *(f'{s:.6g}' for s in scores)]
    )
  return rows


def save(
  folder: pathlib.Path,
  layer: str,
  epoch: int,
  excitations: Sequence[Excitation],
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
    'scores': [found.map_score for found in excitations],
    'patch_scores': [found.node_score for found in excitations],
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
  except Exception as error:  # zipfile, zlib and NumPy raise their own
    raise errors.UserError(f'{path}: {error}') from None


def _path(folder, layer):
  return folder / f'patterns_{layer}.npz'
