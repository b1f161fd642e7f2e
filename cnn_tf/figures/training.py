"""How a training went: its curves, and how the first kernels grew."""

from collections.abc import Mapping

import numpy as np
from matplotlib import axes
from matplotlib import ticker

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles

_MOST_EPOCHS = 13


def curves(
  table: Mapping[str, np.ndarray],
  rate_steps: np.ndarray,
  rates: np.ndarray,
  source: str,
) -> sheet.Page:
  """Loss and accuracy, train and validation; below them the learning rate.

  A training value is a mean over its epoch, while the kernels changed, so it
  stands in the middle of the epoch; a validation value stands at the end.

  Args:
    table: the columns of `metrics.csv`, by name.
    rate_steps: `[n]` steps.
    rates: `[n]` learning rates at those steps.
    source: for the heading.
  """
  final = table['validation_accuracy'][-1]
  title = f'Learning curves: {final:.2%} of the validation images correct'
  page = sheet.new(9.0, 7.2, title, source)
  left, width = 1.0, 7.7
  loss = sheet.place(page, left, 1.25, width, 2.3)
  accuracy = sheet.place(page, left, 3.7, width, 2.0)
  rate = sheet.place(page, left, 5.85, width, 0.8)
  _pair(loss, table, 'cross_entropy', 1.0)
  if table['train_cross_entropy'].any():  # a single class has no loss
    loss.set_yscale('log')
    _plain_log_ticks(loss)
  loss.set_ylabel('cross-entropy (nats)')
  loss.legend(framealpha=1, edgecolor='white', fontsize=9)
  _pair(accuracy, table, 'accuracy', 100.0)
  accuracy.set_ylabel('accuracy (%)')
  rate.plot(rate_steps, rates, color=sheet.INK)
  rate.set(ylabel='learning rate', xlabel='step', ylim=(0, 1.15 * rates.max()))
  _share_steps([loss, accuracy, rate], table['step'])
  return page


def evolution(kernels: np.ndarray, layer: str, source: str) -> sheet.Page:
  """The kernels of the first layer at each epoch, a row an epoch.

  Args:
    kernels: `[epochs + 1, filters, height, width]`; row 0 is the first draw.
    layer: its name.
    source: for the heading.
  """
  num_epochs = len(kernels) - 1
  shown = kernels[:, : 32 if max(kernels.shape[2:]) < 8 else 16]
  epochs = np.unique(
    np.linspace(0, num_epochs, _MOST_EPOCHS).round().astype(int)
  )
  images = shown[epochs].reshape(-1, *kernels.shape[2:])
  grid = tiles.Tiles(images, shown.shape[1], 8.2)
  title = (
    f'{layer} from its first draw to epoch {num_epochs}: '
    f'their cosine is {_cosine(kernels[0], kernels[-1]):.2f}'
  )
  if grid.columns < kernels.shape[1]:
    title += f' ({grid.columns} of {kernels.shape[1]} filters)'
  left, top = 1.0, sheet.HEADING + 0.8
  page = sheet.new(11.0, top + grid.height + 0.6, title, source)
  scale = sheet.scale(shown)
  drawn = grid.draw(page, left, top, scale)
  sheet.bar(page, drawn, scale, left, sheet.HEADING + 0.2, 2.2, 'weight')
  _name_tiles(page, left, top, grid, epochs)
  panel = sheet.place(page, 9.45, top, 1.2, grid.height)
  _changes(panel, kernels, epochs)
  return page


def _pair(panel: axes.Axes, table, quantity, factor):
  """The curves of one quantity, on the training and the validation set."""
  ends = table['step']
  middles = (ends + np.concatenate([[0], ends[:-1]])) / 2
  panel.plot(
    middles,
    factor * table[f'train_{quantity}'],
    'o-',
    color=sheet.BLUE,
    markersize=4,
    label='training, mean over the epoch',
  )
  panel.plot(
    ends,
    factor * table[f'validation_{quantity}'],
    's-',
    color=sheet.ORANGE,
    markersize=4,
    label='validation, at its end',
  )


def _share_steps(panels, ends):
  """One axis of steps below, the epochs above, and a grid at their ends."""
  for panel in panels:
    panel.set_xlim(0, ends[-1] * 1.02)
    panel.spines[['top', 'right']].set_visible(False)
    panel.grid(axis='y', color=sheet.PALE, linewidth=0.6)
    panel.yaxis.set_label_coords(-0.08, 0.5)
    panel.ticklabel_format(axis='x', style='plain')
    panel.tick_params(labelbottom=panel is panels[-1])
  above = panels[0].secondary_xaxis('top')
  every = -(-len(ends) // 12)
  numbers = range(every, len(ends) + 1, every)
  above.set_xticks([ends[n - 1] for n in numbers], [str(n) for n in numbers])
  above.set_xlabel('epoch', fontsize=9)
  above.tick_params(labelsize=8, color=sheet.QUIET)
  above.spines[:].set_color(sheet.QUIET)


def _plain_log_ticks(panel):
  """0.02, 0.05, 0.1 and not powers of ten: a run spans few of those."""
  panel.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
  panel.yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: f'{y:g}'))
  panel.yaxis.set_minor_locator(ticker.NullLocator())


def _name_tiles(page, left, top, grid, epochs):
  """The numbers of the filters above, the epochs on the left."""
  for number in range(grid.columns):
    x = left + (number + 0.5) * grid.width / grid.columns
    style = {'size': 6.5, 'color': sheet.QUIET, 'ha': 'center'}
    sheet.write(page, x, top - 0.05, str(number), **style)
  for row, epoch in enumerate(epochs):
    base = top + (row + 0.55) * grid.height / len(epochs)
    name = f'epoch {epoch}' if epoch else 'first draw'
    sheet.write(page, left - 0.08, base, name, size=8, ha='right')


def _cosine(a, b):
  """1: the same direction, whatever the size; about 0: nothing in common."""
  return np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b))


def _changes(panel, kernels, epochs):
  """How far the kernels moved in each epoch, beside their rows."""
  flat = kernels.reshape(len(kernels), -1)
  moved = np.linalg.norm(np.diff(flat, axis=0), axis=1)
  share = moved / np.linalg.norm(flat[:-1], axis=1)
  rows = np.arange(1, len(epochs))
  panel.barh(rows, 100 * share[epochs[1:] - 1], color=sheet.BLUE, height=0.5)
  panel.set(ylim=(len(epochs) - 0.5, -0.5), yticks=[])
  panel.set_title('change in\nthe epoch (%)', fontsize=8)
  panel.spines[['top', 'right']].set_visible(False)
