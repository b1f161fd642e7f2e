"""Speeds -> a figure."""

import numpy as np

from benchmarks import peers
from benchmarks import speeds
from cnn_tf.figures import charts
from cnn_tf.figures import sheet

_COLORS = {'float32': sheet.BLUE, 'bfloat16': sheet.VERMILLION}
_LINE = 0.42  # inches per peer
_NOTHING = speeds.Ratio(np.nan, np.nan, np.nan)


def draw(measured: speeds.Speeds, machine: str) -> sheet.Figure:
  """The speed of each peer, relative to the bar, with intervals.

  The bar is the best of Keras and PyTorch in float32; ratios are paired by
  round.

  Args:
    measured: the speeds, including that of the bar.
    machine: for the heading.
  """
  shown = {contestant.peer for contestant, _ in measured} - {peers.ROOF}
  names = [peer for peer in peers.PEERS if peer in shown]
  height = _LINE * len(names)
  figure = sheet.new(
    11.3,
    height + 1.85,
    _title(measured),
    f'Reference network, batch {peers.BATCH_SIZE}; {machine}; dots: medians of '
    'ratios within a round; ranges: 95 % intervals',
  )
  for column, kind in enumerate(speeds.KINDS):
    panel = sheet.place(figure, 2.65 + 4.4 * column, 1.2, 4.0, height)
    bar = speeds.best(measured, kind, 'float32', speeds.BAR)
    series = [
      _series(measured, kind, precision, names, measured[bar, kind])
      for precision in peers.PRECISIONS
      if any(contestant.precision == precision for contestant, _ in measured)
    ]
    charts.dots(panel, list(map(str, names)), series, 1.0, digits=2)
    panel.set_title(kind.capitalize(), fontsize=12, loc='left')
    panel.set_xlabel(f'images/s, relative to {bar.peer}, float32', fontsize=9)
    panel.set_xlim(0, 1.12 * panel.get_xlim()[1])
    if column:
      panel.tick_params(axis='y', labelleft=False)
    else:
      _label_peers(panel, names)
  panel.legend(
    loc='lower right',
    bbox_to_anchor=(1, 1),
    ncols=2,
    fontsize=10,
    frameon=False,
    borderpad=0,
  )
  return figure


def _title(measured):
  """The result in training, each precision against its own."""
  best_of = f'the best of {" and ".join(speeds.BAR)}'
  ratios = []
  for precision in peers.PRECISIONS:
    key = speeds.Contestant(peers.OURS, precision), 'training'
    bar = speeds.best(measured, 'training', precision, speeds.BAR)
    if key in measured and bar:
      ratio = speeds.ratio(measured[key], measured[bar, 'training'])
      ratios.append(f'{ratio.median:.2f} times in {precision}')
  if not ratios:
    return f'Speed relative to {best_of} in float32'
  return f'Training, against {best_of}: {" and ".join(ratios)}'


def _label_peers(panel, names):
  """Ours in bold."""
  panel.tick_params(axis='y', labelsize=10)
  for name, label in zip(names, panel.get_yticklabels(), strict=True):
    if name.library == peers.OURS.library:
      label.set_fontweight('bold')


def _series(measured, kind, precision, names, bar):
  ratios = []
  for peer in names:
    values = measured.get((speeds.Contestant(peer, precision), kind))
    ratios.append(_NOTHING if values is None else speeds.ratio(values, bar))
  return charts.Series(precision, _COLORS[precision], *np.transpose(ratios))
