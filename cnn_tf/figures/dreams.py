"""A picture, and what an ascent makes of it, size by size."""

from collections.abc import Sequence

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles

_SIDE = 2.4  # inches of a tile
_WIDTH = 7.2  # that the heading needs, in inches


def dreams(
  name: str, picture: np.ndarray, found: Sequence[np.ndarray], source: str
) -> sheet.Figure:
  """The start, and the end of the ascent at each size.

  Args:
    name: of what is excited.
    picture: the start, `[height, width]` in [0, 1].
    found: of the same kind, one per size.
    source: for the heading.
  """
  shown = [picture, *found]
  labels = ['start', *('{}x{} pixels'.format(*x.shape) for x in found)]
  grid = tiles.Tiles(shown, len(shown), _SIDE * len(shown), labels)
  figure = sheet.new(
    max(grid.width, _WIDTH) + 2 * sheet.MARGIN,
    sheet.HEADING + grid.height + 0.2,
    f'Uphill from a picture: what excites {name}',
    source,
  )
  grid.draw(figure, sheet.MARGIN, sheet.HEADING, sheet.PIXELS)
  return figure
