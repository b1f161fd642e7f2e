"""The confusion matrix, and the worst mistakes."""

from collections.abc import Sequence

import numpy as np

from cnn_tf.figures import sheet

_NUM_WORST = 12
_CELL = 0.2  # the smallest side of a cell, in inches
_WIDTH, _HEIGHT = 4.55, 4.2  # of a matrix of few classes


def confusion(
  log_probabilities: np.ndarray,
  labels: np.ndarray,
  images: np.ndarray,
  class_names: Sequence[str],
  source: str,
) -> sheet.Figure:
  """Counts by true and predicted class, and the twelve worst mistakes.

  The worst mistake gives the true class the lowest probability.

  Args:
    log_probabilities: `[images, classes]`.
    labels: `[images]`, the true class of each image.
    images: `[images, height, width]` uint8.
    class_names: in the order of the labels.
    source: for the heading.
  """
  predicted = log_probabilities.argmax(axis=1)
  wrong = np.flatnonzero(predicted != labels)
  title = f'{len(wrong):,} of {len(labels):,} images misclassified'
  wider, higher = (
    max(0.0, _CELL * len(class_names) - side) for side in (_WIDTH, _HEIGHT)
  )
  figure = sheet.new(11.9 + wider, 6.3 + higher, title, source)
  counts = np.zeros([len(class_names)] * 2, int)
  np.add.at(counts, (labels, predicted), 1)
  _matrix(figure, counts, class_names)
  true = log_probabilities[np.arange(len(labels)), labels]
  worst = wrong[np.argsort(true[wrong], kind='stable')][:_NUM_WORST]
  heading = 'Worst mistakes' if len(worst) else 'No mistakes'
  left = 6.25 + wider
  sheet.write(figure, left, 1.15, heading, size=11, weight='bold')
  for place, number in enumerate(worst):
    true_name = class_names[labels[number]]
    name = class_names[predicted[number]]
    probability = np.exp(log_probabilities[number, predicted[number]])
    caption = f'{true_name}, taken for\n{name} ({probability:.1%})'
    panel = _mistake(figure, left, place, images[number], caption)
    panel.set_title(f'image {number}', fontsize=7, color=sheet.QUIET, pad=2)
  return figure


def _mistake(figure, left, place, image, caption):
  row, column = divmod(place, 4)
  panel = sheet.place(figure, left + 1.4 * column, 1.5 + 1.58 * row, 1, 1)
  panel.set_axis_off()
  sheet.picture(panel, image, sheet.BYTES)
  style = {'size': 7.5, 'ha': 'center', 'va': 'top'} | sheet.NO_FORMULA
  panel.text(0.5, -0.04, caption, transform=panel.transAxes, **style)
  return panel


def _matrix(figure, counts, class_names):
  width, height = (
    max(side, _CELL * len(class_names)) for side in (_WIDTH, _HEIGHT)
  )
  is_large = width > _WIDTH
  panel = sheet.place(figure, 1.15, 1.25, width, height)
  # On a scale with the diagonal, all mistakes would have the same colour.
  mistakes = np.where(np.eye(len(class_names), dtype=bool), np.nan, counts)
  scale = sheet.scale(mistakes)
  sheet.picture(panel, mistakes, scale, aspect='auto')
  for (row, column), count in np.ndenumerate(counts):
    if count:
      is_bright = row == column or count > 0.6 * scale.high
      color = sheet.INK if is_bright else 'white'
      panel.text(
        *(column, row, count),
        color=color,
        size=5 if is_large else 7.5,
        ha='center',
        va='center',
      )
  panel.set_xticks(range(len(class_names)), class_names, **sheet.NO_FORMULA)
  panel.set_yticks(range(len(class_names)), class_names, **sheet.NO_FORMULA)
  if max(map(len, class_names)) > 2:
    panel.tick_params(axis='x', labelrotation=90 if is_large else 40)
  panel.set(xlabel='predicted class', ylabel='true class')
