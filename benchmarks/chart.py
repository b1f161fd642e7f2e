"""Speeds -> a figure."""

import numpy as np

from benchmarks import peers
from benchmarks import speeds
from cnn_tf.figures import charts
from cnn_tf.figures import sheet

_COLORS = {'float32': sheet.BLUE, 'bfloat16': sheet.VERMILLION}
_LINE = 0.42  # inches per peer
_NOTHING = speeds.Ratio(np.nan, np.nan, np.nan)


def draw(measured: speeds.Speeds, machine: str) -> sheet.Page:
  """The speed of each peer, relative to the bar, with intervals.

  The bar is the best of Keras and PyTorch in float32; ratios are paired by
  round.

  Args:
    measured: with the bar.
    machine: for the heading.
  """
  shown = {contestant.peer for contestant, _ in measured} - {peers.ROOF}
  names = [peer for peer in peers.PEERS if peer in shown]
  height = _LINE * len(names)
  page = sheet.new(
    11.0,
    height + 2.15,
    f'Speed relative to the best of {" and ".join(speeds.BAR)} in float32',
    f'Reference network, batch {peers.BATCH_SIZE}; {machine}; dots: medians of '
    'ratios within a round; ranges: 95 % intervals',
  )
  for column, kind in enumerate(speeds.KINDS):
    left = 1.9 + 4.6 * column
    panel = sheet.place(page, left, 1.25, 4.2, height)
    bar = speeds.best(measured, kind, 'float32', speeds.BAR)
    series = [
      _series(measured, kind, precision, names, measured[bar, kind])
      for precision in peers.PRECISIONS
    ]
    charts.dots(panel, list(map(str, names)), series, 1.0, digits=2)
    panel.set_title(kind.capitalize(), fontsize=11, loc='left')
    panel.set(xlabel=f'images/s, divided by {bar.peer}')
    panel.set_xlim(0, 1.15 * panel.get_xlim()[1])
    if column:
      panel.tick_params(labelleft=False)
    else:
      panel.legend(loc='lower right', fontsize=9, framealpha=1)
  return page


def _series(measured, kind, precision, names, bar):
  ratios = []
  for peer in names:
    values = measured.get((speeds.Contestant(peer, precision), kind))
    ratios.append(_NOTHING if values is None else speeds.ratio(values, bar))
  return charts.Series(precision, _COLORS[precision], *np.transpose(ratios))
