"""A window that slides along one axis: its positions, and what they cover.

A window of size 2 slides with stride 2 along an axis of size 11:

  padding   positions   covered indices
  valid     5           0-1, 2-3, 4-5, 6-7, 8-9           index 10 is not used
  same      6           0-1, 2-3, 4-5, 6-7, 8-9, 10-11    index 11 is padding

`valid` uses no padding: `floor((size - window) / stride) + 1` positions. `same`
pads just enough for `ceil(size / stride)` positions, evenly at both ends; if
the total is odd, the end gets one more. A convolution pads with zeros; pooling
ignores the padding.
"""

import math
from typing import NamedTuple

PADDINGS = ('valid', 'same')


def check_padding(padding: str) -> str:
  """Returns `padding`, or raises a `ValueError` if there is no such padding."""
  if padding not in PADDINGS:
    raise ValueError(f"padding must be 'valid' or 'same', not {padding!r}")
  return padding


class Axis(NamedTuple):
  """A window that slides along one axis of a feature map."""

  size: int  # of the input, in values
  window: int
  stride: int
  padding: str  # 'valid' or 'same'


def axes(size, window, stride, padding) -> list[Axis]:
  """The vertical and the horizontal axis; `size`, window, stride are pairs."""
  pairs = zip(size, window, stride, strict=True)
  return [Axis(*pair, padding) for pair in pairs]


def num_positions(axis: Axis) -> int:
  """The size of the output. With `valid`, the window must fit on the axis."""
  if check_padding(axis.padding) == 'same':
    return math.ceil(axis.size / axis.stride)
  return (axis.size - axis.window) // axis.stride + 1


def covered(axis: Axis) -> list[range]:
  """The indices that the window covers at each of its positions.

  Indices < 0 and >= `size` are padding.
  """
  last_start = (num_positions(axis) - 1) * axis.stride
  pad_total = max(last_start + axis.window - axis.size, 0)  # 0 for `valid`
  pad_before = pad_total // 2
  starts = range(-pad_before, last_start - pad_before + 1, axis.stride)
  return [range(start, start + axis.window) for start in starts]
