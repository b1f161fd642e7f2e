"""The figure of what a precision costs and gives."""

from collections.abc import Mapping
from collections.abc import Sequence

import numpy as np
from matplotlib import axes

from cnn_tf.figures import sheet
from cnn_tf.measure import intervals

_LINES = {
  'output alone': ('output, op alone', sheet.BLUE, 's:'),
  'pre-activation': ('output, network', sheet.BLUE, 'o-'),
  'input gradient alone': ('input gradient, op alone', sheet.INK, '^:'),
  'kernel gradient': ('kernel gradient, network', sheet.VERMILLION, 'D-'),
}


def draw(
  figure: sheet.Figure,
  differences: Mapping[str, Sequence[float]],
  by_kind: Mapping[str, Mapping[str, float]],
  by_precision: Mapping[str, Mapping[str, float]],
) -> None:
  """All panels, on 12 x 4.5 inches; the panels describe the arguments."""
  pairs(sheet.place(figure, 1.25, 1.2, 2.5, 2.7), differences)
  layers = list(next(iter(by_precision.values())))
  bits(sheet.place(figure, 4.5, 1.2, 3.5, 2.7), layers, by_kind)
  times(sheet.place(figure, 8.95, 1.2, 2.6, 2.7), by_precision)


def pairs(panel: axes.Axes, differences: Mapping[str, Sequence[float]]) -> None:
  """A dot for each pair; the mean with its 95 % interval below the dots."""
  for y, values in enumerate(differences.values()):
    style = {'color': sheet.QUIET, 'alpha': 0.4, 'ms': 4}
    panel.plot(values, [y - 0.12] * len(values), 'o', **style)
    found = intervals.describe(values)
    style = {'color': sheet.VERMILLION, 'ms': 5, 'capsize': 3}
    half = None if len(values) < 2 else found.high - found.mean
    panel.errorbar(found.mean, y + 0.15, xerr=half, fmt='D', **style)
  panel.axvline(0, color=sheet.QUIET, linewidth=0.8)
  panel.set_yticks(range(len(differences)), differences)
  panel.set_ylim(len(differences) - 0.5, -0.5)
  panel.set_xlabel('difference from float32 (points)')
  panel.set_title('test accuracy, pairs of equal seed', fontsize=9)


def bits(
  panel: axes.Axes,
  layers: Sequence[str],
  by_kind: Mapping[str, Mapping[str, float]],
) -> None:
  """Significant bits by layer, one line per kind.

  Args:
    panel: where to draw.
    layers: the names of all layers, from the image on.
    by_kind: one of the names in `_LINES` -> layer -> bits.
  """
  for kind, (label, color, form) in _LINES.items():
    known = [name for name in layers if name in by_kind[kind]]
    places = [layers.index(name) for name in known]
    values = [by_kind[kind][name] for name in known]
    panel.plot(places, values, form, label=label, color=color, ms=4)
  panel.set_xticks(range(len(layers)), layers)
  panel.set(ylim=(0, 10), ylabel='significant bits that agree')
  panel.grid(axis='y', color=sheet.PALE)
  panel.legend(fontsize=8, frameon=False, loc='lower right')
  panel.set_title('errors of bfloat16, in bits', fontsize=9)


def times(
  panel: axes.Axes, by_precision: Mapping[str, Mapping[str, float]]
) -> None:
  """Bars of milliseconds by layer, two for each layer.

  Args:
    panel: where to draw.
    by_precision: the precision -> layer -> milliseconds.
  """
  colors = sheet.BLUE, sheet.VERMILLION
  for offset, color, (precision, by_layer) in zip(
    (-0.2, 0.2), colors, by_precision.items(), strict=True
  ):
    places = np.arange(len(by_layer)) + offset
    drawn = panel.barh(
      places, list(by_layer.values()), 0.38, color=color, label=precision
    )
    panel.bar_label(drawn, fmt='%.1f', fontsize=8, padding=2)
  panel.set_yticks(range(len(by_layer)), by_layer)
  panel.invert_yaxis()
  panel.set(xlabel='time (ms)', xmargin=0.15)
  panel.legend(fontsize=8, frameon=False, loc='lower right')
  panel.set_title('op, forward and gradients', fontsize=9)
