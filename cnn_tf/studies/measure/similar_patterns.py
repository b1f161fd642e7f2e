"""Are patterns from different starts alike?"""

import itertools
from typing import NamedTuple

import numpy as np


class Correlation(NamedTuple):
  """Mean correlations around mid-grey of patterns from two starts."""

  one_map: float  # of two patterns of the same map
  two_maps: float


def share_of_best(scores: np.ndarray) -> float:
  """The mean score of all but the best final image of a map, as a share of it.

  Args:
    scores: `[maps, starts]`. Maps that no start makes positive are left
      out.
  """
  ordered = np.sort(scores, axis=1)
  ordered = ordered[ordered[:, -1] > 0]
  return float(np.mean(ordered[:, :-1] / ordered[:, -1:]))


def correlate(patterns: np.ndarray, reach: int) -> Correlation:
  """Correlates all patterns from one start with all from another one.

  The starts are the same for all maps, and pixels that a map does not use keep
  their initial values, so patterns from the same start are not compared.

  Args:
    patterns: `[maps, starts, height, width]` in [0, 1].
    reach: the largest offset, in pixels; of all offsets, that with the largest
      correlation over the common pixels is taken for each pair.
  """
  num_maps, num_starts, *_ = patterns.shape
  signs = 2 * patterns.astype(float) - 1
  same = np.eye(num_maps, dtype=bool)
  one_map, two_maps = [], []
  for first, second in itertools.combinations(range(num_starts), 2):
    table = _best(signs[:, first], signs[:, second], reach)
    one_map.append(table[same].mean())
    two_maps.append(table[~same].mean() if num_maps > 1 else np.nan)
  return Correlation(float(np.mean(one_map)), float(np.mean(two_maps)))


def _best(a, b, reach):
  """`[maps, maps]`: the largest correlation of each pair over all offsets."""
  offsets = range(-reach, reach + 1)
  return np.max(
    [
      _products(_window(a, y, x), _window(b, -y, -x))
      for y in offsets
      for x in offsets
    ],
    axis=0,
  )


def _window(images, y, x):
  """What remains of the images if they are moved up by y and left by x."""
  height, width = images.shape[1:]
  rows = slice(max(0, y), height + min(0, y))
  columns = slice(max(0, x), width + min(0, x))
  return images[:, rows, columns].reshape(len(images), -1)


def _products(a, b):
  lengths = np.outer(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))
  return a @ b.T / lengths
