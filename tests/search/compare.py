"""How far apart two results are."""

from collections.abc import Sequence

import numpy as np


def relative_error(
  actual: Sequence[np.ndarray], expected: Sequence[np.ndarray]
) -> float:
  """The largest difference, relative to the largest expected value.

  Both are taken over all arrays. It is infinite if a shape differs or a value
  is not finite.
  """
  differences, sizes = [0.0], [0.0]
  for a, e in zip(actual, expected, strict=True):
    a, e = np.asarray(a, np.float64), np.asarray(e, np.float64)
    if a.shape != e.shape or not np.isfinite(a).all():
      return float('inf')
    differences.append(np.abs(a - e).max(initial=0))
    sizes.append(np.abs(e).max(initial=0))
  if max(differences) == 0:
    return 0.0
  return max(differences) / max(sizes) if max(sizes) else float('inf')
