"""What was found to excite a map, and whether to believe it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_ROUNDING = 1e-4  # share of a score that does not count


class Excitation(NamedTuple):
  """What excites one map, or unit; scores are before the activation function.

  Like is compared with like. The mean of a map depends on a whole image: its
  pattern has to beat the best whole training image. One node sees a patch: the
  pattern of the centre node has to beat the best patch of the training set. For
  a dense unit both are the same.
  """

  number: int
  is_relu: bool  # then nothing below 0 leaves the map
  map_scores: np.ndarray  # [starts]: mean of the map, at the end
  way: np.ndarray  # [times, height, width]: from the best start to its end
  image_score: float  # the largest mean of the map over a training image
  node_scores: np.ndarray  # [starts]: the centre node, at the end
  pattern: np.ndarray | None  # what it sees of its best end; None for a unit
  patch_scores: np.ndarray  # [count]: a node on a training image, best first
  patches: list[np.ndarray]  # what these nodes see, in [0, 1]

  @property
  def status(self) -> str:
    """In a word, how the search went."""
    patterns = self.map_scores.max(), self.node_scores.max()
    real = self.image_score, self.patch_scores[0]
    if self.is_relu and max(*patterns, *real) <= 0:
      return 'dead'
    if any(
      pattern < best - _ROUNDING * abs(best)
      for pattern, best in zip(patterns, real, strict=True)
    ):
      return 'not converged'
    if self.is_relu and max(real) <= 0:
      return 'silent'  # on every real image, but not on its pattern
    return 'converged'


def table(excitations: Sequence[Excitation]) -> list[list[str]]:
  """The rows of a CSV file, the first with the names of the columns."""
  starts = range(len(excitations[0].map_scores))
  rows = [
    ['map', 'status', 'map_pattern', 'best_image', 'node_pattern', 'best_patch']
    + [f'map_start_{start}' for start in starts]
    + [f'node_start_{start}' for start in starts]
  ]
  for x in excitations:
    scores = [x.map_scores.max(), x.image_score]
    scores += [x.node_scores.max(), x.patch_scores[0]]
    scores += [*x.map_scores, *x.node_scores]
    rows.append([str(x.number), x.status, *(f'{s:.6g}' for s in scores)])
  return rows
