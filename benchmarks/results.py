"""`benchmarks/accuracy.csv` -> the table of docs/results.md."""

import pathlib
import statistics
from collections.abc import Iterable

from benchmarks import intervals
from benchmarks import records
from benchmarks import seeds
from cnn_tf.network import geometry
from cnn_tf.run import config
from cnn_tf.run import layers
from cnn_tf.run import settings_flags

CONFIGS = pathlib.Path(__file__).parents[1] / 'configs'
_IMAGE = (28, 28, 1)  # of both datasets
_COLUMNS = (
  '`configs/`',
  'data',
  'parameters',
  'multiplications',
  'epochs',
  'time per seed',
  'precision',
  'n',
  'test accuracy, %',
  'with flips, %',
  'command',
)


def table(all_records: list[records.Record], configs: pathlib.Path) -> str:
  """The table in Markdown: one line per flagfile with results on the test set.

  Only lines of the CSV file that were trained with the present settings of a
  flagfile count.

  Args:
    all_records: the lines of the CSV file.
    configs: the folder of the flagfiles.
  """
  lines = [_line(_COLUMNS), _line(['---'] * len(_COLUMNS))]
  for path in sorted(configs.glob('*.flags')):
    settings = seeds.settings_on(settings_flags.read(path), 'test')
    found = records.find(all_records, settings, 'test')
    if found:
      by_seed = [found[seed] for seed in sorted(found)]
      lines.append(_line(_cells(path.stem, settings, by_seed)))
  return '\n'.join(lines)


def _cells(name, settings: config.Config, found: list[records.Record]):
  traced = geometry.trace(layers.parse(settings.layers), _IMAGE)
  parameters = sum(layer.num_parameters for layer in traced)
  multiplications = sum(layer.num_multiplications for layer in traced)
  times = [record.seconds for record in found if record.seconds is not None]
  flips = [record.accuracy_with_flips for record in found]
  return [
    f'`{name}`',
    {'mnist': 'MNIST', 'fashion': 'Fashion-MNIST'}[settings.dataset],
    f'{parameters:,}',
    f'{multiplications:,}',
    str(settings.num_epochs),
    _minutes(statistics.median(times)) if times else '',
    settings.precision,
    str(len(found)),
    _spread(record.accuracy for record in found),
    '' if None in flips else _spread(flips),
    f'`{_command(name, found)}`',
  ]


def _command(name, found):
  first = found[0].seed
  command = f'python -m benchmarks.accuracy --flagfile=configs/{name}.flags'
  return f'{command} --seeds={len(found)} --first_seed={first} --on=test'


def _spread(accuracies: Iterable[float]):
  found = intervals.describe([100 * accuracy for accuracy in accuracies])
  if found.deviation != found.deviation:  # NaN: a single seed
    return f'{found.mean:.2f}'
  return f'{found.mean:.2f} ± {found.deviation:.2f}'


def _minutes(seconds):
  return f'{int(seconds) // 60}:{int(seconds) % 60:02}'


def _line(cells):
  return f'| {" | ".join(cells)} |'
