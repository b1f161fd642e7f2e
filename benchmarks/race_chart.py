"""The race -> a figure."""

import numpy as np

from benchmarks import peers
from benchmarks import race_results
from cnn_tf.figures import sheet

# The bluish green is of Okabe and Ito, too: see `sheet`.
_COLORS = {
  'ours': sheet.BLUE,
  'Keras': sheet.VERMILLION,
  'PyTorch': '#009e73',
}
_HEIGHT, _GAP = 3.6, 0.25  # of a panel, and between two, in inches


def draw(found: race_results.Runs, machine: str) -> sheet.Figure:
  """Validation accuracy against seconds: a line per library, and its seeds.

  Args:
    found: the runs of all libraries.
    machine: for the heading.
  """
  precisions = list(dict.fromkeys(precision for precision, _ in found))
  num_seeds, num_epochs = next(iter(found.values())).seconds.shape
  width = 8.75 if len(precisions) == 1 else 5.0
  figure = sheet.new(
    0.95 + len(precisions) * (width + _GAP),
    _HEIGHT + 1.95,
    _title(found),
    f'The main command, {num_epochs} epochs on Fashion-MNIST; {machine}; '
    f'means and ranges of {num_seeds} seeds',
  )
  low, high = _limits(found)
  longest = max(run.seconds.sum(axis=1).mean() for run in found.values())
  for column, precision in enumerate(precisions):
    left = 0.8 + column * (width + _GAP)
    panel = sheet.place(figure, left, 1.25, width, _HEIGHT)
    chosen = [run for key, run in found.items() if key[0] == precision]
    chosen.sort(key=lambda run: run.seconds.sum())
    for rank, run in enumerate(chosen):
      _draw_run(panel, run, is_above=rank % 2 == 0)
    panel.set_title(precision, fontsize=12, loc='left')
    panel.set_xlabel('seconds of training and validation', fontsize=10)
    panel.set(xlim=(0, 1.03 * longest), ylim=(low, high))
    panel.grid(color=sheet.PALE, linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[['top', 'right']].set_visible(False)
    panel.tick_params(axis='y', labelleft=column == 0)
  figure.axes[0].set_ylabel('validation accuracy, %', fontsize=10)
  return figure


def _title(found):
  """How long the fastest of the others takes, relative to ours."""
  ratios = []
  for (precision, library), ours in found.items():
    if library == peers.OURS.library:
      others = [
        race_results.ratio_of_sums(run, ours)
        for key, run in found.items()
        if key[0] == precision and key[1] != library
      ]
      if others:
        ratios.append(f'{min(others):.2f} times as long in {precision}')
  if not ratios:
    return 'Validation accuracy against seconds'
  return f'The best of the others takes {" and ".join(ratios)}'


def _limits(found):
  """From the lowest of the second epochs to the highest of all, in percent."""
  curves = [100 * run.accuracies for run in found.values()]
  low = min(curve[:, min(1, curve.shape[1] - 1)].min() for curve in curves)
  high = max(curve.max() for curve in curves)
  return low - 0.5, high + 0.6


def _draw_run(panel, run, is_above):
  color = _COLORS[run.peer.library]
  seconds = np.cumsum(run.seconds, axis=1).mean(axis=0)
  percents = 100 * run.accuracies
  panel.fill_between(
    seconds,
    percents.min(axis=0),
    percents.max(axis=0),
    color=color,
    alpha=0.2,
    linewidth=0,
  )
  means = percents.mean(axis=0)
  panel.plot(seconds, means, 'o-', markevery=[-1], color=color, linewidth=2)
  is_ours = run.peer.library == peers.OURS.library
  panel.annotate(
    run.peer.library,
    (seconds[-1], means[-1]),
    xytext=(0, 12 if is_above else -12),
    textcoords='offset points',
    color=color,
    fontsize=10,
    fontweight='bold' if is_ours else 'normal',
    ha='right',
    va='bottom' if is_above else 'top',
  )
