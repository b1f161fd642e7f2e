"""Epoch after epoch: train, validate, record, save."""

import math
import pathlib
import time

import tensorflow as tf

from cnn_tf import config
from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import model
from cnn_tf.training import checkpoints
from cnn_tf.training import events
from cnn_tf.training import first_kernels
from cnn_tf.training import losses
from cnn_tf.training import metrics
from cnn_tf.training import terminal
from cnn_tf.training import train_step

# Steps for each call into the graph: enough to make the call itself cheap, few
# enough to answer Ctrl-C and to show the progress.
_STEPS_PER_CALL = 50


def train(
  settings: config.Config,
  folder: pathlib.Path,
  data: datasets.Dataset,
  network: model.ConvNet,
  trainer: train_step.Trainer,
  checkpoint: tf.train.Checkpoint,
  history: list[events.Epoch],
  num_kept: int,
) -> None:
  """Trains up to `settings.num_epochs`, from the end of `history` on.

  After each epoch the folder has its row, its first kernels, its events and its
  checkpoint, in this order: an epoch without a checkpoint is done again, to the
  same bits.

  Raises:
    UserError: the disk is full, or the training has diverged.
  """
  if history:
    print(f'Going on after epoch {len(history)}.')
  kernels = first_kernels.FirstKernels(folder, network, len(history))
  board = events.TensorBoard(folder)
  validation = metrics.Evaluation(network, data.validation, trainer.strategy)
  lines = terminal.Terminal(settings.num_epochs, len(data.train.labels))
  for epoch in range(len(history) + 1, settings.num_epochs + 1):
    order = datasets.order(len(data.train.labels), settings.seed, epoch)
    trained, seconds = _train_epoch(trainer, order, epoch, lines)
    validated = validation()
    if not math.isfinite(validated.cross_entropy):
      raise _diverged(trainer, epoch)
    row = _row(epoch, settings, network, trainer, trained, validated)
    history.append(row)
    events.write_epochs(folder / 'metrics.csv', history)
    kernels.keep()
    board.scalars(row)
    checkpoints.save(checkpoint, folder / 'checkpoints', epoch, num_kept)
    lines.epoch(row, seconds)


def _row(epoch, settings, network, trainer, trained, validated):
  l2_penalty = losses.l2_penalty(network.kernels.values(), settings.l2_scale)
  return events.Epoch(
    epoch=epoch,
    step=int(trainer.step.numpy()),
    learning_rate=float(trainer.last_rate()),
    train_cross_entropy=trained.cross_entropy,
    l2_penalty=float(l2_penalty),
    train_accuracy=trained.accuracy,
    validation_cross_entropy=validated.cross_entropy,
    validation_accuracy=validated.accuracy,
  )


def _train_epoch(trainer, order, epoch, lines):
  """Every example once, in `order`; returns the means, and the seconds."""
  totals = metrics.no_examples()
  num_images = len(order)
  images_per_call = _STEPS_PER_CALL * trainer.batch_size
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


def _diverged(trainer, epoch):
  return errors.UserError(
    f'loss, gradients or kernels are not finite at step '
    f'{trainer.step.numpy()}, in epoch {epoch}: try a lower --learning_rate; '
    'the checkpoints of the epochs before are kept'
  )
