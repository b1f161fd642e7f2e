"""What is a reported accuracy worth?

Each network is scored on the validation images and on the test images after
every epoch. Its test accuracy is then reported in three ways: after the last
epoch, after the epoch with the best validation accuracy, and after the epoch
with the best test accuracy. The third way selects on the test set; so does
reporting the best of several seeds.

The gain of such a selection may be luck with these images, or a network that is
better on other images, too. In the second case seeds with a higher test
accuracy have a higher validation accuracy as well, so the correlation of the
two is measured. For comparison: over samples of n test images, an accuracy p
has the standard deviation `sqrt(p * (1 - p) / n)`.

Results (20 seeds, 12 epochs, Fashion-MNIST, exponentially falling rate): to
choose the epoch on the test set gains 0.05 ± 0.07 points over the last epoch;
to choose it on validation changes the test accuracy by -0.05 ± 0.08 points. The
best of 20 seeds on the test set is 0.58 points above their mean, the best on
validation 0.23. Over the seeds, validation and test accuracy correlate by 0.42;
with n = 20 the 95 % interval is -0.03 to 0.73 (Fisher 1921), so it is not shown
that seeds with a higher test accuracy are better networks.
"""

import math
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.figures import sheet
from cnn_tf.measure import runs
from cnn_tf.run import checkpoints
from cnn_tf.run import evaluation
from cnn_tf.studies import study
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=3, epochs=4)
FULL = study.Plan('fashion', seeds=20, epochs=12)

USUAL = {'layers': trained.SMALL_LAYERS, 'decay_rate': 0.7}


class Curves(NamedTuple):
  """Accuracies after each epoch, `[seeds, epochs]`."""

  validation: np.ndarray
  test: np.ndarray


class Reported(NamedTuple):
  """The reported test accuracy of each seed, `[seeds]`."""

  last: np.ndarray  # of the last epoch
  chosen: np.ndarray  # of the epoch with the best validation accuracy
  peeked: np.ndarray  # of the epoch with the best test accuracy


def measure(plan: study.Plan) -> study.Report:
  """The gain of each way of reporting."""
  scored = []
  for run in trained.seeds(plan, **USUAL):
    scored.append(score(run))
    num_images = len(run.data.test.labels)
  curves = Curves(*map(np.array, zip(*scored, strict=True)))
  reported = report(curves)
  return study.Report(
    _table(curves, reported, num_images), _draw(curves, reported, plan)
  )


def score(run: runs.Run) -> tuple[list[float], list[float]]:
  """Validation and test accuracy after each epoch."""
  evaluate = evaluation.Evaluation(
    run.network, run.data.test, tf.distribute.get_strategy()
  )
  checkpoint = tf.train.Checkpoint(network=run.network)
  folder = run.workdir / 'checkpoints'
  test = []
  for done in run.epochs:
    last = done.epoch
    checkpoints.restore_newest(checkpoint, folder, strict=False, last=last)
    test.append(evaluate().accuracy)
  return [done.validation_accuracy for done in run.epochs], test


def report(curves: Curves) -> Reported:
  """The three ways of reporting; of equally good epochs the first is chosen."""
  seeds = np.arange(len(curves.test))
  return Reported(
    last=curves.test[:, -1],
    chosen=curves.test[seeds, curves.validation.argmax(axis=1)],
    peeked=curves.test.max(axis=1),
  )


def _table(curves, reported, num_images):
  last = reported.last
  rows = [['what is reported', 'test accuracy, %', 'gain over the last epoch']]
  for name, values in (
    ('last epoch', last),
    ('best epoch on validation', reported.chosen),
    ('best epoch on test', reported.peeked),
  ):
    gains = study.percent(values - last) if values is not last else ''
    rows.append([name, study.percent(values), gains])
  mean = last.mean()
  for name, value in (
    ('best seed on validation', last[curves.validation[:, -1].argmax()]),
    ('best seed on test', last.max()),
    ('best seed and epoch on test', curves.test.max()),
  ):
    rows.append([name, f'{100 * value:.2f}', f'{100 * (value - mean):.2f}'])
  if len(last) > 2:
    both = np.corrcoef(last, curves.validation[:, -1])[0, 1]
    rows.append(['correlation of validation and test', f'{both:.2f}', ''])
  luck = math.sqrt(mean * (1 - mean) / num_images)
  rows.append(
    [
      f'standard deviation over samples of {num_images:,} images',
      f'{100 * luck:.2f}',
      '',
    ]
  )
  return rows


def _draw(curves, reported, plan):
  by_epoch = 100 * np.mean(reported.peeked - reported.last)
  by_seed = 100 * (reported.last.max() - reported.last.mean())
  page = sheet.new(
    9.6,
    4.6,
    f'Selecting on the test set gains {by_epoch:.2f} points for the epoch, '
    f'{by_seed:.2f} for the seed',
    f'{plan}; each pale line and grey dot is one seed',
  )
  panel = sheet.place(page, 0.9, 1.0, 4.6, 2.9)
  epochs = np.arange(1, plan.epochs + 1)
  panel.plot(epochs, 100 * curves.test.T, color=sheet.PALE, linewidth=0.8)
  best = curves.test.argmax(axis=1)
  panel.plot(
    epochs[best], 100 * reported.peeked, '.', color=sheet.VERMILLION, ms=5
  )
  panel.plot(epochs, 100 * curves.test.mean(axis=0), color=sheet.BLUE)
  panel.set(xlabel='epoch', ylabel='test accuracy (%)')
  panel.set_title('blue: mean; orange: best epoch of each seed', fontsize=9)
  shown = 100 * curves.test[:, plan.epochs // 3 :]
  panel.set_ylim(shown.min() - 0.2, shown.max() + 0.2)
  dots = sheet.place(page, 6.4, 1.0, 2.9, 2.9)
  for x, values in enumerate(reported):
    dots.plot([x] * len(values), 100 * values, 'o', color=sheet.QUIET, ms=3)
    dots.plot(x, 100 * values.mean(), 'D', color=sheet.VERMILLION, ms=6)
  names = ['last\nepoch', 'best on\nvalidation', 'best on\ntest']
  dots.set_xticks(range(3), names)
  dots.set(xlim=(-0.5, 2.5), ylabel='reported test accuracy (%)')
  return page


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
