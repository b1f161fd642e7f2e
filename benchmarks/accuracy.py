"""The accuracy of flagfiles over seeds: mean, deviation and interval.

python -m benchmarks.accuracy --flagfile=configs/fashion.flags --seeds=10
python -m benchmarks.accuracy configs/vgg.flags configs/mlp.flags --on=test
python -m benchmarks.accuracy --table      prints the tables of the docs

Each finished seed becomes a line of benchmarks/accuracy.csv; seeds found there
are not trained again. A run that was stopped is resumed.
"""

import pathlib

from absl import flags

from benchmarks import records
from benchmarks import results
from benchmarks import seeds
from cnn_tf import errors
from cnn_tf.measure import intervals
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import terminal


def main(*flagfiles: str) -> None:
  """Trains what is missing in the table, and prints the statistics."""
  if flags.FLAGS.table:
    found = records.read(pathlib.Path(flags.FLAGS.csv))
    print(results.table(found, results.CONFIGS), end='\n\n')
    print(results.short_table(found, results.CONFIGS))
    return
  if not flagfiles:
    raise errors.UserError('no flagfile is given (--help shows examples)')
  # All are read first, so that a mistake in the last one is found now.
  wanted = {path: settings_lib.read(path) for path in flagfiles}
  if len({settings.batch_size for settings in wanted.values()}) > 1:
    # TensorFlow has as many replicas as the first training.
    raise errors.UserError('each --batch_size needs a command of its own')
  rows = [COLUMNS]
  for path, settings in wanted.items():
    name = pathlib.Path(path).stem
    found = seeds.of_flags(name, settings, flags.FLAGS.on)
    rows.append(row(name, [record.accuracy for record in found]))
    if settings.evaluate_flips:
      flipped = [record.accuracy_with_flips for record in found]
      rows.append(row(f'{name}, with flips', flipped))
  print(f'\nAccuracy on {flags.FLAGS.on}, in percent\n{terminal.align(rows)}')


COLUMNS = ['flagfile', 'n', 'mean', 'deviation', 'min', 'max', '95 % interval']


def row(name: str, accuracies: list[float]) -> list[str]:
  """Statistics over seeds, in percent; a single seed has no deviation."""
  percents = [100 * accuracy for accuracy in accuracies]
  found = intervals.describe(percents)
  several = len(percents) > 1
  return [
    name,
    str(len(percents)),
    f'{found.mean:.3f}',
    f'{found.deviation:.3f}' if several else '',
    f'{min(percents):.2f}',
    f'{max(percents):.2f}',
    f'{found.low:.3f} to {found.high:.3f}' if several else '',
  ]


if __name__ == '__main__':
  seeds.define_on()
  seeds.define_replicas()
  flags.DEFINE_bool(
    'table', False, 'print the tables of docs/results.md and README.md'
  )
  seeds.run(main)
