"""What is a reported accuracy worth?

Someone trains several networks, looks at their test accuracies, and reports the
best: of the epochs, of the settings, of the seeds. Is that network better, or
was it lucky with these images?

The test set is split at random into two halves. The best candidate on one half
is chosen and scored on both. Its gain on the half where it was chosen is what
would be reported; its gain on the other half is real; the difference is luck.
All numbers are means over 200 splits, each used both ways. The alternative is a
choice on the validation images, whose gain on test images is real, too.

The candidates are the networks of `rates.py`, after each of their epochs. Gains
are compared with the last epoch, with the usual settings, and with the mean of
the group of seeds. Luck is measured on 5,000 images, half of the test set. With
twice as many images it shrinks by sqrt(2), or more if some candidates are
clearly better. Intervals are over seeds, for these test images. A seed is
chosen among those of its group, all with the usual settings.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import activity
from cnn_tf.measure import intervals
from cnn_tf.measure import runs
from cnn_tf.run import history
from cnn_tf.run import storage
from cnn_tf.studies import rates
from cnn_tf.studies import study
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=2, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=4)

NUM_SPLITS = 200
NUM_GROUPS = 6  # of seeds
USUAL, CONSTANT = rates.USUAL, 'rate constant'
SEEDS = 'seed'


class Scored(NamedTuple):
  """A run, after each of its epochs."""

  correct: np.ndarray  # [epochs, test images] bool
  validation: np.ndarray  # [epochs]: accuracy on the validation images


class Gains(NamedTuple):
  """What a choice gains, as fractions of 1."""

  seen: float  # on the half where it was chosen
  real: float  # on the other half
  by_validation: float  # of the choice on validation, on all test images

  @property
  def luck(self) -> float:
    """The part of the reported gain that other images do not confirm."""
    return self.seen - self.real


def measure(plan: study.Plan) -> study.Report:
  """The gains of choosing epochs, settings and seeds."""
  if plan.seeds < 2:
    raise errors.UserError('a choice among seeds needs two: --seeds=2 or more')
  settings = [name for name in rates.SETTINGS if name != rates.NULL]
  wanted = {name: rates.runs_of(plan, name) for name in settings}
  more = plan._replace(seeds=NUM_GROUPS * plan.seeds)
  wanted[SEEDS] = trained.of_seeds(more, layers=rates.LAYERS)
  trained.announce(plan, sum(wanted.values(), []))
  scored = {
    name: [score(runs.load(trained.folder(plan, run))) for run in of_seeds]
    for name, of_seeds in wanted.items()
  }
  many = scored.pop(SEEDS)
  groups = [many[i : i + plan.seeds] for i in range(0, len(many), plan.seeds)]
  found = choices(scored, groups)
  return study.Report(_table(found), _draw(found, plan))


def score(run: runs.Run) -> Scored:
  """Which test images each epoch of a run classifies correctly."""
  checkpoint = tf.train.Checkpoint(network=run.network)
  epochs = history.read_all_epochs(run.workdir, run.epoch)
  test = run.data.test
  correct = []
  for done in epochs:
    epoch = storage.restore_checkpoint(
      checkpoint, run.workdir, strict=False, last=done.epoch
    )
    if epoch != done.epoch:
      raise errors.UserError(f'{run.workdir} has no epoch {done.epoch}')
    scores = activity.log_probabilities(run.network, test.images)
    correct.append(scores.argmax(axis=1) == test.labels)
  validation = [done.validation_accuracy for done in epochs]
  return Scored(np.array(correct), np.array(validation))


def choices(
  scored: dict[str, list[Scored]], groups: list[list[Scored]]
) -> dict[str, list[Gains]]:
  """What is chosen -> the gains of each time it can be chosen.

  Args:
    scored: name of the settings, with 'usual' and 'rate constant' -> the runs
      of all seeds.
    groups: runs that differ in their seed only.
  """
  by_seed = list(zip(*scored.values(), strict=True))  # the settings of one seed
  usual = list(scored).index(USUAL)
  return {
    'epoch, falling rate': [gains([run], -1) for run in scored[USUAL]],
    'epoch, constant rate': [gains([run], -1) for run in scored[CONSTANT]],
    'settings': [gains([*map(_last, x)], usual) for x in by_seed],
    'settings and epoch': [
      gains(x, (usual + 1) * len(x[0].validation) - 1) for x in by_seed
    ],
    SEEDS: [gains([*map(_last, group)], None) for group in groups],
  }


def gains(candidates: Sequence[Scored], usual: int | None) -> Gains:
  """The gains of the best candidate.

  Args:
    candidates: each epoch of each of them can be chosen.
    usual: the index of the candidate with which the choice is compared; with
      None, it is compared with the mean of all.
  """
  correct = np.concatenate([run.correct for run in candidates])
  validation = np.concatenate([run.validation for run in candidates])

  def gain(accuracies, chosen):
    before = accuracies.mean() if usual is None else accuracies[usual]
    return accuracies[chosen] - before

  seen, real = [], []
  for halves in _splits(correct.shape[1]):
    first, second = (correct[:, half].mean(axis=1) for half in halves)
    for here, there in ((first, second), (second, first)):
      seen.append(gain(here, here.argmax()))
      real.append(gain(there, here.argmax()))
  by_validation = gain(correct.mean(axis=1), validation.argmax())
  return Gains(*map(float, (np.mean(seen), np.mean(real), by_validation)))


def _splits(num_images):
  """The same pairs of halves, whatever is chosen."""
  random = np.random.default_rng(0)
  for _ in range(NUM_SPLITS):
    yield np.array_split(random.permutation(num_images), 2)


def _last(run):
  """A run of which only the last epoch can be chosen."""
  return Scored(run.correct[-1:], run.validation[-1:])


_COLUMNS = {
  'seen': 'gain where it was chosen',
  'real': 'gain on other images',
  'luck': 'luck, the difference',
  'by_validation': 'gain if chosen on validation',
}


def _table(found):
  rows = [['choice of (gains in points)', 'n', *_COLUMNS.values()]]
  rows[0].append('on other images - by validation')
  for name, times in found.items():
    cells = [
      intervals.percent([getattr(one, field) for one in times])
      for field in _COLUMNS
    ]
    more = intervals.percent([one.real - one.by_validation for one in times])
    rows.append([name, str(len(times)), *cells, more])
  return rows


def _title(found):
  parts = []
  for name in ('settings', SEEDS):
    luck, seen = (
      100 * np.mean([getattr(one, field) for one in found[name]])
      for field in ('luck', 'seen')
    )
    parts.append(f'{luck:.2f} of {seen:.2f} points ({name})')
  return f'Luck: {", ".join(parts)}'


def _draw(found, plan):
  figure = sheet.new(
    9.0,
    5.2,
    _title(found),
    f'{plan}; bars: 95 % interval over seeds',
  )
  panel = sheet.place(figure, 2.0, 1.0, 6.4, 2.7)
  series = []
  for field, color in (
    ('seen', sheet.VERMILLION),
    ('real', sheet.BLUE),
    ('by_validation', sheet.QUIET),
  ):
    described = [
      intervals.describe([100 * getattr(one, field) for one in times])
      for times in found.values()
    ]
    means, _, lows, highs = np.transpose(described)
    label = _COLUMNS[field]
    series.append(charts.Series(label, color, means, lows, highs))
  charts.dots(panel, list(found), series, reference=0, digits=2)
  panel.set_xlabel('test accuracy - that without a choice (points)')
  panel.legend(
    loc='upper left', bbox_to_anchor=(0, -0.2), fontsize=8, frameon=False
  )
  return figure


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
