"""Charts of numbers by category."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import axes

from cnn_tf.figures import sheet

_OFFSET = 0.3  # between the series of a category, which are 1 apart


class Series(NamedTuple):
  """A value with its range for each category; NaN where there is none."""

  label: str
  color: str
  values: np.ndarray  # `[categories]`
  lows: np.ndarray  # `[categories]`
  highs: np.ndarray  # `[categories]`


def dots(
  panel: axes.Axes,
  categories: Sequence[str],
  series: Sequence[Series],
  reference: float | None = None,
  digits: int | None = None,
) -> None:
  """One line per category: a dot and a range for each series.

  Args:
    panel: where to draw.
    categories: their names, from top to bottom.
    series: drawn below each other within a category.
    reference: a value for a vertical line.
    digits: if given, each value is also written, with so many decimals.
  """
  offsets = _OFFSET * (np.arange(len(series)) - (len(series) - 1) / 2)
  for one, offset in zip(series, offsets, strict=True):
    rows = np.arange(len(categories)) + offset
    style = {'color': one.color, 'solid_capstyle': 'butt'}
    panel.plot([one.lows, one.highs], [rows, rows], linewidth=2.5, **style)
    panel.plot(
      one.values, rows, 'o', color=one.color, markersize=5, label=one.label
    )
    if digits is not None:
      for value, high, row in zip(one.values, one.highs, rows, strict=True):
        if np.isfinite(value):
          _write_value(panel, f'{value:.{digits}f}', high, row, one.color)
  if reference is not None:
    panel.axvline(reference, color=sheet.QUIET, linewidth=1, zorder=0)
  panel.set(ylim=(len(categories) - 0.5, -0.5))
  panel.set_yticks(range(len(categories)), categories)
  panel.tick_params(axis='y', length=0)
  panel.grid(axis='x', color=sheet.PALE, linewidth=0.6)
  panel.set_axisbelow(True)
  panel.spines[['top', 'right', 'left']].set_visible(False)


def _write_value(panel, text, x, y, color):
  """Right of the range."""
  panel.annotate(
    text,
    (x, y),
    xytext=(5, 0),
    textcoords='offset points',
    color=color,
    fontsize=8,
    va='center',
    bbox={'facecolor': 'white', 'edgecolor': 'none', 'pad': 0.5},
  )
