"""Epoch after epoch: train, validate, record, save."""

import math
import pathlib
import time

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.run import checkpoints
from cnn_tf.run import evaluation
from cnn_tf.run import events
from cnn_tf.run import first_kernels
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import terminal
from cnn_tf.run import trainer as trainer_lib

# Steps per call into the graph: enough to make the call itself cheap, few
# enough to react to Ctrl-C and to show the progress.
_STEPS_PER_CALL = 50


def resume(
  folder: pathlib.Path, trainer: trainer_lib.Trainer
) -> list[events.Epoch]:
  """Restores the newest checkpoint; returns the epochs up to it.

  Where `metrics.csv` or the first layer's kernels have lost epochs, it is the
  newest checkpoint of an epoch that both still have.

  Raises:
    UserError: no intact checkpoint is old enough.
  """
  saved = checkpoints.newest(folder / 'checkpoints')
  table = folder / 'metrics.csv'
  have = {
    table.name: events.num_epochs(table),
    first_kernels.FILE: first_kernels.num_epochs(folder),
  }
  name = min(have, key=have.get)
  done = checkpoints.restore_newest(
    trainer.checkpoint(), folder / 'checkpoints', last=have[name]
  )
  if not done and have[name] < saved:
    raise errors.UserError(
      f'{folder / name} has {have[name]} epochs and no intact checkpoint is as '
      'old as that: the run cannot be resumed, choose a new --workdir'
    )
  if have[name] < saved:
    print(f'{folder / name} is damaged: it has {have[name]} of {saved} epochs')
  if done:
    print(f'Resuming after epoch {done}.')
  return events.read_epochs(table, done)


def train(
  settings: settings_lib.Settings,
  folder: pathlib.Path,
  trainer: trainer_lib.Trainer,
  validation: datasets.Examples,
  history: list[events.Epoch],
  num_kept: int,
) -> None:
  """Trains up to epoch `settings.num_epochs`, and appends to `history`.

  After each epoch the folder gets its metrics, the first layer's kernels, its
  events and its checkpoint, in this order: an epoch without a checkpoint is
  repeated, with the same bits.

  Raises:
    UserError: the disk is full, or the training has diverged.
  """
  kernels = first_kernels.FirstKernels(folder, trainer.evaluated, len(history))
  board = events.TensorBoard(folder)
  validate = None
  if len(validation.labels):
    predict = evaluation.predictor(settings, trainer.evaluated)
    validate = evaluation.Evaluation(predict, validation, trainer.strategy)
  lines = terminal.Terminal(
    settings.num_epochs,
    trainer.steps_per_epoch * settings.batch_size,
    is_validated=validate is not None,
  )
  for epoch in range(len(history) + 1, settings.num_epochs + 1):
    trained, seconds = _train_epoch(settings, trainer, epoch, lines)
    row = _row(epoch, trainer, trained)
    if validate:
      validated = validate()
      if not math.isfinite(validated.cross_entropy):
        raise _diverged(settings, trainer, epoch)
      row = row._replace(
        validation_cross_entropy=validated.cross_entropy,
        validation_accuracy=validated.accuracy,
      )
    history.append(row)
    events.write_epochs(folder / 'metrics.csv', history)
    kernels.keep()
    board.scalars(row)
    checkpoint = trainer.checkpoint()
    checkpoints.save(checkpoint, folder / 'checkpoints', epoch, num_kept)
    lines.epoch(row, seconds)


def _row(epoch, trainer, trained):
  return events.Epoch(
    epoch=epoch,
    step=int(trainer.step.numpy()),
    learning_rate=float(trainer.last_rate()),
    train_cross_entropy=trained.cross_entropy,
    l2_penalty=float(trainer.l2_penalty()),
    train_accuracy=trained.accuracy,
  )


def _train_epoch(settings, trainer, epoch, lines):
  """Trains for one epoch; returns the means, and the seconds."""
  totals = evaluation.Totals.zero()
  order = datasets.order(trainer.num_examples, settings.seed, epoch)
  num_images = trainer.steps_per_epoch * settings.batch_size
  images_per_call = _STEPS_PER_CALL * settings.batch_size
  started = time.perf_counter()
  for start in range(0, num_images, images_per_call):
    end = min(start + images_per_call, num_images)
    progress = trainer.train_steps(order, tf.constant(start), tf.constant(end))
    if not progress.all_finite:
      raise _diverged(settings, trainer, epoch)
    totals = totals.plus(progress.totals)
    seconds = time.perf_counter() - started
    lines.status(epoch, end, seconds)
  return totals.means(), seconds


def _diverged(settings, trainer, epoch):
  # With a scale of 1, the penalty of the reference network's initial kernels
  # is 92 times their cross-entropy.
  penalty = '--l2_scale or ' if settings.l2_scale >= 1 else ''
  kept = '; the checkpoints of earlier epochs are kept' if epoch > 1 else ''
  return errors.UserError(
    f'loss, gradients or kernels are not finite at step '
    f'{trainer.step.numpy()}, in epoch {epoch}: try a lower {penalty}'
    f'--learning_rate in a new --workdir{kept}'
  )
