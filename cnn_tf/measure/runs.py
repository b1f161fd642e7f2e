"""The folder of a run -> its settings, data and trained network."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.data import files
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import environment
from cnn_tf.run import evaluation
from cnn_tf.run import history
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import trainer


class Run(NamedTuple):
  """A trained network, and what it was trained on."""

  workdir: pathlib.Path
  settings: settings_lib.Settings
  data: datasets.Dataset
  geometries: tuple[geometry.LayerGeometry, ...]
  network: model.ConvNet  # with the averaged kernels, if there are any
  epoch: int  # after which the kernels were saved
  step: int  # updates up to then
  epochs: list[history.Epoch]  # up to then; those that the records have

  @property
  def predict(self) -> Callable[[tf.Tensor], tf.Tensor]:
    """Images -> the logits of the reported accuracy."""
    return evaluation.predictor(self.settings, self.network)

  def untrained(self) -> model.ConvNet:
    """A network with the initial kernels."""
    return model.ConvNet(
      self.geometries, self.settings.seed, self.settings.precision
    )

  def networks(self) -> dict[int, model.ConvNet]:
    """Epoch -> the network after it, in order: 0, 1, 2, 4, 8, ..., `epoch`.

    Epochs whose checkpoints are lost are missing.
    """
    found = {0: self.untrained()}
    for epoch in sorted(storage.saved_epochs(self.workdir)):
      if storage.stays(epoch) and epoch < self.epoch:
        network = self.untrained()
        checkpoint = trainer.saved(self.settings, network)
        restored = storage.restore_checkpoint(
          checkpoint, self.workdir, strict=False, last=epoch
        )
        if restored == epoch:  # and not an earlier one, as it is damaged
          found[epoch] = network
    return found | {self.epoch: self.network}

  @property
  def dataset(self) -> str:
    """The name of the dataset, or of its folder."""
    return pathlib.Path(self.settings.data_dir or self.settings.dataset).name

  @property
  def class_names(self) -> list[str]:
    """The name of each class; the label itself if it has no name."""
    place = files.folder(self.settings.dataset, self.settings.data_dir)
    return files.class_names(place, self.data.num_classes)

  def place(self, name: str) -> pathlib.Path:
    """Where `figures` or `page.html` of the run is.

    Before the last epoch the name has the epoch: `page-epoch-5.html`. So the
    run still makes its own at the end.
    """
    path = self.workdir / name
    if self.epoch == self.settings.num_epochs:
      return path
    return path.with_stem(f'{path.stem}-epoch-{self.epoch}')

  def source(self, data: str = '') -> str:
    """A line for a figure: the run, its dataset and epoch, and `data`."""
    name = self.workdir.resolve().name
    trained = f'run {name}, trained on {self.dataset}, epoch {self.epoch}'
    return f'{trained}; {data}' if data else trained


def load(
  workdir: str | pathlib.Path,
  last: int | None = None,
  read_test: bool = True,
  data_dir: str = '',
) -> Run:
  """The run in `workdir`, with the kernels of its newest intact checkpoint.

  Args:
    workdir: the folder of the run.
    last: the last epoch to consider (default: any).
    read_test: if False, the test files are not read, and `test` is empty.
    data_dir: where the data is now, if it has moved.

  Raises:
    UserError: there is no run, it has no checkpoint, or its data is missing.
  """
  workdir = pathlib.Path(workdir)
  storage.check_name(workdir)
  settings = _read_settings(workdir, data_dir)
  data = _read_data(workdir, settings, read_test)
  geometries = trainer.geometries(settings, data)
  network = model.ConvNet(geometries, settings.seed, settings.precision)
  checkpoint = trainer.saved(settings, network)
  checkpoint.step = step = tf.Variable(0, dtype=tf.int64)
  epoch = storage.restore_checkpoint(
    checkpoint, workdir, strict=False, last=last
  )
  if not epoch:
    raise errors.UserError(f'{workdir}: this run has no checkpoint yet')
  return Run(
    workdir,
    settings,
    data,
    geometries,
    network,
    epoch,
    int(step.numpy()),
    history.read_epochs(workdir, epoch),
  )


def _read_settings(workdir, data_dir):
  settings = storage.read_settings(workdir)
  if settings is None:
    raise errors.UserError(f'{workdir}: there is no run here')
  if data_dir:
    settings = dataclasses.replace(settings, data_dir=data_dir)
  return settings


def _read_data(workdir, settings, read_test):
  data = trainer.load(settings, read_test)
  hashes = environment.hashes_of_examples(data)
  for name in storage.changed_examples(workdir, hashes):
    print(f'{workdir}: the {name} have changed since the training')
  return data
