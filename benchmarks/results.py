"""`benchmarks/accuracy.csv` -> the tables of docs/results.md and the README."""

import pathlib
import statistics
from collections.abc import Iterable
from collections.abc import Sequence

from benchmarks import records
from benchmarks import seeds
from cnn_tf.measure import intervals
from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib

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
  '95 % interval',
  'with flips, %',
  'command',
)
_SHORT = (
  '`configs/`',
  'data',
  'epochs',
  'n',
  'test accuracy, %',
  '95 % interval',
  'with flips, %',
)


def table(all_records: list[records.Record], configs: pathlib.Path) -> str:
  """The table of docs/results.md: one line per flagfile with test results.

  Only lines of the CSV file that were trained with the present settings of a
  flagfile count.

  Args:
    all_records: the lines of the CSV file.
    configs: the folder of the flagfiles.
  """
  lines = [_line(_COLUMNS), _line(['---'] * len(_COLUMNS))]
  for name, settings, found in _flagfiles(all_records, configs):
    lines.append(_line(_cells(name, settings, found)))
  return '\n'.join(lines)


def short_table(
  all_records: list[records.Record], configs: pathlib.Path
) -> str:
  """The same results as `table`, without costs: the table of the README."""
  lines = [_line(_SHORT), _line(['---'] * len(_SHORT))]
  for name, settings, found in _flagfiles(all_records, configs):
    cells = dict(zip(_COLUMNS, _cells(name, settings, found), strict=True))
    lines.append(_line([cells[column] for column in _SHORT]))
  return '\n'.join(lines)


def headers(
  all_records: list[records.Record], configs: pathlib.Path
) -> dict[str, str]:
  """Name of a flagfile -> its result, as the header of the file states it."""
  return {
    name: header([record.accuracy for record in found])
    for name, _, found in _flagfiles(all_records, configs)
  }


def header(accuracies: Sequence[float]) -> str:
  """The result of a flagfile in one line."""
  mean, _, deviation = spread(accuracies).partition(' (')
  deviation = deviation.rstrip(')')
  return f'Test accuracy {mean} % ({deviation}, n = {len(accuracies)})'


def _flagfiles(all_records, configs):
  """Name, settings, and records by seed of each flagfile with results."""
  for path in sorted(configs.glob('*.flags')):
    settings = seeds.settings_on(settings_lib.read(path), 'test')
    found = records.find(all_records, settings, 'test')
    if found:
      yield path.stem, settings, [found[seed] for seed in sorted(found)]


def _cells(name, settings: settings_lib.Settings, found: list[records.Record]):
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
    minutes(statistics.median(times)) if times else '',
    settings.precision,
    str(len(found)),
    spread(record.accuracy for record in found),
    interval(record.accuracy for record in found),
    '' if None in flips else spread(flips),
    f'`{_command(name, found)}`',
  ]


def _command(name, found):
  first = found[0].seed
  command = f'python -m benchmarks.accuracy --flagfile=configs/{name}.flags'
  return f'{command} --seeds={len(found)} --first_seed={first} --on=test'


def spread(accuracies: Iterable[float]) -> str:
  """The mean and the standard deviation, in percent; of one value the value."""
  found = intervals.describe([100 * accuracy for accuracy in accuracies])
  if found.deviation != found.deviation:  # NaN: a single seed
    return f'{found.mean:.2f}'
  return f'{found.mean:.2f} (sd {found.deviation:.2f})'


def interval(accuracies: Iterable[float]) -> str:
  """The 95 % interval of the mean, in percent; empty for a single value."""
  found = intervals.describe([100 * accuracy for accuracy in accuracies])
  if found.deviation != found.deviation:
    return ''
  return f'{found.low:.2f} to {found.high:.2f}'


def minutes(seconds: float) -> str:
  """`minutes:seconds`."""
  return f'{int(seconds) // 60}:{int(seconds) % 60:02}'


def _line(cells):
  return f'| {" | ".join(cells)} |'
