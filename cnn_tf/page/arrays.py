"""Arrays <-> text that is small enough for a page."""

import base64
import gzip
import math
from typing import Any

import numpy as np

_TYPES = ('float32', 'uint8', 'int8', 'int32')


def encode(array: np.ndarray) -> dict[str, Any]:
  """Shape, type, and the little-endian bytes, by gzip and base64.

  float32 arrays keep their bits, so the page computes with the same numbers.
  """
  if array.dtype.name not in _TYPES:
    raise TypeError(f'expected one of {_TYPES}, not {array.dtype}')
  little_endian = array.astype(array.dtype.newbyteorder('<'))
  # Without the time, equal arrays give equal text.
  compressed = gzip.compress(little_endian.tobytes(), mtime=0)
  return {
    'type': array.dtype.name,
    'shape': list(array.shape),
    'gzip': base64.b64encode(compressed).decode('ascii'),
  }


def decode(encoded: dict[str, Any]) -> np.ndarray:
  """The inverse of `encode`."""
  content = gzip.decompress(base64.b64decode(encoded['gzip']))
  dtype = np.dtype(encoded['type']).newbyteorder('<')
  count = math.prod(encoded['shape'])
  return np.frombuffer(content, dtype, count).reshape(encoded['shape'])
