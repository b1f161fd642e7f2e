"""The kernels of all layers, as images."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles

_WIDEST = 12.0  # inches, unless one matrix of kernels alone is wider
_ABOVE = 1.1  # inches above a matrix for its name and scale
_BELOW = 0.55  # inches below it for its axis
_BESIDE = 0.75  # inches on its left for its axis


class Matrix(NamedTuple):
  """All kernels of a layer: row by row the filters, over their input maps."""

  layer: str
  below: str  # the layer that makes the input maps
  cells: np.ndarray  # [filters * (height + 1), inputs * (width + 1)], gaps NaN
  num_filters: int
  num_inputs: int

  @property
  def size(self) -> np.ndarray:
    """(width, height) in inches: a whole number of dots for each weight."""
    dots = 3 if max(self.cells.shape) <= 600 else 1
    return np.array(self.cells.shape[::-1]) * dots / sheet.DPI


def kernels(
  first: np.ndarray,
  first_layer: str,
  deeper: Mapping[tuple[str, str], np.ndarray],
  source: str,
) -> sheet.Page:
  """The first layer's kernels, large; then a matrix for each deeper layer.

  Every layer has its own scale, the same on both sides of 0.

  Args:
    first: `[filters, height, width]`.
    first_layer: its name.
    deeper: (layer, the one below it) -> its kernels, HWIO.
    source: for the heading.
  """
  columns = min(len(first), 16)
  labels = [str(number) for number in range(len(first))]
  grid = tiles.Tiles(first, columns, 11.0, labels)
  lines = _break([_matrix(*names, k) for names, k in deeper.items()])
  top = sheet.HEADING + 0.7
  width, height = 11.6, top + grid.height + 0.3
  for line in lines:
    width = max(width, _line_width(line) + 2 * sheet.MARGIN)
    height += _line_height(line)
  size = 'x'.join(map(str, first.shape[1:]))
  title = f'What was learned: the {len(first)} kernels of {first_layer}, {size}'
  title += ', and those of the layers above it' if deeper else ''
  page = sheet.new(width, height, title, source)
  scale = sheet.scale(first)
  drawn = grid.draw(page, sheet.MARGIN, top, scale)
  text = f'{len(first)} filters over the image'
  _name(page, sheet.MARGIN, sheet.HEADING + 0.3, first_layer, text)
  sheet.bar(page, drawn, scale, 2.6, sheet.HEADING + 0.25, 2.2, 'weight')
  _draw_lines(page, top + grid.height + 0.15, lines)
  return page


def _draw_lines(page, top, lines):
  for line in lines:
    left = sheet.MARGIN
    for matrix in line:
      _draw(page, left + _BESIDE, top + _ABOVE, matrix)
      left += _BESIDE + matrix.size[0] + 0.3
    top += _line_height(line)


def _matrix(layer, below, kernel):
  height, width, inputs, filters = kernel.shape
  cells = np.full((filters, height + 1, inputs, width + 1), np.nan)
  cells[:, :height, :, :width] = kernel.transpose(3, 0, 2, 1)
  cells = cells.reshape(filters * (height + 1), inputs * (width + 1))
  return Matrix(layer, below, cells, filters, inputs)


def _break(matrices):
  """Puts as many side by side as the page is wide."""
  lines = []
  for matrix in matrices:
    if lines and _line_width([*lines[-1], matrix]) <= _WIDEST:
      lines[-1].append(matrix)
    else:
      lines.append([matrix])
  return lines


def _line_width(line):
  return sum(_BESIDE + matrix.size[0] + 0.3 for matrix in line)


def _line_height(line):
  return _ABOVE + max(matrix.size[1] for matrix in line) + _BELOW


def _name(page, left, base, layer, text):
  sheet.write(page, left, base, layer, size=11, weight='bold')
  sheet.write(page, left, base + 0.18, text, size=8, color=sheet.QUIET)


def _draw(page, left, top, matrix):
  panel = sheet.place(page, left, top, *matrix.size)
  # A few large weights would leave all others pale.
  scale = sheet.scale(matrix.cells, 0.995)
  extent = (0, matrix.num_inputs, matrix.num_filters, 0)
  drawn = sheet.picture(
    panel, matrix.cells, scale, extent=extent, aspect='auto'
  )
  panel.set(xlabel=f'map of {matrix.below}', ylabel='filter')
  panel.set_xticks(*_every_eighth(matrix.num_inputs))
  panel.set_yticks(*_every_eighth(matrix.num_filters))
  panel.spines[:].set_visible(False)
  text = f'{matrix.num_filters} filters over {matrix.num_inputs} maps'
  _name(page, left, top - 0.85, matrix.layer, text)
  sheet.bar(
    page, drawn, scale, left, top - 0.3, min(2.0, matrix.size[0]), 'weight'
  )


def _every_eighth(count):
  numbers = np.arange(0, count, 8)
  return numbers + 0.5, numbers
