"""Kernels as integers of a few bits, and a scale for each filter."""

import numpy as np


def rounded(kernel: np.ndarray, bits: int = 8) -> tuple[np.ndarray, np.ndarray]:
  """A kernel as integers times a scale per filter.

  The largest weight of a filter becomes the largest integer, 127 for 8 bits, or
  minus that; so no weight changes by more than half of the scale.

  Args:
    kernel: `[..., filters]`.
    bits: of an integer, from 2 to 8; with 2, it is -1, 0 or 1.

  Returns:
    int8 `[..., filters]`, and float32 `[filters]`.
  """
  largest = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0)
  scales = np.where(largest > 0, largest / (2 ** (bits - 1) - 1), 1)
  scales = scales.astype(np.float32)
  return np.rint(kernel / scales).astype(np.int8), scales
