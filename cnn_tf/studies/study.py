"""What all studies share: the amount of work, the command line, the report."""

import csv
import io
import pathlib
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from absl import flags

from cnn_tf import errors
from cnn_tf.figures import sheet
from cnn_tf.run import command
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import terminal


class Plan(NamedTuple):
  """The data, and the amount of work."""

  dataset: str = 'fashion'  # or several names, separated by commas
  seeds: int = 1  # runs per setting
  epochs: int = 1  # per run
  data_dir: str = ''  # a folder of four IDX files to read instead of `dataset`
  # The runs, which all studies share.
  networks: pathlib.Path = pathlib.Path('runs/studies/networks')
  num_replicas: str = 'auto'  # as for run_train.py

  def by_dataset(self) -> dict[str, 'Plan']:
    """Dataset name -> the same plan for that dataset alone."""
    if self.data_dir:
      return {pathlib.Path(self.data_dir).name: self}
    names = self.dataset.split(',')
    return {name: self._replace(dataset=name) for name in names}

  def __str__(self) -> str:
    """The subtitle of a figure."""
    data = ' and '.join(self.by_dataset())
    if not self.epochs:
      return 'nothing is trained'
    return f'{data}; seeds: {self.seeds}; epochs: {self.epochs}'


class Report(NamedTuple):
  """The result of a study."""

  table: list[list[str]]  # a row of column names, then the rows of cells
  figure: sheet.Figure


def run(measure: Callable[[Plan], Report], quick: Plan, full: Plan) -> None:
  """The command line of a study.

  Args:
    measure: the study.
    quick: the plan without `--full`, which takes one to three minutes.
    full: the plan of the results in docs/studies.md.
  """
  text, number = flags.DEFINE_string, flags.DEFINE_integer
  text(
    'workdir',
    None,
    'folder of the results (default: runs/studies/<name> with --full, else '
    'runs/studies/<name>-quick)',
  )
  if full.epochs:  # Otherwise nothing is trained, and there are no choices.
    large = f'the large version ({full}) instead of the small one ({quick})'
    flags.DEFINE_bool('full', False, large)
    both = ', or mnist,fashion' if ',' in full.dataset else ''
    text('dataset', None, f'mnist or fashion{both}')
    text('data_dir', None, 'read a folder of four IDX files instead')
    number('seeds', None, 'runs per setting', lower_bound=1)
    number('epochs', None, 'epochs per run', lower_bound=1)
  command.run(lambda: _main(measure, quick, full))


def need(package: str) -> None:
  """Checks that an optional package is installed.

  Raises:
    UserError: it is missing; the message tells how to install it.
  """
  try:
    __import__(package)
  except ImportError:
    raise errors.UserError(
      f"{package} is missing: pip install -e '.[studies]' installs it"
    ) from None


def write(report: Report, folder: pathlib.Path) -> list[str]:
  """Writes `table.csv` and `figure.png`; returns their paths.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  storage.make_folder(folder)
  text = io.StringIO()
  csv.writer(text, lineterminator='\n').writerows(report.table)
  contents = {
    'table.csv': text.getvalue(),
    'figure.png': sheet.to_png(report.figure),
  }
  for name, content in contents.items():
    storage.write(folder / name, content)
  return [str(folder / name) for name in contents]


def _main(measure, quick, full):
  started = time.perf_counter()
  name = pathlib.Path(sys.argv[0]).stem
  plan, folder = full, name
  if full.epochs:
    if not flags.FLAGS.full:
      plan, folder = quick, f'{name}-quick'
    given = {name: flags.FLAGS[name].value for name in _CHOICES}
    plan = plan._replace(**{k: v for k, v in given.items() if v is not None})
  print(f'{name}: {plan}', flush=True)
  # The virtual devices of the replicas must exist before the first op runs.
  replicas.make_strategy(plan.num_replicas, settings_lib.Settings.batch_size)
  with sheet.defaults():
    report = measure(plan)
    print(f'\n{terminal.align(report.table)}\n')
    folder = flags.FLAGS.workdir or f'runs/studies/{folder}'
    print('\n'.join(write(report, pathlib.Path(folder))))
  print(f'{time.perf_counter() - started:.0f} s')


_CHOICES = ('dataset', 'data_dir', 'seeds', 'epochs')
