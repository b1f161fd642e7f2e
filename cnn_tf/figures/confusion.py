"""Which classes a network takes for which, and its worst mistakes."""

from collections.abc import Sequence

import numpy as np

from cnn_tf.figures import sheet

_NUM_WORST = 12


def confusion(
  log_probabilities: np.ndarray,
  labels: np.ndarray,
  images: np.ndarray,
  names: Sequence[str],
  source: str,
) -> sheet.Page:
  """Counts of true class by answer, and the twelve worst answers beside them.

  The worst is the one that gave the true class the lowest probability.

  Args:
    log_probabilities: `[images, classes]`.
    labels: `[images]`, the true classes.
    images: `[images, height, width]` uint8.
    names: those of the classes.
    source: for the heading.
  """
  answers = log_probabilities.argmax(axis=1)
  wrong = np.flatnonzero(answers != labels)
  title = f'{len(wrong):,} of {len(labels):,} images taken for another class'
  page = sheet.new(11.9, 6.3, title, source)
  counts = np.zeros([len(names)] * 2, int)
  np.add.at(counts, (labels, answers), 1)
  _matrix(page, counts, names)
  true = log_probabilities[np.arange(len(labels)), labels]
  worst = wrong[np.argsort(true[wrong], kind='stable')][:_NUM_WORST]
  heading = f'The {len(worst)} most wrong' if len(worst) else 'Not one is wrong'
  sheet.write(page, 6.25, 1.15, heading, size=11, weight='bold')
  for place, number in enumerate(worst):
    answer = answers[number]
    sure = np.exp(log_probabilities[number, answer])
    said = f'is {names[labels[number]]}\nsaid {names[answer]}, {sure:.1%}'
    panel = _mistake(page, place, images[number], said)
    panel.set_title(f'image {number}', fontsize=7, color=sheet.QUIET, pad=2)
  return page


def _mistake(page, place, image, said):
  row, column = divmod(place, 4)
  panel = sheet.place(page, 6.25 + 1.4 * column, 1.5 + 1.58 * row, 1, 1)
  panel.set_axis_off()
  sheet.picture(panel, image, sheet.BYTES)
  style = {'size': 7.5, 'ha': 'center', 'va': 'top'}
  panel.text(0.5, -0.04, said, transform=panel.transAxes, **style)
  return panel


def _matrix(page, counts, names):
  panel = sheet.place(page, 1.15, 1.25, 4.55, 4.2)
  # The many right answers would leave all mistakes in one colour.
  mistakes = np.where(np.eye(len(names), dtype=bool), np.nan, counts)
  scale = sheet.scale(mistakes)
  sheet.picture(panel, mistakes, scale, aspect='auto')
  for (row, column), count in np.ndenumerate(counts):
    if count:
      bright = row == column or count > 0.6 * scale.high
      color = sheet.INK if bright else 'white'
      panel.text(
        column, row, count, color=color, size=7.5, ha='center', va='center'
      )
  panel.set_xticks(range(len(names)), names)
  panel.set_yticks(range(len(names)), names)
  if max(map(len, names)) > 2:
    panel.tick_params(axis='x', labelrotation=40)
  panel.set(xlabel='answer', ylabel='true class')
