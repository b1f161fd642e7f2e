"""The kernels of all layers, as images."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles

_MAX_WIDTH = 12.0  # inches, unless a single matrix is wider
# The space around a matrix, in inches.
_TOP = 1.1  # for its name and scale
_BOTTOM = 0.55  # for its axis
_LEFT = 0.75  # for its axis
_RIGHT = 0.3


class Matrix(NamedTuple):
  """All kernels of a layer: one row per filter, one column per input map."""

  name: str  # of the layer
  input_name: str  # of the layer whose maps are the inputs
  cells: np.ndarray  # [filters * (height + 1), inputs * (width + 1)]; NaN: gap
  num_filters: int
  num_inputs: int

  @property
  def size(self) -> np.ndarray:
    """(width, height) in inches: a whole number of dots per weight."""
    dots = 3 if max(self.cells.shape) <= 600 else 1
    return np.array(self.cells.shape[::-1]) * dots / sheet.DPI


def kernels(
  first: np.ndarray,
  first_name: str,
  deeper: Mapping[tuple[str, str], np.ndarray],
  source: str,
) -> sheet.Figure:
  """The kernels of the first layer, enlarged, and a matrix per deeper layer.

  Every layer has its own scale, symmetric around 0.

  Args:
    first: `[filters, height, width]`, the kernels of the first layer.
    first_name: of the first layer.
    deeper: (name of a layer, name of its input layer) -> its kernel, HWIO.
    source: for the heading.
  """
  columns = min(len(first), 16)
  labels = [str(number) for number in range(len(first))]
  grid = tiles.Tiles(first, columns, 11.0, labels)
  lines = _break_lines([_matrix(*names, k) for names, k in deeper.items()])
  top = sheet.HEADING + 0.7
  width, height = 11.6, top + grid.height + 0.3
  for line in lines:
    width = max(width, _line_width(line) + 2 * sheet.MARGIN)
    height += _line_height(line)
  size = 'x'.join(map(str, first.shape[1:]))
  title = f'Learned kernels: {first_name} ({len(first)} of {size})'
  title += ' and deeper layers' if deeper else ''
  figure = sheet.new(width, height, title, source)
  scale = sheet.scale(first)
  drawn = grid.draw(figure, sheet.MARGIN, top, scale)
  text = f'{len(first)} filters on the image'
  _caption(figure, sheet.MARGIN, sheet.HEADING + 0.3, first_name, text)
  sheet.bar(figure, drawn, scale, 2.6, sheet.HEADING + 0.25, 2.2, 'weight')
  _draw_lines(figure, top + grid.height + 0.15, lines)
  return figure


def _draw_lines(figure, top, lines):
  for line in lines:
    left = sheet.MARGIN
    for matrix in line:
      _draw(figure, left + _LEFT, top + _TOP, matrix)
      left += _LEFT + matrix.size[0] + _RIGHT
    top += _line_height(line)


def _matrix(name, input_name, kernel):
  height, width, inputs, filters = kernel.shape
  cells = np.full((filters, height + 1, inputs, width + 1), np.nan)
  cells[:, :height, :, :width] = kernel.transpose(3, 0, 2, 1)
  cells = cells.reshape(filters * (height + 1), inputs * (width + 1))
  return Matrix(name, input_name, cells, filters, inputs)


def _break_lines(matrices):
  """As many matrices per line as fit side by side."""
  lines = []
  for matrix in matrices:
    if lines and _line_width([*lines[-1], matrix]) <= _MAX_WIDTH:
      lines[-1].append(matrix)
    else:
      lines.append([matrix])
  return lines


def _line_width(line):
  return sum(_LEFT + matrix.size[0] + _RIGHT for matrix in line)


def _line_height(line):
  return _TOP + max(matrix.size[1] for matrix in line) + _BOTTOM


def _caption(figure, left, base, name, text):
  sheet.write(figure, left, base, name, size=11, weight='bold')
  sheet.write(figure, left, base + 0.18, text, size=8, color=sheet.QUIET)


def _draw(figure, left, top, matrix):
  panel = sheet.place(figure, left, top, *matrix.size)
  # On the full scale, a few large weights would make all others pale.
  scale = sheet.scale(matrix.cells, 0.995)
  extent = (0, matrix.num_inputs, matrix.num_filters, 0)
  drawn = sheet.picture(
    panel, matrix.cells, scale, extent=extent, aspect='auto'
  )
  panel.set(xlabel=f'map of {matrix.input_name}', ylabel='filter')
  panel.set_xticks(*_every_eighth(matrix.num_inputs))
  panel.set_yticks(*_every_eighth(matrix.num_filters))
  panel.spines[:].set_visible(False)
  text = f'{matrix.num_filters} filters, {matrix.num_inputs} input maps'
  _caption(figure, left, top - 0.85, matrix.name, text)
  sheet.bar(
    figure, drawn, scale, left, top - 0.3, min(2.0, matrix.size[0]), 'weight'
  )


def _every_eighth(count):
  numbers = np.arange(0, count, 8)
  return numbers + 0.5, numbers
