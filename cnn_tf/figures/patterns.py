"""The patterns that excite the maps of a layer most, beside real patches."""

import collections
from collections.abc import Sequence

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles
from cnn_tf.measure import excitation

_MAX_ROWS = 16  # with more maps there are two columns
_LABEL = 0.95  # inches, for the number of a map, its start and its status
_SIDES = {1: 0.75, 2: 0.6}  # number of columns -> inches of a tile
_GAP = (None, '', False)  # an empty tile


def patterns(
  name: str,
  excitations: Sequence[excitation.Excitation],
  steps: Sequence[int],
  objective: str,
  source: str,
) -> sheet.Figure:
  """One row per map: the trajectory of the ascent, a pattern, real patches.

  The number above an image is its score: the mean of the map for a whole image,
  the value of one node for a patch.

  Args:
    name: of the layer.
    excitations: one per map.
    steps: the steps of a trajectory.
    objective: a line that says what was maximised, and how.
    source: for the heading.
  """
  num_columns = 1 if len(excitations) <= _MAX_ROWS else 2
  num_rows = -(-len(excitations) // num_columns)
  side = _SIDES[num_columns]
  columns = [excitations[:num_rows], excitations[num_rows:]][:num_columns]
  blocks = [_tiles(column, steps, side) for column in columns]
  top = sheet.HEADING + 0.65
  pitch = _LABEL + blocks[0].width + 0.2
  figure = sheet.new(
    num_columns * pitch + sheet.MARGIN,
    top + blocks[0].height + 0.2,
    f'Patterns that excite {name} most: {_count(excitations)}',
    source,
  )
  sheet.write(figure, sheet.MARGIN, sheet.HEADING + 0.02, objective)
  left, is_unit = sheet.MARGIN, excitations[0].pattern is None
  for column, block in zip(columns, blocks, strict=True):
    _headings(figure, left + _LABEL, top - 0.1, side, is_unit, len(steps))
    block.draw(figure, left + _LABEL, top, sheet.PIXELS)
    row_height = block.height / len(column)
    for row, found in enumerate(column):
      _label(figure, left, top + (row + 0.55) * row_height, found)
    left += pitch
  return figure


def _count(excitations):
  counts = collections.Counter(found.status for found in excitations)
  return ', '.join(f'{count} {status}' for status, count in counts.items())


def _tiles(column, steps, side):
  rows = [_row(found, steps) for found in column]
  images, labels, dead = zip(*sum(rows, []), strict=True)
  across = len(rows[0])
  return tiles.Tiles(
    images, across, across * side, labels, np.flatnonzero(dead)
  )


def _row(found, steps):
  """(image, label, is dead) for each tile of one map."""
  dead = found.status == 'dead'
  tiles_of_map = [
    (image, f'step {step}', False)
    for image, step in zip(found.trajectory[:-1], steps, strict=False)
  ]
  end = f'{steps[-1]}: {found.map_score:.3g}'
  tiles_of_map += [(found.trajectory[-1], end, dead), _GAP]
  if found.pattern is not None:
    tiles_of_map += [
      (found.pattern, f'{found.node_score:.3g}', dead),
      _GAP,
    ]
  return tiles_of_map + [
    (patch, f'{score:.3g}', False)
    for patch, score in zip(found.patches, found.patch_scores, strict=True)
  ]


def _headings(figure, left, base, side, is_unit, num_snapshots):
  """Headings of the columns of tiles."""
  trajectory_width = num_snapshots + 1  # in tiles, with the gap
  texts = [('ascent to the largest mean', trajectory_width), ('centre node', 2)]
  texts += [('training patches that excite a node most', 0)]
  if is_unit:
    texts = [('ascent to the largest value', trajectory_width)]
    texts += [('training images that excite the unit most', 0)]
  for text, num_tiles in texts:
    sheet.write(figure, left, base - 0.05, text, size=8, weight='bold')
    left += num_tiles * side


def _label(figure, left, middle, found):
  sheet.write(figure, left, middle, str(found.number), size=11, weight='bold')
  start = f'start {excitation.best_start(found.map_scores)}'
  style = {'size': 6.5, 'color': sheet.QUIET}
  sheet.write(figure, left, middle + 0.13, start, **style)
  if found.status != 'converged':
    style = {'size': 7, 'color': sheet.VERMILLION}
    sheet.write(figure, left, middle + 0.25, found.status, **style)
