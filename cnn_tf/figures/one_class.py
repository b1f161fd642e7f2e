"""Many images of one class, and of another one, in every map of a layer."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnn_tf.figures import sheet

# In inches.
_SIDE = 0.33  # the width of a tile
_LABEL = 0.4  # for the number of a map
_GAP = 0.25  # between the images and the maps, and between two columns
_MAX_ROWS = 32  # with more maps there are two columns
_UNIT = (1, 3)  # the shape of the tile of a unit
_PIXELS = 24  # the least width of a tile
_BORDER = 2  # in these pixels


class Group(NamedTuple):
  """Images of one class."""

  caption: str
  images: np.ndarray  # [n, height, width] uint8
  values: np.ndarray  # [n, height, width, maps]: the output of the layer


def one_class(
  name: str, groups: Sequence[Group], title: str, source: str
) -> sheet.Figure:
  """One row per map: its output for each image, the groups side by side.

  Args:
    name: of the layer, with its activation function.
    groups: the class, and others to compare it with.
    title: what they are.
    source: for the heading.
  """
  num_maps = groups[0].values.shape[-1]
  num_columns = 1 if num_maps <= _MAX_ROWS else 2
  num_rows = -(-num_maps // num_columns)
  starts = range(0, num_maps, num_rows)
  columns = [range(start, min(start + num_rows, num_maps)) for start in starts]
  images = mosaic([group.images[np.newaxis] for group in groups])
  blocks = [mosaic([_rows(g.values, maps) for g in groups]) for maps in columns]
  width = _SIDE * (sum(len(g.images) for g in groups) + len(groups) - 1)
  top = sheet.HEADING + 0.75
  below = top + _height(images, width) + _GAP
  pitch = _LABEL + width + _GAP
  size = (
    num_columns * pitch + sheet.MARGIN,
    below + _height(blocks[0], width) + sheet.MARGIN,
  )
  figure = sheet.new(*size, f'{name}: {title}', source)
  scale = sheet.scale(np.concatenate([g.values.ravel() for g in groups]), 0.999)
  for place, (maps, block) in enumerate(zip(columns, blocks, strict=True)):
    left = sheet.MARGIN + _LABEL + place * pitch
    _captions(figure, left, top - 0.08, groups)
    _draw(figure, left, top, width, images, sheet.BYTES)
    drawn = _draw(figure, left, below, width, block, scale)
    _numbers(figure, left - 0.08, below, _height(block, width), maps)
  left, label = sheet.MARGIN + _LABEL, 'output'
  sheet.bar(figure, drawn, scale, left, sheet.HEADING + 0.15, 2.2, label)
  return figure


def mosaic(groups: Sequence[np.ndarray]) -> np.ndarray:
  """Tiles in rows as one image; NaN between them, and between the groups.

  One image is drawn a hundred times as fast as a thousand.

  Args:
    groups: `[rows, tiles, height, width]` each, with as many rows.
  """
  parts = []
  for tiles in groups:
    factor = -(-_PIXELS // tiles.shape[-1])
    large = tiles.repeat(factor, axis=2).repeat(factor, axis=3)
    borders = [(0, 0), (0, 0), (0, _BORDER), (0, _BORDER)]
    padded = np.pad(large.astype(np.float32), borders, constant_values=np.nan)
    num_rows, num_tiles, height, width = padded.shape
    rows = padded.swapaxes(1, 2).reshape(num_rows * height, num_tiles * width)
    parts += [rows, np.full([len(rows), width], np.nan, np.float32)]
  return np.concatenate(parts[:-1], axis=1)


def _rows(values, maps):
  """`[n, height, width, maps]` -> the tiles of some maps, one row per map."""
  shown = np.moveaxis(values[..., maps], -1, 0)
  shape = _UNIT if shown.shape[2:] == (1, 1) else shown.shape[2:]
  return np.broadcast_to(shown, (*shown.shape[:2], *shape))


def _height(image, width):
  """In inches."""
  return width * image.shape[0] / image.shape[1]


def _draw(figure, left, top, width, image, scale):
  panel = sheet.place(figure, left, top, width, _height(image, width))
  panel.set_axis_off()
  return sheet.picture(panel, image, scale, aspect='auto')


def _captions(figure, left, base, groups):
  for caption, images, _ in groups:
    sheet.write(figure, left, base, caption, weight='bold')
    left += (len(images) + 1) * _SIDE


def _numbers(figure, right, top, height, maps):
  for row, number in enumerate(maps):
    base = top + (row + 0.5) * height / len(maps) + 0.03
    style = {'size': 7, 'color': sheet.QUIET, 'ha': 'right'}
    sheet.write(figure, right, base, str(number), **style)
