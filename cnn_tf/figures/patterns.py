"""The patterns that excite the maps of a layer, beside real patches."""

import collections
from collections.abc import Sequence

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles
from cnn_tf.measure import excitation

_MOST_ROWS = 16  # before a second column of maps begins
_NAME = 0.95  # inches for the number of a map and what is to be said of it
_SIDES = {1: 0.75, 2: 0.6}  # inches of a tile, by the number of columns
_GAP = (None, '', False)


def patterns(
  layer: str,
  found: Sequence[excitation.Excitation],
  steps: Sequence[int],
  objective: str,
  source: str,
) -> sheet.Page:
  """A row for each map: the way to its pattern, that of a node, real patches.

  The number above an image is its score: of the map for a whole image, of a
  node for a patch.

  Args:
    layer: its name.
    found: what excites each map.
    steps: those after which the images of the way were kept.
    objective: what was made large, and how; a sentence.
    source: for the heading.
  """
  num_columns = 1 if len(found) <= _MOST_ROWS else 2
  num_rows = -(-len(found) // num_columns)
  side = _SIDES[num_columns]
  columns = [found[:num_rows], found[num_rows:]][:num_columns]
  blocks = [_tiles(column, steps, side) for column in columns]
  top = sheet.HEADING + 0.65
  pitch = _NAME + blocks[0].width + 0.2
  page = sheet.new(
    num_columns * pitch + sheet.MARGIN,
    top + blocks[0].height + 0.2,
    f'What excites {layer} most: {_count(found)}',
    source,
  )
  sheet.write(page, sheet.MARGIN, sheet.HEADING + 0.02, objective)
  left = sheet.MARGIN
  for column, block in zip(columns, blocks, strict=True):
    _headings(page, left + _NAME, top - 0.1, side, found[0], len(steps))
    block.draw(page, left + _NAME, top, sheet.PIXELS)
    row_height = block.height / len(column)
    for row, x in enumerate(column):
      _name(page, left, top + (row + 0.55) * row_height, x)
    left += pitch
  return page


def _count(found):
  counts = collections.Counter(x.status for x in found)
  return ', '.join(f'{count} {status}' for status, count in counts.items())


def _tiles(column, steps, side):
  rows = [_row(x, steps) for x in column]
  images, labels, dead = zip(*sum(rows, []), strict=True)
  across = len(rows[0])
  return tiles.Tiles(
    images, across, across * side, labels, np.flatnonzero(dead)
  )


def _row(x, steps):
  """(image, label, is dead) for each tile of a row."""
  dead = x.status == 'dead'
  row = [
    (image, f'step {step}', False)
    for image, step in zip(x.way[:-1], steps, strict=False)
  ]
  end = f'{steps[-1]}: {x.map_scores.max():.3g}'
  row += [(x.way[-1], end, dead), _GAP]
  if x.pattern is not None:
    row += [(x.pattern, f'{x.node_scores.max():.3g}', dead), _GAP]
  return row + [
    (patch, f'{score:.3g}', False)
    for patch, score in zip(x.patches, x.patch_scores, strict=True)
  ]


def _headings(page, left, base, side, first, num_times):
  """What stands in the columns of tiles."""
  texts = [('the way to the largest mean', num_times + 1)]
  texts += [('one node', 2), ('training patches that excite a node most', 0)]
  if first.pattern is None:
    texts = [('the way to the largest value', num_times + 1)]
    texts += [('training images that excite the unit most', 0)]
  for text, num_tiles in texts:
    sheet.write(page, left, base - 0.05, text, size=8, weight='bold')
    left += num_tiles * side


def _name(page, left, middle, x):
  sheet.write(page, left, middle, str(x.number), size=11, weight='bold')
  start = f'start {x.map_scores.argmax()}'
  style = {'size': 6.5, 'color': sheet.QUIET}
  sheet.write(page, left, middle + 0.13, start, **style)
  if x.status != 'converged':
    style = {'size': 7, 'color': sheet.ORANGE}
    sheet.write(page, left, middle + 0.25, x.status, **style)
