"""Training images as they are, and as each augmentation changes them."""

from collections.abc import Mapping

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles

_LEFT, _WIDTH = 1.45, 7.2


def augmentations(rows: Mapping[str, np.ndarray], source: str) -> sheet.Figure:
  """One row of images for each augmentation, below the images as they are.

  Args:
    rows: label -> `[images, height, width]` in [0, 1].
    source: for the heading.
  """
  grids = {
    label: tiles.Tiles(images, len(images), _WIDTH * len(images) / 8)
    for label, images in rows.items()
  }
  heights = [grid.height for grid in grids.values()]
  title = 'What augmentation does to training images'
  top = sheet.HEADING + 0.1
  figure = sheet.new(9.0, top + sum(heights) + 0.25, title, source)
  for label, grid in grids.items():
    grid.draw(figure, _LEFT, top, sheet.PIXELS)
    middle = top + grid.height / 2
    sheet.write(figure, _LEFT - 0.15, middle, label, ha='right')
    top += grid.height
  return figure
