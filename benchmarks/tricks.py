"""Which training trick is worth what?

  python -m benchmarks.tricks --flagfile=configs/fashion.flags

trains a recipe, the recipe without each of its tricks, the plain network, which
is the recipe without all of them, and the plain network with each trick alone,
all for the same number of epochs; the recipe and the plain network also for the
epochs of the recipe. They are evaluated on the validation examples; the test
files are not opened. The differences are paired by seed. Finished seeds are
kept in benchmarks/accuracy.csv.
"""

import dataclasses
import pathlib
import re
from typing import NamedTuple

import numpy as np
from absl import flags

from benchmarks import records
from benchmarks import seeds
from cnn_tf import errors
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage

DROPOUT, SCHEDULE = 'dropout', 'schedule'
FLIPS, BOTH_FLIPS = 'prediction over flips', 'flips, and prediction over flips'
# The settings of each trick where the recipe has none of its own.
_USUAL = {
  'flips': {'flip': True},
  'erasing': {'erase': 0.5},
  'shift': {'shift': 1},
  'rotation, scale, shear': {'rotate': 10.0, 'scale': 0.1, 'shear': 10.0},
  'label smoothing': {'label_smoothing': 0.1},
  'average of kernels': {'average': 0.999},
  DROPOUT: {},
  SCHEDULE: {},
}
TRICKS = tuple(_USUAL)


class Case(NamedTuple):
  """A network to train, for every seed."""

  name: str
  settings: settings_lib.Settings


class Gain(NamedTuple):
  """The points of accuracy that a trick gains, or None if not measured."""

  trick: str
  alone: intervals.Interval | None  # added to the plain network
  added: intervals.Interval | None  # added to the other tricks of the recipe


def turn(
  settings: settings_lib.Settings, trick: str, on: settings_lib.Settings | bool
):
  """The settings with a trick on, as in the recipe `on`, or off."""
  if trick == DROPOUT:
    return dataclasses.replace(settings, layers=_layers(settings.layers, on))
  if trick == SCHEDULE:
    return dataclasses.replace(settings, **_schedule(settings, on))
  usual = _USUAL[trick]
  if not on:
    values = {name: type(value)() for name, value in usual.items()}
  else:
    values = {name: getattr(on, name) for name in usual}
    values = values if any(values.values()) else usual
  return dataclasses.replace(settings, **values)


def without_tricks(recipe: settings_lib.Settings) -> settings_lib.Settings:
  """The plain network of a recipe."""
  plain = recipe
  for trick in TRICKS:
    plain = turn(plain, trick, False)
  return plain


def cases(
  name: str, recipe: settings_lib.Settings, epochs: int
) -> dict[str, Case]:
  """What to train: all tricks, none, all but one, and one alone.

  Args:
    name: of the recipe.
    recipe: its settings.
    epochs: of most trainings. Those named 'long' have the epochs of the recipe.
  """
  short = dataclasses.replace(recipe, num_epochs=epochs)
  plain = without_tricks(short)
  found = {
    'all': Case(f'{name}-all', short),
    'plain': Case(f'{name}-plain', plain),
    'all, long': Case(name, recipe),
    'plain, long': Case(f'{name}-plain-long', without_tricks(recipe)),
  }
  for trick in TRICKS:
    word = trick.replace(', ', '-').replace(' ', '-')
    without = turn(short, trick, False)
    if without != short:
      found[f'without {trick}'] = Case(f'{name}-all-without-{word}', without)
    alone = turn(plain, trick, short)
    if alone != plain:  # dropout needs a dense layer
      found[f'with {trick}'] = Case(f'{name}-plain-with-{word}', alone)
  return found


def gains(found: dict[str, list[records.Record]]) -> list[Gain]:
  """The gain of each trick, from the records of all cases by seed."""
  rows = []
  for trick in TRICKS:
    alone, without = found.get(f'with {trick}'), found.get(f'without {trick}')
    rows.append(
      Gain(
        trick,
        alone and _gain(_accuracies(alone), _accuracies(found['plain'])),
        without and _gain(_accuracies(found['all']), _accuracies(without)),
      )
    )
  if found['all'][0].accuracy_with_flips is not None:
    rows += _gains_of_flips(found)
  return rows


def _gains_of_flips(found):
  """What it gains to average over an image and its mirror image."""
  gain = {}
  for one, other in (
    ('plain', 'plain'),
    ('all', 'all'),
    ('with flips', 'plain'),
    ('all', 'without flips'),
  ):
    if one in found and other in found:
      averaged = [run.accuracy_with_flips for run in found[one]]
      gain[one, other] = _gain(averaged, _accuracies(found[other]))
  return [
    Gain(FLIPS, gain['plain', 'plain'], gain['all', 'all']),
    Gain(
      BOTH_FLIPS,
      gain.get(('with flips', 'plain')),
      gain.get(('all', 'without flips')),
    ),
  ]


def table(found: dict[str, list[records.Record]]) -> str:
  """The gains in points, in Markdown."""
  plain = found['plain']
  lines = [
    f'| trick, {plain[0].epochs} epochs, n = {len(plain)} | alone | added to '
    'the others |',
    '| --- | --- | --- |',
    *(
      f'| {gain.trick} | {_cell(gain.alone)} | {_cell(gain.added)} |'
      for gain in gains(found)
    ),
  ]
  return '\n'.join(lines)


def totals(found: dict[str, list[records.Record]]) -> str:
  """What all tricks gain together, in Markdown."""
  lines = [
    '| epochs | n | without tricks, % | with all, % | gain | with all, '
    'averaged over flips, % | gain |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ]
  for plain, every in ('plain', 'all'), ('plain, long', 'all, long'):
    runs, without = found[every], _accuracies(found[plain])
    cells = [str(runs[0].epochs), str(len(runs)), _percent(without)]
    for accuracies in _accuracies(runs), [x.accuracy_with_flips for x in runs]:
      known = None not in accuracies
      cells += [_percent(accuracies) if known else '']
      cells += [_cell(_gain(accuracies, without)) if known else '']
    lines.append(f'| {" | ".join(cells)} |')
  return '\n'.join(lines)


def draw(found: dict[str, list[records.Record]], name: str) -> sheet.Figure:
  """The gains as dots with their intervals."""
  rows = gains(found)
  plain = found['plain']
  series = [
    _series('alone', sheet.BLUE, rows, 'alone'),
    _series('added to the others', sheet.VERMILLION, rows, 'added'),
  ]
  height = 0.5 * len(rows)
  figure = sheet.new(
    9.0,
    height + 2.0,
    'What each training trick gains',
    f'{plain[0].dataset}, recipe {name}, {plain[0].epochs} epochs; validation; '
    f'{len(plain)} seeds, paired; ranges: 95 % intervals of the mean',
  )
  panel = sheet.place(figure, 2.2, 1.2, 6.3, height)
  charts.dots(panel, [gain.trick for gain in rows], series, 0.0, digits=2)
  panel.set_xlabel('accuracy gained, points')
  panel.legend(
    loc='lower right',
    bbox_to_anchor=(1, 1),
    ncols=2,
    fontsize=9,
    frameon=False,
    borderpad=0,
  )
  return figure


def main(*flagfiles: str) -> None:
  """Trains what is missing; prints the table, and writes the figure."""
  if len(flagfiles) != 1:
    raise errors.UserError('one recipe is needed: --flagfile=configs/X.flags')
  name = pathlib.Path(flagfiles[0]).stem
  recipe = settings_lib.read(flagfiles[0])
  found = {}
  for key, case in cases(name, recipe, flags.FLAGS.epochs).items():
    found[key] = seeds.of_flags(case.name, case.settings, 'validation')
  print(f'\n{table(found)}\n\n{totals(found)}\n')
  figure = pathlib.Path(flags.FLAGS.figure)
  storage.make_folder(figure.parent)
  with sheet.defaults():
    storage.write(figure, sheet.to_png(draw(found, name)))
  print(figure)


def _layers(layers, on):
  if not on:
    return re.sub(r' dropout [0-9.]+', '', layers)
  if 'dropout' in on.layers:
    return on.layers
  return re.sub(r'(dense \d+)', r'\1 dropout 0.3', layers)


def _schedule(settings, on):
  """The plain schedule is a warm-up and an exponential decay to a hundredth."""
  if not on:
    return {
      'lr_schedule': 'exp',
      'decay_rate': 0.01 ** (1 / settings.num_epochs),
      'decay_epochs': 1.0,
      'warmup_epochs': 0.5,
    }
  if on.lr_schedule in ('cosine', 'one_cycle'):
    names = ('lr_schedule', 'warmup_epochs')
    return {name: getattr(on, name) for name in names}
  return {'lr_schedule': 'one_cycle', 'warmup_epochs': 0.0}


def _accuracies(found):
  return [record.accuracy for record in found]


def _gain(with_it, without_it):
  percents = [[100 * x for x in values] for values in (with_it, without_it)]
  return intervals.difference(*percents)


def _cell(gain):
  if gain is None:
    return 'not used'
  if np.isnan(gain.low):  # of a single seed
    return f'{gain.mean:+.2f}'
  return f'{gain.mean:+.2f} ({gain.low:+.2f} to {gain.high:+.2f})'


def _percent(accuracies):
  return f'{100 * intervals.describe(accuracies).mean:.2f}'


def _series(label, color, rows, column):
  nothing = intervals.Interval(*[np.nan] * 4)
  shown = [getattr(gain, column) or nothing for gain in rows]
  means, lows, highs = (
    np.array([getattr(one, name) for one in shown])
    for name in ('mean', 'low', 'high')
  )
  return charts.Series(label, color, means, lows, highs)


if __name__ == '__main__':
  flags.DEFINE_integer('epochs', 20, 'of most trainings', lower_bound=1)
  flags.DEFINE_string('figure', 'runs/tricks.png', 'the file of the figure')
  seeds.define_replicas()
  seeds.run(main)
