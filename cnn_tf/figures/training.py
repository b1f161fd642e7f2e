"""Learning curves, and the kernels of the first layer over the epochs."""

from collections.abc import Mapping

import numpy as np
from matplotlib import axes
from matplotlib import ticker

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles

_MAX_EPOCHS = 13  # that are shown as rows


def curves(
  table: Mapping[str, np.ndarray],
  rate_steps: np.ndarray,
  rates: np.ndarray,
  source: str,
) -> sheet.Figure:
  """Cross-entropy and accuracy of both sets, and the learning rate.

  A training value is a mean over an epoch in which the kernels change, so it is
  drawn in the middle of the epoch; a validation value is drawn at the end.

  Args:
    table: name -> column of `metrics.csv`, with or without validation; epochs
      may be missing.
    rate_steps: `[n]` steps, up to the last one of the run.
    rates: `[n]`, the learning rate at each of these steps.
    source: for the heading.
  """
  if 'validation_accuracy' in table:
    last = f'validation accuracy {table["validation_accuracy"][-1]:.2%}'
  else:
    last = f'training accuracy {table["train_accuracy"][-1]:.2%}'
  title = f'Learning curves: {last} after epoch {table["epoch"][-1]}'
  figure = sheet.new(9.0, 7.2, title, source)
  left, width = 1.0, 7.7
  loss = sheet.place(figure, left, 1.25, width, 2.3)
  accuracy = sheet.place(figure, left, 3.7, width, 2.0)
  rate = sheet.place(figure, left, 5.85, width, 0.8)
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
  steps_per_epoch = table['step'][0] / table['epoch'][0]
  _share_steps([loss, accuracy, rate], rate_steps[-1] + 1, steps_per_epoch)
  return figure


def evolution(
  epochs: np.ndarray, kernels: np.ndarray, name: str, source: str
) -> sheet.Figure:
  """The kernels of the first layer after each epoch, one row per epoch.

  Args:
    epochs: `[n]`, increasing; 0 stands for the initial kernels. Epochs may be
      missing.
    kernels: `[n, filters, height, width]`, the kernels after each of them.
    name: of the layer.
    source: for the heading.
  """
  shown = kernels[:, : 32 if max(kernels.shape[2:]) < 8 else 16]
  rows = np.unique(
    np.linspace(0, len(epochs) - 1, _MAX_EPOCHS).round().astype(int)
  )
  images = shown[rows].reshape(-1, *kernels.shape[2:])
  grid = tiles.Tiles(images, shown.shape[1], 8.2)
  title = (
    f'Kernels of {name}, {_when(epochs[0])} and {_when(epochs[-1])}: '
    f'cosine similarity {_cosine(kernels[0], kernels[-1]):.2f}'
  )
  if grid.columns < kernels.shape[1]:
    title += f' (showing {grid.columns} of {kernels.shape[1]} filters)'
  left, top = 1.0, sheet.HEADING + 0.8
  figure = sheet.new(11.0, top + grid.height + 0.6, title, source)
  scale = sheet.scale(shown)
  drawn = grid.draw(figure, left, top, scale)
  sheet.bar(figure, drawn, scale, left, sheet.HEADING + 0.2, 2.2, 'weight')
  _label_tiles(figure, left, top, grid, epochs[rows])
  panel = sheet.place(figure, 9.45, top, 1.2, grid.height)
  _changes(panel, kernels, epochs, rows)
  return figure


def _pair(panel: axes.Axes, table, quantity, factor):
  """One quantity, on the training set and on the validation set, if any."""
  ends = table['step']
  middles = ends - ends / table['epoch'] / 2
  panel.plot(
    middles,
    factor * table[f'train_{quantity}'],
    'o-',
    color=sheet.BLUE,
    markersize=4,
    label='training, mean over the epoch',
  )
  if f'validation_{quantity}' in table:
    panel.plot(
      ends,
      factor * table[f'validation_{quantity}'],
      's-',
      color=sheet.VERMILLION,
      markersize=4,
      label='validation, at the end of the epoch',
    )


def _share_steps(panels, num_steps, steps_per_epoch):
  """A common axis of steps at the bottom, and one of epochs at the top."""
  for panel in panels:
    panel.set_xlim(0, num_steps * 1.02)
    panel.spines[['top', 'right']].set_visible(False)
    panel.grid(axis='y', color=sheet.PALE, linewidth=0.6)
    panel.yaxis.set_label_coords(-0.08, 0.5)
    panel.ticklabel_format(axis='x', style='plain')
    panel.tick_params(labelbottom=panel is panels[-1])
  epoch_axis = panels[0].secondary_xaxis('top')
  num_epochs = round(num_steps / steps_per_epoch)
  spacing = -(-num_epochs // 12)  # at most 12 labels
  numbers = np.arange(spacing, num_epochs + 1, spacing)
  epoch_axis.set_xticks(numbers * steps_per_epoch, numbers)
  epoch_axis.set_xlabel('epoch', fontsize=9)
  epoch_axis.tick_params(labelsize=8, color=sheet.QUIET)
  epoch_axis.spines[:].set_color(sheet.QUIET)


def _plain_log_ticks(panel):
  """Ticks at 0.02, 0.05, 0.1: the loss of a run spans few powers of ten."""
  panel.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
  panel.yaxis.set_major_formatter(ticker.FuncFormatter(lambda y, _: f'{y:g}'))
  panel.yaxis.set_minor_locator(ticker.NullLocator())


def _label_tiles(figure, left, top, grid, epochs):
  """Filter numbers at the top, epochs on the left."""
  for number in range(grid.columns):
    x = left + (number + 0.5) * grid.width / grid.columns
    style = {'size': 6.5, 'color': sheet.QUIET, 'ha': 'center'}
    sheet.write(figure, x, top - 0.05, str(number), **style)
  for row, epoch in enumerate(epochs):
    base = top + (row + 0.55) * grid.height / len(epochs)
    label = _when(epoch).removeprefix('after ')
    sheet.write(figure, left - 0.08, base, label, size=8, ha='right')


def _when(epoch):
  return f'after epoch {epoch}' if epoch else 'initial'


def _cosine(a, b):
  """`a . b / (|a| |b|)`: 1 for the same direction, about 0 if unrelated."""
  return np.sum(a * b) / (np.linalg.norm(a) * np.linalg.norm(b))


def _changes(panel, kernels, epochs, rows):
  """The relative change of all kernels in the epoch of each of the rows.

  `|kernels after - kernels before| / |kernels before|`; no bar for an epoch
  without the kernels before it.
  """
  flat = kernels.reshape(len(kernels), -1)
  change = np.linalg.norm(np.diff(flat, axis=0), axis=1)
  relative = change / np.linalg.norm(flat[:-1], axis=1)
  for place, row in enumerate(rows):
    if row and epochs[row] - epochs[row - 1] == 1:
      width = 100 * relative[row - 1]
      panel.barh(place, width, color=sheet.BLUE, height=0.5)
  panel.set(ylim=(len(rows) - 0.5, -0.5), yticks=[])
  panel.set_title('relative change\nin the epoch (%)', fontsize=8)
  panel.spines[['top', 'right']].set_visible(False)
