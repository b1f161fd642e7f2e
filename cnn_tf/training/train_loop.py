"""The order of events in a run."""

import contextlib
import math
import os
import pathlib
import shutil
import tempfile
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from cnn_tf import config
from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import layers
from cnn_tf.network import model
from cnn_tf.training import checkpoints
from cnn_tf.training import environment
from cnn_tf.training import epochs
from cnn_tf.training import events
from cnn_tf.training import export
from cnn_tf.training import metrics
from cnn_tf.training import optimizers
from cnn_tf.training import replicas
from cnn_tf.training import run_folder
from cnn_tf.training import schedules
from cnn_tf.training import train_step


def train_and_evaluate(
  settings: config.Config,
  workdir: pathlib.Path,
  num_replicas: str = 'auto',
  num_kept: int = checkpoints.NUM_KEPT,
) -> dict[str, Any]:
  """Trains a network, continues its training, or finds that it is finished.

  Args:
    settings: the run.
    workdir: its folder, new or with a run of the same settings.
    num_replicas: as `replicas.make_strategy` takes it; not a part of the run,
      which may go on with another number.
    num_kept: how many checkpoints to keep, the newest ones.

  Returns:
    The result, as `result.json` keeps it.

  Raises:
    UserError: the data, the layers, the folder or the disk does not serve, or
      the training diverges. Checkpoints that were good stay so.
  """
  result = run_folder.read_result(workdir)
  if result and run_folder.read_config(workdir) == settings:
    print(f'{workdir} is finished. {_describe(result)}')
    return result
  strategy = replicas.make_strategy(num_replicas, settings.batch_size)
  data = datasets.load(
    settings.dataset, settings.data_dir, settings.num_validation
  )
  rows = _plan(settings, data)
  with _folder_to_write(workdir, strategy) as folder:
    here = environment.describe(strategy.num_replicas_in_sync)
    for change in run_folder.open_run(folder, settings, here):
      print(f'The last bits may differ from those of an unbroken run: {change}')
    print(f'{geometry.table(rows)}\n\n{workdir}')
    network, trainer, checkpoint = build(settings, data, rows, strategy)
    done = checkpoints.restore_newest(checkpoint, folder / 'checkpoints')
    history = events.read_epochs(folder / 'metrics.csv', done)
    epochs.train(
      settings, folder, data, network, trainer, checkpoint, history, num_kept
    )
    result = _finish(folder, data, network, strategy)
    print(f'\n{_describe(result)}')
    return result


def _plan(settings, data):
  """The geometry of the network for the images at hand."""
  num_images, height, width = data.train.images.shape
  if settings.batch_size > num_images:
    raise errors.UserError(
      f'--batch_size={settings.batch_size} is larger than the '
      f'{num_images} training examples'
    )
  network = layers.parse(settings.layers, data.num_classes)
  return geometry.trace(network, (height, width, 1))


@contextlib.contextmanager
def _folder_to_write(workdir, strategy):
  """`workdir`, or on all machines but the first a copy that is thrown away."""
  if replicas.is_chief(strategy):
    yield workdir
    return
  with (
    tempfile.TemporaryDirectory() as scratch,
    open(os.devnull, 'w') as nowhere,
    contextlib.redirect_stdout(nowhere),
  ):
    if workdir.exists():
      passing = shutil.ignore_patterns('*.partial', 'events.*', 'export')
      shutil.copytree(workdir, scratch, ignore=passing, dirs_exist_ok=True)
    yield pathlib.Path(scratch)


def build(
  settings: config.Config,
  data: datasets.Dataset,
  rows: Sequence[geometry.LayerGeometry],
  strategy: tf.distribute.Strategy,
) -> tuple[model.ConvNet, train_step.Trainer, tf.train.Checkpoint]:
  """The network, what trains it, and all that a checkpoint must hold."""
  # Ops that add in whatever order their threads finish are refused.
  tf.config.experimental.enable_op_determinism()
  steps_per_epoch = math.ceil(len(data.train.labels) / settings.batch_size)
  with replicas.scope(strategy):
    network = model.ConvNet(rows, settings.seed)
    optimizer = optimizers.from_config(settings, network.trainable_variables)
  trainer = train_step.Trainer(
    network,
    optimizer,
    schedules.from_config(settings, steps_per_epoch),
    settings.l2_scale,
    data.train,
    settings.batch_size,
    strategy,
  )
  checkpoint = tf.train.Checkpoint(
    network=network, optimizer=optimizer, step=trainer.step
  )
  return network, trainer, checkpoint


def _finish(folder, data, network, strategy):
  """Scores the test set, once; exports the network; marks the run finished."""
  scored = metrics.Evaluation(network, data.test, strategy)()
  export.export(network, data.test.images.shape[1:], folder / 'export')
  result = {
    'test_accuracy': scored.accuracy,
    'test_cross_entropy': scored.cross_entropy,
    'test_examples': len(data.test.labels),
  }
  run_folder.write_result(folder, result)
  return result


def _describe(result):
  return (
    f'Test: {result["test_accuracy"]:.2%} of {result["test_examples"]:,} '
    f'images correct, cross-entropy {result["test_cross_entropy"]:.4f}'
  )
