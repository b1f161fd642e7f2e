"""The order of events in a run."""

import contextlib
import dataclasses
import math
import os
import pathlib
import shutil
import tempfile
from typing import Any

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.run import build
from cnn_tf.run import cluster
from cnn_tf.run import environment
from cnn_tf.run import epochs
from cnn_tf.run import evaluation
from cnn_tf.run import export
from cnn_tf.run import history
from cnn_tf.run import memory
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import summary
from cnn_tf.run import trainer


def train_and_evaluate(
  settings: settings_lib.Settings,
  workdir: str | pathlib.Path,
  num_replicas: str = 'auto',
  num_kept: int = storage.NUM_KEPT,
) -> dict[str, Any]:
  """Trains a network, resumes its training, or finds that it is finished.

  Args:
    settings: the settings of the run.
    workdir: its folder: new, empty, or that of a run with the same settings.
    num_replicas: as for `replicas.make_strategy`. It is not one of the
      settings: a run may be resumed with a different number.
    num_kept: how many checkpoints to keep, the newest ones.

  Returns:
    The result, as in `result.json`.

  Raises:
    UserError: the data, the layers, the folder, the memory or the disk is not
      usable, or the training diverges. Intact checkpoints stay intact.
  """
  workdir = pathlib.Path(workdir)
  result = storage.read_result(workdir)
  if result and storage.read_settings(workdir) == settings:
    print(f'{workdir} is finished. {_describe(result)}')
    if not (workdir / 'export').exists() and not cluster.is_given():
      print(_export_again(workdir, settings))
    return result
  run = _trained(settings, workdir, num_replicas, num_kept)
  with run as (folder, trainer, data):
    result = _finish(settings, folder, trainer, data.test)
    print(f'\n{_describe(result)}')
    return result


def train(
  settings: settings_lib.Settings,
  workdir: str | pathlib.Path,
  num_replicas: str = 'auto',
  num_kept: int = storage.NUM_KEPT,
  read_test: bool = True,
) -> tuple[trainer.Trainer, datasets.Dataset]:
  """As `train_and_evaluate`, up to the end of the last epoch.

  The folder gets no result and no export.

  Args:
    settings: the settings of the run.
    workdir: its folder.
    num_replicas: as for `replicas.make_strategy`.
    num_kept: how many checkpoints to keep.
    read_test: if False, the test files are not opened.

  Returns:
    The trainer with the trained network, and the data.
  """
  workdir = pathlib.Path(workdir)
  run = _trained(settings, workdir, num_replicas, num_kept, read_test)
  with run as (_, trainer, data):
    return trainer, data


@contextlib.contextmanager
def _trained(settings, workdir, num_replicas, num_kept, read_test=True):
  """The locked folder, the trainer after the last epoch, and the data."""
  strategy = replicas.make_strategy(num_replicas, settings.batch_size)
  data = datasets.load(
    settings.dataset, settings.data_dir, settings.num_validation, read_test
  )
  geometries = build.plan(settings, data)
  _check_memory(settings, data, geometries, strategy)
  with _folder_to_write(workdir) as folder:
    here = environment.describe(strategy.num_replicas_in_sync)
    for change in storage.open_run(folder, settings, here):
      print(f'The last bits may differ from an uninterrupted run: {change}')
    print(f'{summary.table(geometries)}\n\n{workdir}')
    if settings.precision == 'bfloat16' and not environment.has_bfloat16():
      print('No bfloat16 instructions here: float32 will be faster.')
    trainer = build.build(settings, data, geometries, strategy)
    done = epochs.resume(folder, trainer)
    epochs.train(settings, folder, trainer, data.validation, done, num_kept)
    yield folder, trainer, data


def _check_memory(settings, data, geometries, strategy):
  if tf.config.list_physical_devices('GPU'):
    return  # it has memory of its own, and TensorFlow says when that is full
  # Each of several machines has one replica and its share of a batch.
  num_machines = strategy.num_replicas_in_sync if cluster.is_given() else 1
  share = -(-settings.batch_size // num_machines)
  memory.check(
    geometries,
    dataclasses.replace(settings, batch_size=share),
    strategy.num_replicas_in_sync // num_machines,
    sum(array.nbytes for part in data[:3] for array in part),
  )


@contextlib.contextmanager
def _folder_to_write(workdir):
  """`workdir`, locked; on machines other than the chief, a temporary copy."""
  if cluster.is_chief():
    storage.make_folder(workdir)
    with storage.locked(workdir):
      yield workdir
    return
  with (
    tempfile.TemporaryDirectory() as scratch,
    open(os.devnull, 'w') as nowhere,
    contextlib.redirect_stdout(nowhere),
  ):
    if workdir.exists():
      transient = shutil.ignore_patterns(
        '*.partial', 'events.*', 'export', storage.LOCK
      )
      shutil.copytree(workdir, scratch, ignore=transient, dirs_exist_ok=True)
    yield pathlib.Path(scratch)


def _finish(settings, folder, trainer, test):
  """Evaluates on the test set; exports the network; marks the run finished."""
  network = trainer.evaluated
  predict = build.predictor(settings, network)
  scored = evaluation.Evaluation(predict, test, trainer.strategy)()
  if not math.isfinite(scored.cross_entropy):  # seen only without validation
    raise errors.UserError(
      'the cross-entropy of the test set is not finite: try a lower '
      '--learning_rate in a new --workdir'
    )
  export.export(network, test.images.shape[1:], folder / 'export', predict)
  result = {
    'test_accuracy': scored.accuracy,
    'test_cross_entropy': scored.cross_entropy,
    'test_examples': len(test.labels),
    'training_seconds': history.read_seconds(folder),
  }
  storage.write_result(folder, result)
  return result


def _export_again(workdir, settings):
  """Makes the missing export of a finished run; returns what came of it."""
  folder = workdir / 'export'
  try:
    data = datasets.load(
      settings.dataset, settings.data_dir, settings.num_validation
    )
    network = build.make_network(settings, build.plan(settings, data))
    checkpoint = build.saved(settings, network)
    with storage.locked(workdir):
      epoch = storage.restore_checkpoint(checkpoint, workdir, strict=False)
      if epoch < settings.num_epochs:
        raise errors.UserError('the last checkpoint is missing, too')
      predict = build.predictor(settings, network)
      export.export(network, data.test.images.shape[1:], folder, predict)
  except errors.UserError as error:
    return f'{folder} is missing and cannot be made again: {error}'
  return f'{folder} was missing and has been made again.'


def _describe(result):
  return (
    f'Test: {result["test_accuracy"]:.2%} of {result["test_examples"]:,} '
    f'images correct, cross-entropy {result["test_cross_entropy"]:.4f}'
  )
