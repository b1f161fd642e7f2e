"""Charts of numbers with ranges, by category or along an axis."""

from collections.abc import Collection
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib import axes

from cnn_tf.figures import sheet
from cnn_tf.measure import intervals

_OFFSET = 0.3  # between the series of a category; categories are 1 apart


class Series(NamedTuple):
  """A value with its range for each category; NaN where there is none."""

  label: str
  color: str
  values: np.ndarray  # `[categories]`
  lows: np.ndarray  # `[categories]`
  highs: np.ndarray  # `[categories]`


def over_seeds(label: str, color: str, values: np.ndarray) -> Series:
  """The means of `[seeds, categories]`, with their 95 % intervals."""
  found = [intervals.describe(column) for column in np.transpose(values)]
  means, _, lows, highs = np.transpose(found)
  return Series(label, color, means, lows, highs)


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
          end = high if np.isfinite(high) else value
          _write_value(panel, f'{value:.{digits}f}', end, row, one.color)
  if reference is not None:
    panel.axvline(reference, color=sheet.QUIET, linewidth=1, zorder=0)
  panel.set(ylim=(len(categories) - 0.5, -0.5))
  panel.set_yticks(range(len(categories)), categories)
  panel.tick_params(axis='y', length=0)
  panel.grid(axis='x', color=sheet.PALE, linewidth=0.6)
  panel.set_axisbelow(True)
  panel.spines[['top', 'right', 'left']].set_visible(False)


def lines(
  panel: axes.Axes,
  places: Sequence[float],
  series: Sequence[Series],
  dashed: Collection[str] = (),
) -> None:
  """One line per series, with a vertical range at each value.

  Args:
    panel: where to draw.
    places: the horizontal positions of the categories.
    series: their lines.
    dashed: the labels of those whose line is dashed.
  """
  for one in series:
    ends = np.array([one.values - one.lows, one.highs - one.values])
    panel.errorbar(
      places,
      one.values,
      ends if np.isfinite(ends).all() else None,
      color=one.color,
      linestyle='--' if one.label in dashed else '-',
      marker='o',
      markersize=3,
      capsize=2,
      label=one.label,
    )
  panel.grid(color=sheet.PALE, linewidth=0.6)
  panel.set_axisbelow(True)


def _write_value(panel, text, x, y, color):
  """Writes a value to the right of its range."""
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
