"""The loop over epochs, from the settings to the result of a run."""

import contextlib
import dataclasses
import math
import os
import pathlib
import shutil
import tempfile
import time
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import config

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import model
from cnn_tf.run import environment
from cnn_tf.run import evaluation
from cnn_tf.run import export
from cnn_tf.run import history
from cnn_tf.run import layers
from cnn_tf.run import memory
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import terminal
from cnn_tf.run import trainer as trainer_lib

# Steps per call into the graph: enough to make the call itself cheap, few
# enough to react to Ctrl-C and to show the progress.
_STEPS_PER_CALL = 50


class DivergedError(errors.UserError):
  """The loss, the gradients or the kernels are not finite."""


def train_and_evaluate(
  settings: settings_lib.Settings,
  workdir: str | pathlib.Path,
  num_replicas: str = 'auto',
  num_kept: int = storage.NUM_KEPT,
  start: model.ConvNet | None = None,
) -> dict[str, Any]:
  """Trains a network, resumes its training, or finds that it is finished.

  Args:
    settings: the settings of the run.
    workdir: its folder: new, empty, or that of a run with the same settings,
      or with fewer epochs if its learning rate does not depend on their number.
    num_replicas: as for `replicas.make_strategy`. It is not one of the
      settings: a run may be resumed with a different number.
    num_kept: as for `storage.save_checkpoint`.
    start: a network of the same layers, with whose kernels and biases a new run
      starts. Nothing records them: give them again to a run that was stopped
      in its first epoch.

  Returns:
    The result, as in `result.json`.

  Raises:
    UserError: the data, the layers, the folder, the memory or the disk is not
      usable, or the training diverges. Intact checkpoints stay intact.
  """
  workdir = pathlib.Path(workdir)
  settings = _with_precision(settings, workdir)
  result = storage.read_result(workdir)
  is_finished = result and storage.read_settings(workdir) == settings
  if is_finished and not _can_export_again(workdir, settings):
    print(f'{workdir} is finished. {_describe(result)}')
    return result
  run = _trained(settings, workdir, num_replicas, num_kept, start)
  with run as (folder, trainer, data):
    result = _finish(trainer, folder, data.test)
    print(f'\n{_describe(result)}')
    return result


def train(
  settings: settings_lib.Settings,
  workdir: str | pathlib.Path,
  num_replicas: str = 'auto',
  num_kept: int = storage.NUM_KEPT,
  read_test: bool = True,
  start: model.ConvNet | None = None,
) -> tuple[trainer_lib.Trainer, datasets.Dataset]:
  """As `train_and_evaluate`, up to the end of the last epoch.

  The folder gets no result and no export. With `read_test=False`, the test
  files are not opened.

  Returns:
    The trainer with the trained network, and the data.
  """
  workdir = pathlib.Path(workdir)
  settings = _with_precision(settings, workdir)
  run = _trained(settings, workdir, num_replicas, num_kept, start, read_test)
  with run as (_, trainer, data):
    return trainer, data


def _with_precision(settings, workdir):
  """The settings with what `auto` comes to; a run that is resumed keeps its."""
  if settings.precision != 'auto':
    return settings
  begun = storage.read_settings(workdir)
  precision = begun.precision if begun else environment.best_precision()
  return dataclasses.replace(settings, precision=precision)


def _can_export_again(workdir, settings):
  """Whether a finished run has lost its export, but not its last checkpoint."""
  is_saved = settings.num_epochs in storage.saved_epochs(workdir)
  return is_saved and not (workdir / 'export').exists()


@contextlib.contextmanager
def _determinism_ends():
  """Ends with this block the determinism that a `Trainer` asks for.

  With it, every op that draws without a seed raises an error.
  """
  was_deterministic = config.is_op_determinism_enabled()
  try:
    yield
  finally:
    if not was_deterministic:
      config.disable_op_determinism()


@contextlib.contextmanager
def _trained(
  settings, workdir, num_replicas, num_kept, start=None, read_test=True
):
  """The locked folder, the trainer after the last epoch, and the data."""
  storage.check_name(workdir)
  strategy = replicas.make_strategy(num_replicas, settings.batch_size)
  data = trainer_lib.load(settings, read_test)
  geometries = trainer_lib.geometries(settings, data)
  _check_memory(settings, data, geometries, strategy)
  with contextlib.ExitStack() as stack:
    stack.enter_context(replicas.one_line_if_a_machine_ends())
    stack.enter_context(_determinism_ends())
    trainer = trainer_lib.Trainer(settings, data, geometries, strategy)
    here = environment.describe(strategy.num_replicas_in_sync, data)
    _check_machines(strategy, settings, here)
    folder = stack.enter_context(_folder_to_write(workdir))
    for change in storage.open_run(folder, settings, here):
      print(f'The last bits may differ from an uninterrupted run: {change}')
    print(f'{layers.table(geometries)}\n\n{workdir}')
    print(environment.describe_precision(settings.precision))
    done = storage.restore_checkpoint(trainer.checkpoint(), folder)
    replicas.check_agreement(strategy, [f'epochs in the --workdir: {done}'])
    if done:
      print(f'Resuming after epoch {done}.')
    elif start:
      trainer.start_from(start)
    _train_epochs(trainer, folder, data.validation, done, num_kept)
    yield folder, trainer, data


def _check_machines(strategy, settings, here):
  """Checks that all machines train with the same flags on the same data."""
  flags = settings.to_flags().splitlines()
  texts = [text for text in flags if not text.startswith('--data_dir=')]
  texts += [f'{name}: {here.get(name)}' for name in storage.EXAMPLES]
  replicas.check_agreement(strategy, texts)


def _check_memory(settings, data, geometries, strategy):
  if tf.config.list_physical_devices('GPU'):
    return  # it has memory of its own, and TensorFlow says when that is full
  num_machines = replicas.num_machines()
  share = settings.batch_size // num_machines
  memory.check(
    geometries,
    dataclasses.replace(settings, batch_size=share),
    strategy.num_replicas_in_sync // num_machines,
    sum(array.nbytes for part in data[:3] for array in part),
  )


@contextlib.contextmanager
def _folder_to_write(workdir):
  """`workdir`, locked; on machines other than the chief, a temporary copy."""
  if replicas.is_chief():
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
      transient = shutil.ignore_patterns('*.partial', 'events.*', 'export')
      shutil.copytree(workdir, scratch, ignore=transient, dirs_exist_ok=True)
    yield pathlib.Path(scratch)


def _train_epochs(trainer, folder, validation, done, num_kept):
  """Trains the epochs after `done`, up to the last one.

  After each epoch the folder gets its records and then its checkpoint: an epoch
  without a checkpoint is repeated, with the same bits.
  """
  settings, is_validated = trainer.settings, len(validation.labels) > 0
  first_kernel = next(iter(trainer.evaluated.kernels.values()))
  records = history.History(folder, first_kernel, done)
  for line in records.gaps():
    print(line)
  validate = evaluation.Evaluation(
    trainer.predict, validation, trainer.strategy
  )
  images_per_epoch = trainer.steps_per_epoch * settings.batch_size
  lines = terminal.Terminal(settings.num_epochs, images_per_epoch, is_validated)
  for epoch in range(done + 1, settings.num_epochs + 1):
    trained, seconds = _train_epoch(trainer, epoch, lines)
    validated = validate() if is_validated else None
    row = _row(epoch, trainer, trained, validated)
    records.add(row)
    storage.save_checkpoint(trainer.checkpoint(), folder, epoch, num_kept)
    lines.epoch(row, seconds)


def _train_epoch(trainer, epoch, lines):
  """Trains for one epoch; returns the means, and the seconds."""
  settings, totals = trainer.settings, evaluation.Totals.zero()
  order = datasets.order(trainer.num_examples, settings.seed, epoch)
  num_images = trainer.steps_per_epoch * settings.batch_size
  images_per_call = _STEPS_PER_CALL * settings.batch_size
  started = time.perf_counter()
  for start in range(0, num_images, images_per_call):
    end = min(start + images_per_call, num_images)
    progress = trainer.train_steps(order, tf.constant(start), tf.constant(end))
    if not progress.all_finite:
      raise _diverged(trainer, epoch)
    totals = totals.plus(progress.totals)
    seconds = time.perf_counter() - started
    lines.status(epoch, end, seconds)
  return totals.means(), seconds


def _row(epoch, trainer, trained, validated):
  """The row of an epoch; `validated` is None without validation."""
  row = history.Epoch(
    epoch=epoch,
    step=int(trainer.step.numpy()),
    learning_rate=float(trainer.last_rate()),
    train_cross_entropy=trained.cross_entropy,
    l2_penalty=float(trainer.l2_penalty()),
    train_accuracy=trained.accuracy,
  )
  if validated is None:
    return row
  if not math.isfinite(validated.cross_entropy):
    raise _diverged(trainer, epoch)
  return row._replace(
    validation_cross_entropy=validated.cross_entropy,
    validation_accuracy=validated.accuracy,
  )


def _diverged(trainer, epoch):
  # With a scale of 1, the penalty of the reference network's initial kernels
  # is 92 times their cross-entropy.
  penalty = '--l2_scale or ' if trainer.settings.l2_scale >= 1 else ''
  kept = '; the checkpoints of earlier epochs are kept' if epoch > 1 else ''
  return DivergedError(
    f'loss, gradients or kernels are not finite at step '
    f'{trainer.step.numpy()}, in epoch {epoch}: try a lower {penalty}'
    f'--learning_rate in a new --workdir{kept}'
  )


def _finish(trainer, folder, test):
  """Evaluates on the test set; exports the network; marks the run finished."""
  scored = evaluation.Evaluation(trainer.predict, test, trainer.strategy)()
  if not math.isfinite(scored.cross_entropy):  # seen only without validation
    raise _diverged(trainer, trainer.settings.num_epochs)
  size = test.images.shape[1:]
  # Other programs read float32 everywhere; LiteRT converts nothing else.
  trainer.evaluated.precision = 'float32'
  export.export(trainer.evaluated, size, folder / 'export', trainer.predict)
  result = {
    'test_accuracy': scored.accuracy,
    'test_cross_entropy': scored.cross_entropy,
    'test_examples': len(test.labels),
    'training_seconds': history.read_seconds(folder),
  }
  storage.write_result(folder, result)
  return result


def _describe(result):
  return (
    f'Test: {result["test_accuracy"]:.2%} of {result["test_examples"]:,} '
    f'images correct, cross-entropy {result["test_cross_entropy"]:.4f}'
  )
