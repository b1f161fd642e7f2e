"""The rows of the race -> seconds, accuracies, ratios with their intervals."""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks import peers
from cnn_tf.measure import intervals
from cnn_tf.run import terminal

GOALS = (0.9, 0.915)  # validation accuracies


class Row(NamedTuple):
  """An epoch of a library."""

  library: str
  setting: str
  precision: str
  seed: int
  epoch: int
  images: int  # trained on in this epoch
  train_seconds: float
  evaluate_seconds: float  # on the validation images
  validation_accuracy: float
  first_step: float | None  # seconds from Enter to its end; in the first epoch
  test_accuracy: float | None  # in the last epoch


class Run(NamedTuple):
  """A library in one precision, with all seeds."""

  peer: peers.Peer
  seeds: tuple[int, ...]
  images: int  # trained on in an epoch
  train_seconds: np.ndarray  # [seeds, epochs]
  seconds: np.ndarray  # [seeds, epochs] of training and validation
  accuracies: np.ndarray  # [seeds, epochs] on the validation images
  first_steps: np.ndarray  # [seeds]
  tests: np.ndarray  # [seeds] accuracies on the test set


Runs = dict[tuple[str, str], Run]  # (precision, library) -> run


def finished(rows: Iterable[Row], num_epochs: int) -> list[list[Row]]:
  """The rows of each precision and seed, if all its libraries have all epochs.

  A power cut can leave the first rows of a group, which is then written again.
  """
  groups = {}
  for row in rows:
    group = groups.setdefault((row.precision, row.seed), {})
    group[row.epoch, row.library] = row
  return [
    list(group.values())
    for group in groups.values()
    if len(group) == num_epochs * len({library for _, library in group})
  ]


def runs(rows: Iterable[Row]) -> Runs:
  """The runs of finished groups, in the order of their first rows."""
  found = {}
  for row in rows:
    by_seed = found.setdefault((row.precision, row.library), {})
    by_seed.setdefault(row.seed, []).append(row)
  return {key: _run(by_seed) for key, by_seed in found.items()}


def seconds_to(run: Run, goal: float) -> np.ndarray:
  """`[seeds]` seconds up to the first epoch that reaches `goal`, or NaN."""
  reached = run.accuracies >= goal
  elapsed = np.cumsum(run.seconds, axis=1)
  first = np.argmax(reached, axis=1)[:, None]
  seconds = np.take_along_axis(elapsed, first, axis=1)[:, 0]
  return np.where(reached.any(axis=1), seconds, np.nan)


def ratio(theirs: Run, ours: Run) -> intervals.Interval:
  """The seconds of one run divided by those of another, per epoch.

  The mean over the common seeds of the median over the epochs of a seed. They
  are paired, since libraries that take turns share the slow periods of a
  machine. The first epoch of a seed, which is traced or compiled, does not
  count, unless it is the only one.
  """
  theirs, ours = _paired(theirs, ours)
  start = min(1, ours.shape[1] - 1)
  by_seed = np.median(theirs[:, start:] / ours[:, start:], axis=1)
  return intervals.describe(list(by_seed))


def ratio_of_sums(theirs: Run, ours: Run) -> float:
  """The same for all epochs together, with the first one."""
  theirs, ours = _paired(theirs, ours)
  return float(theirs.sum() / ours.sum())


def report(found: Runs) -> str:
  """The tables of all precisions, and the differences of the accuracies."""
  precisions = list(dict.fromkeys(precision for precision, _ in found))
  parts = [_table(found, precision) for precision in precisions]
  parts += filter(None, [_across(found)])
  parts += filter(None, [differences(found)])
  parts.append(
    'Seconds are those of training and validation. The first step ends so many '
    'seconds after Enter\n(with 50 steps per call, the first call). images/s: '
    'of training, the median over epochs but the first.\nPer epoch: the mean '
    'over seeds of the median ratio within an epoch, without the first epoch.'
  )
  return '\n\n'.join(parts)


def differences(found: Runs) -> str:
  """The test accuracies minus ours, paired by seed, in a line; or ''."""
  texts = []
  for (precision, library), run in found.items():
    ours = found.get((precision, peers.OURS.library))
    if ours and library != peers.OURS.library:
      of_theirs, of_ours = _paired(run, ours, 'tests')
      points = intervals.spread(list(100 * (of_theirs - of_ours)))
      texts.append(f'{run.peer} ({precision}) {points}')
  return (
    f'Test accuracy minus ours, in points: {"; ".join(texts)}.' if texts else ''
  )


def _paired(theirs, ours, field='seconds'):
  """A field of both runs, of the seeds that both have, `[seeds, ...]`."""
  seeds = [seed for seed in ours.seeds if seed in theirs.seeds]
  return [
    getattr(run, field)[[run.seeds.index(seed) for seed in seeds]]
    for run in (theirs, ours)
  ]


def _run(by_seed):
  seeds = tuple(sorted(by_seed))
  rows = [sorted(by_seed[seed], key=lambda row: row.epoch) for seed in seeds]
  train, evaluate, accuracies = (
    np.array([[getattr(row, name) for row in of_seed] for of_seed in rows])
    for name in ('train_seconds', 'evaluate_seconds', 'validation_accuracy')
  )
  first = rows[0][0]
  return Run(
    peer=peers.Peer(first.library, first.setting),
    seeds=seeds,
    images=first.images,
    train_seconds=train,
    seconds=train + evaluate,
    accuracies=accuracies,
    first_steps=np.array([of_seed[0].first_step for of_seed in rows]),
    tests=np.array([of_seed[-1].test_accuracy for of_seed in rows]),
  )


def _table(found, precision):
  """One line per library."""
  chosen = {key[1]: run for key, run in found.items() if key[0] == precision}
  num_seeds, num_epochs = next(iter(chosen.values())).seconds.shape
  seeds = '1 seed' if num_seeds == 1 else f'{num_seeds} seeds'
  rows = [[f'{precision}, {num_epochs} epochs, {seeds}', 'seconds']]
  rows[0] += [f'to {100 * goal:g} %' for goal in GOALS]
  rows[0] += ['images/s', 'first step', 'test, %', '95 % interval']
  rows[0] += ['seconds / ours', 'per epoch', '95 % interval']
  ours = chosen.get(peers.OURS.library)
  for library, run in chosen.items():
    tests = intervals.describe(100 * run.tests)
    row = [str(run.peer), f'{run.seconds.sum(axis=1).mean():.1f}']
    row += [_goal(seconds_to(run, goal)) for goal in GOALS]
    # Of the only epoch, if there is one.
    train_seconds = run.train_seconds[:, min(1, num_epochs - 1) :]
    row += [round(np.median(run.images / train_seconds))]
    row += [f'{run.first_steps.mean():.1f}', f'{tests.mean:.2f}']
    row += [_range(tests.low, tests.high)]
    is_ours = ours is None or library == peers.OURS.library
    rows.append(row + ([''] * 3 if is_ours else _ratios(run, ours)))
  return terminal.align(rows)


def _across(found):
  """Ours in bfloat16 against the others in float32, or ''."""
  ours = found.get(('bfloat16', peers.OURS.library))
  rows = [['float32 against bfloat16', 'seconds / ours']]
  rows[0] += ['per epoch', '95 % interval']
  for (precision, _), run in found.items():
    if ours and precision == 'float32' and set(run.seeds) & set(ours.seeds):
      label = f'{run.peer}, float32 / ours in bfloat16'
      rows.append([label, *_ratios(run, ours)])
  return terminal.align(rows) if len(rows) > 1 else ''


def _goal(seconds: Sequence[float]):
  """The mean over the seeds that reach a goal."""
  reached = seconds[np.isfinite(seconds)]
  if not reached.size:
    return 'never'
  few = reached.size < seconds.size
  of = f' ({reached.size} of {seconds.size})' if few else ''
  return f'{reached.mean():.1f}{of}'


def _ratios(theirs, ours):
  """Cells: the ratio of the sums; that within an epoch, with its interval."""
  found = ratio(theirs, ours)
  total = ratio_of_sums(theirs, ours)
  return [f'{total:.2f}', f'{found.mean:.2f}', _range(found.low, found.high)]


def _range(low, high):
  return '' if np.isnan(low) else f'{low:.2f} to {high:.2f}'
