"""The folder of a run -> its settings, data and trained network."""

import pathlib
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import evaluation
from cnn_tf.run import history
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import trainer

# The classes of Fashion-MNIST in the order of their labels.
_FASHION = (
  'T-shirt',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
)


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

  @property
  def dataset(self) -> str:
    """The name of the dataset, or of its folder."""
    return pathlib.Path(self.settings.data_dir or self.settings.dataset).name

  @property
  def class_names(self) -> list[str]:
    """The name of each class; the label itself if it has no name."""
    if self.settings.dataset == 'fashion' and not self.settings.data_dir:
      return list(_FASHION)
    return [str(label) for label in range(self.data.num_classes)]

  def source(self, data: str = '') -> str:
    """A line for a figure: the run, its dataset and epoch, and `data`."""
    name = self.workdir.resolve().name
    trained = f'run {name}, trained on {self.dataset}, epoch {self.epoch}'
    return f'{trained}; {data}' if data else trained


def load(
  workdir: str | pathlib.Path, last: int | None = None, read_test: bool = True
) -> Run:
  """The run in `workdir`, with the kernels of its newest intact checkpoint.

  Args:
    workdir: the folder of the run.
    last: the last epoch to consider (default: any).
    read_test: if False, the test files are not read, and `test` is empty.

  Raises:
    UserError: there is no run, it has no checkpoint, or its data is missing.
  """
  workdir = pathlib.Path(workdir)
  settings = storage.read_settings(workdir)
  if settings is None:
    raise errors.UserError(f'{workdir}: there is no run here')
  data = datasets.load(
    settings.dataset, settings.data_dir, settings.num_validation, read_test
  )
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
