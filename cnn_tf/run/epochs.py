"""Epoch after epoch: train, validate, record, save."""

import math
import pathlib
import time

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import metrics
from cnn_tf.run import build
from cnn_tf.run import evaluation
from cnn_tf.run import history
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import terminal
from cnn_tf.run import trainer

# Steps per call into the graph: enough to make the call itself cheap, few
# enough to react to Ctrl-C and to show the progress.
_STEPS_PER_CALL = 50


def resume(folder: pathlib.Path, trainer: trainer.Trainer) -> int:
  """Restores the newest intact checkpoint; returns its epoch, or 0."""
  done = storage.restore_checkpoint(trainer.checkpoint(), folder)
  if done:
    print(f'Resuming after epoch {done}.')
  return done


def train(
  settings: settings_lib.Settings,
  folder: pathlib.Path,
  trainer: trainer.Trainer,
  validation: datasets.Examples,
  done: int,
  num_kept: int,
) -> None:
  """Trains the epochs after `done`, up to `settings.num_epochs`.

  After each epoch the folder gets its records and then its checkpoint: an epoch
  without a checkpoint is repeated, with the same bits.

  Raises:
    UserError: the disk is full, or the training has diverged.
  """
  first_kernel = next(iter(trainer.evaluated.kernels.values()))
  records = history.History(folder, first_kernel, done)
  for line in records.gaps():
    print(line)
  validate = len(validation.labels) and evaluation.Evaluation(
    build.predictor(settings, trainer.evaluated), validation, trainer.strategy
  )
  lines = terminal.Terminal(
    settings.num_epochs, trainer.num_examples, bool(validate)
  )
  for epoch in range(done + 1, settings.num_epochs + 1):
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
    records.add(row)
    storage.save_checkpoint(trainer.checkpoint(), folder, epoch, num_kept)
    lines.epoch(row, seconds)


def _row(epoch, trainer, trained):
  return history.Epoch(
    epoch=epoch,
    step=int(trainer.step.numpy()),
    learning_rate=float(trainer.last_rate()),
    train_cross_entropy=trained.cross_entropy,
    l2_penalty=float(trainer.l2_penalty()),
    train_accuracy=trained.accuracy,
  )


def _train_epoch(settings, trainer, epoch, lines):
  """Trains on every example once; returns the means, and the seconds."""
  totals = metrics.no_examples()
  num_images = trainer.num_examples
  order = datasets.order(num_images, settings.seed, epoch)
  images_per_call = _STEPS_PER_CALL * trainer.batch_size
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
