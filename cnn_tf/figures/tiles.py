"""Many small images in a grid, labelled, on one colour scale."""

from collections.abc import Collection
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import axes
from matplotlib import image

from cnn_tf.figures import sheet

_LABEL = 0.16  # height of a label, in inches
_SIDE = 0.91  # the width of an image as a share of the column width


class Tiles(NamedTuple):
  """A grid of images, filled row by row.

  They share one panel, whose coordinates are inches: separate axes for each
  image would take a minute per figure.
  """

  images: Sequence[np.ndarray | None]  # [height, width]; None leaves a gap
  columns: int
  width: float  # of all columns
  labels: Sequence[str] = ()  # one per image, or none at all
  dead: Collection[int] = ()  # numbers of the images to cross out

  @property
  def height(self) -> float:
    """Of all rows, including the labels."""
    return -(-len(self.images) // self.columns) * self._pitch()[0]

  def draw(
    self, figure: sheet.Figure, left: float, top: float, scale: sheet.Scale
  ) -> image.AxesImage:
    """Draws all images with the same scale; returns the last one."""
    panel = sheet.place(figure, left, top, self.width, self.height)
    panel.set_axis_off()
    for number, values in enumerate(self.images):
      if values is None:
        continue
      extent = self._extent(number)
      shown = sheet.picture(panel, values, scale, extent=extent, aspect='auto')
      _frame(panel, *extent)
      if number in self.dead:
        _cross_out(panel, *extent)
      if self.labels:
        x, y = extent[0], extent[3] - 0.02
        panel.text(x, y, self.labels[number], size=6.5, color=sheet.QUIET)
    panel.set(xlim=(0, self.width), ylim=(self.height, 0))
    return shown

  def _pitch(self):
    """The distance between neighbouring tiles, down and across."""
    across = self.width / self.columns
    tallest = max(height / width for height, width in self._shapes())
    gap = across * (1 - _SIDE)
    return across * _SIDE * tallest + gap + self._header(), across

  def _extent(self, number):
    """(left, right, bottom, top) of an image, as large as its tile allows."""
    down, across = self._pitch()
    row, column = divmod(number, self.columns)
    x, y = column * across, row * down + self._header()
    room = down - self._header() - across * (1 - _SIDE), across * _SIDE
    scale = min(np.divide(room, self.images[number].shape))
    height, width = np.multiply(scale, self.images[number].shape)
    return x, x + width, y + height, y

  def _shapes(self):
    return {values.shape for values in self.images if values is not None}

  def _header(self):
    return _LABEL if self.labels else 0.0


def _frame(panel, left, right, bottom, top):
  """A thin frame: a white tile would not be visible on white paper."""
  across, down = [left, right, right, left], [top, top, bottom, bottom]
  panel.fill(across, down, fill=False, edgecolor=sheet.PALE, linewidth=0.5)


def _cross_out(
  panel: axes.Axes, left: float, right: float, bottom: float, top: float
) -> None:
  """Covers a tile with grey, a cross and the word "dead"."""
  across, down = [left, right, right, left], [top, top, bottom, bottom]
  panel.fill(across, down, color=sheet.PALE, linewidth=0)
  for rising in ([top, bottom], [bottom, top]):
    panel.plot([left, right], rising, color=sheet.QUIET, linewidth=0.6)
  middle = (left + right) / 2, (top + bottom) / 2
  size = min(6.5, 24 * (right - left))  # in points; the word fits into the tile
  panel.text(*middle, 'dead', size=size, ha='center', va='center')
