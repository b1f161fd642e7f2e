"""Settings and seeds -> trained networks, each trained once and kept.

The folder of a run is named after its settings, so two studies that ask for
the same training share it, and one that was stopped goes on where it was.
"""

import contextlib
import pathlib
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.run import config
from cnn_tf.run import events
from cnn_tf.run import run_folder
from cnn_tf.run import train_loop
from cnn_tf.studies import study

# Fewer filters and units, for what is trained very often.
SMALL_LAYERS = (
  'conv 16 3x3, maxpool 2x2, conv 32 3x3, maxpool 2x2, conv 32 3x3, dense 50'
)


def settings(plan: study.Plan, **changes: Any) -> config.Config:
  """How studies train, but for `changes`, which are fields of `Config`.

  The reference network, momentum 0.9, L2 1e-3, and a rate that begins at 0.1
  after half an epoch of warm-up; then it falls by the same factor each epoch,
  which makes a hundredth in as many as there are.
  """
  usual = {
    'dataset': plan.dataset,
    'data_dir': plan.data_dir,
    'num_epochs': plan.epochs,
    'lr_schedule': 'exp',
    'decay_rate': 0.01 ** (1 / plan.epochs),
  }
  return config.Config(**(usual | changes))


def folder(plan: study.Plan, wanted: config.Config) -> pathlib.Path:
  """The folder of a finished run of `wanted`; trains if there is none yet."""
  data = pathlib.Path(wanted.data_dir or wanted.dataset).name
  digest = zlib.crc32(wanted.to_flags().encode())
  workdir = plan.networks / f'{data}-{digest:08x}-seed{wanted.seed}'
  run_folder.make(plan.networks)
  if not (workdir / 'result.json').exists():
    print(f'training {workdir}', flush=True)
  log = plan.networks / f'{workdir.name}.log'
  with log.open('a') as file, contextlib.redirect_stdout(file):
    train_loop.train_and_evaluate(
      wanted, workdir, plan.replicas, num_kept=wanted.num_epochs
    )
  return workdir


def folders(plan: study.Plan, **changes: Any) -> Iterator[pathlib.Path]:
  """The folders of all seeds, one after the other.

  Args:
    plan: how many, and on which data.
    **changes: as `settings` takes them.
  """
  for seed in range(plan.seeds):
    yield folder(plan, settings(plan, seed=seed, **changes))


def seeds(plan: study.Plan, **changes: Any) -> Iterator[runs.Run]:
  """The trained networks of all seeds, with their data."""
  yield from map(runs.load, folders(plan, **changes))


def test_accuracies(plan: study.Plan, **changes: Any) -> list[float]:
  """What each seed reached on the test set after its last epoch."""
  return [
    run_folder.read_result(workdir)['test_accuracy']
    for workdir in folders(plan, **changes)
  ]


def histories(plan: study.Plan, **changes: Any) -> list[list[events.Epoch]]:
  """The rows of `metrics.csv` of each seed."""
  return [
    events.read_epochs(workdir / 'metrics.csv', plan.epochs)
    for workdir in folders(plan, **changes)
  ]


def accuracy(network: model.ConvNet, examples: datasets.Examples) -> float:
  """The share of examples whose most probable class is their label."""
  says = activity.log_probabilities(network, examples.images)
  return float(np.mean(says.argmax(axis=1) == examples.labels))


def need(package: str) -> None:
  """Checks for a package that only studies use.

  Raises:
    UserError: it is not installed; says what installs it.
  """
  try:
    __import__(package)
  except ImportError:
    raise errors.UserError(
      f"{package} is missing: pip install -e '.[studies]' brings it"
    ) from None
