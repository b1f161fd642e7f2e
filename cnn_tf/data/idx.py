"""The IDX format of MNIST: each file holds one array.

A file consists of four bytes (0, 0, the type of the numbers, the number of
axes), the length of each axis as a big-endian uint32, and the numbers, with the
last axis varying fastest. Both datasets use type 8, unsigned bytes. The
training images begin with 0 0 8 3 and the lengths 60000, 28 and 28.

Source: LeCun and Cortes, "The MNIST database", section "File formats".
"""

import gzip
import math
import pathlib
import struct
import zlib

import numpy as np

from cnn_tf import errors

UNSIGNED_BYTE = 8
_GZIP = b'\x1f\x8b'  # the first two bytes of every gzip file


def read(path: str | pathlib.Path) -> np.ndarray:
  """Reads an IDX file of unsigned bytes, uncompressed or compressed by gzip.

  Raises:
    UserError: the file cannot be read, or is not a complete IDX file of bytes.
  """
  path = pathlib.Path(path)
  if path.is_fifo() or path.is_char_device():  # reading it may never end
    raise errors.UserError(f'{path}: not a file')
  try:
    content = path.read_bytes()
    if content.startswith(_GZIP):
      content = gzip.decompress(content)
    return _decode(content)
  except OSError as error:
    reason = error.strerror or error  # gzip's own OSErrors have no strerror
    raise errors.UserError(f'{path}: {reason}') from None
  except (EOFError, zlib.error) as error:
    raise errors.UserError(f'{path}: damaged gzip: {error}') from None
  except ValueError as error:
    raise errors.UserError(f'{path}: {error}') from None


def _decode(content):
  if len(content) < 4 or content[:2] != b'\0\0':
    raise ValueError('not an IDX file: it must start with two zero bytes')
  number_type, num_axes = content[2:4]
  if number_type != UNSIGNED_BYTE:
    raise ValueError(f'numbers of type {number_type:#04x}, not bytes (0x08)')
  header_size = 4 + 4 * num_axes
  if len(content) < header_size:
    raise ValueError('truncated in its header')
  shape = struct.unpack(f'>{num_axes}I', content[4:header_size])
  expected = header_size + math.prod(shape)
  if len(content) != expected:
    fault = 'truncated' if len(content) < expected else 'too long'
    raise ValueError(
      f'{fault}: the header says {expected:,} bytes, there are {len(content):,}'
    )
  return np.frombuffer(content, np.uint8, offset=header_size).reshape(shape)
