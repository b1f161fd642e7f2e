"""Writes the IDX format, for tests and for studies with images of their own."""

import struct

import numpy as np

from cnn_tf.data import idx


def encode(array: np.ndarray) -> bytes:
  """The uncompressed IDX file of a uint8 array.

  Raises:
    TypeError: the array has another type.
  """
  sizes = struct.pack(f'>{array.ndim}I', *array.shape)
  header = bytes([0, 0, idx.UNSIGNED_BYTE, array.ndim]) + sizes
  return header + array.astype(np.uint8, casting='safe').tobytes()
