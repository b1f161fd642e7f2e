"""Receptive fields on an image, and pixels that no node sees."""

from collections.abc import Collection
from collections.abc import Sequence

import numpy as np
from matplotlib import axes
from matplotlib import colors
from matplotlib import patches

from cnn_tf.figures import sheet

_PANEL, _PITCH_ACROSS, _PITCH_DOWN = 2.3, 2.6, 2.95  # inches
_MAX_COLUMNS = 4


def receptive_fields(
  names: Sequence[str],
  seen: np.ndarray,
  gradients: np.ndarray,
  unseen: np.ndarray,
  image: np.ndarray,
  source: str,
) -> sheet.Figure:
  """The receptive fields, computed from the windows and from gradients.

  Args:
    names: of the layers.
    seen: `[layers, height, width]` bool: the field, from the windows.
    gradients: `[layers, height, width]`: with respect to each pixel.
    unseen: `[height, width]` bool: the pixels without a path to the logits.
    image: `[height, width]` uint8.
    source: for the heading.
  """
  rows = -(-len(names) // _MAX_COLUMNS)
  columns = -(-len(names) // rows)
  top = sheet.HEADING + 0.2
  figure = sheet.new(
    max(7.0, columns * _PITCH_ACROSS + 2 * sheet.MARGIN),
    top + rows * _PITCH_DOWN,
    'Receptive field of the centre node of each layer',
    source,
  )
  sheet.write(figure, sheet.MARGIN, sheet.HEADING + 0.05, _legend(unseen))
  for number, name in enumerate(names):
    row, column = divmod(number, columns)
    left = sheet.MARGIN + column * _PITCH_ACROSS
    y = top + 0.3 + row * _PITCH_DOWN
    panel = sheet.place(figure, left, y, _PANEL, _PANEL)
    sheet.picture(panel, image, sheet.BYTES)
    _field(panel, seen[number], gradients[number])
    _hatch(panel, unseen)
    caption = _caption(name, seen[number], gradients[number] > 0)
    panel.set_title(caption, fontsize=9)
    panel.set(xticks=[], yticks=[])
  return figure


def of_neighbours(
  panel: axes.Axes, own: Collection[int], both: Collection[int], stated: int
) -> None:
  """The fields of a node and of 2x2 nodes, and a square of a stated side.

  Args:
    panel: where to draw.
    own: the rows, and columns, in the receptive field of node 0.
    both: those in the field of node 0 or 1.
    stated: the side to draw.
  """
  end = 1 + max(stated, *both)
  seen = np.full((end, end), np.nan)
  for number, reached in ((1, both), (0, own)):
    seen[np.ix_(sorted(reached), sorted(reached))] = number
  sheet.picture(panel, seen, sheet.Scale('cividis', -0.5, 1.5))
  corner = [-0.5, stated - 0.5, stated - 0.5]
  panel.plot(corner, corner[::-1], color=sheet.VERMILLION, linewidth=2)
  panel.text(0, 0.7, f'{len(own)}x{len(own)}', color='white', size=9)
  panel.text(0, len(both) - 0.8, f'{len(both)}x{len(both)}', size=9)


def with_unseen(
  panel: axes.Axes, values: np.ndarray, unseen: np.ndarray, title: str
) -> None:
  """Values by pixel; lines in front of the rows and columns that are unseen."""
  scale = sheet.Scale('viridis', np.nanmin(values), np.nanmax(values))
  sheet.picture(panel, values, scale)
  for axis, draw in ((0, panel.axvline), (1, panel.axhline)):
    for first in np.flatnonzero(unseen.all(axis=axis))[:1]:
      draw(first - 0.5, color=sheet.VERMILLION, linewidth=1.5)
  panel.set_title(title, fontsize=9)


def _legend(unseen):
  text = 'outline: from the window sizes    shading: gradient of the node'
  if unseen.any():
    text += (
      f'    hatching: {unseen.sum()} pixels without influence on the logits'
    )
  return text


def _caption(name, by_windows, by_gradient):
  size = 'x'.join(str(sum(by_windows.any(axis=axis))) for axis in (1, 0))
  differing = (by_windows != by_gradient).sum()
  verdict = f'{differing} pixels differ' if differing else 'both agree'
  return f'{name}: {size}, {verdict}'


def _shade(gradient):
  """`[height, width, 4]` RGBA: the larger the gradient, the more opaque."""
  strength = np.sqrt(gradient / gradient.max())
  shade = np.empty((*gradient.shape, 4))
  shade[..., :3] = colors.to_rgb(sheet.VERMILLION)
  shade[..., 3] = np.where(gradient > 0, 0.2 + 0.6 * strength, 0)
  return shade


def _field(panel, seen, gradient):
  """The shading, and a frame around each block of adjacent pixels."""
  panel.imshow(_shade(gradient), interpolation='nearest')
  style = {'edgecolor': sheet.BLUE, 'linewidth': 2, 'clip_on': False}
  for top, bottom in _runs(seen.any(axis=1)):
    for left, right in _runs(seen.any(axis=0)):
      _box(panel, left, right, top, bottom, **style)


def _hatch(panel, mask):
  """Hatches rows and columns that are entirely in the mask, in light grey."""
  height, width = mask.shape
  style = {'edgecolor': '#b8b8b8', 'hatch': '/////', 'linewidth': 0}
  for top, bottom in _runs(mask.all(axis=1)):
    _box(panel, 0, width, top, bottom, **style)
  for left, right in _runs(mask.all(axis=0)):
    _box(panel, left, right, 0, height, **style)


def _box(panel, left, right, top, bottom, **style):
  corner = left - 0.5, top - 0.5  # pixel 0 is centred on coordinate 0
  size = right - left, bottom - top
  panel.add_patch(patches.Rectangle(corner, *size, fill=False, **style))


def _runs(marked):
  """(first, end) of each run of consecutive True values."""
  edges = np.flatnonzero(np.diff(np.concatenate([[0], marked, [0]])))
  return edges.reshape(-1, 2)
