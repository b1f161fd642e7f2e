"""The folder of a run -> its settings, its data and its trained network."""

import pathlib
from typing import NamedTuple

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import checkpoints
from cnn_tf.run import config
from cnn_tf.run import events
from cnn_tf.run import layers
from cnn_tf.run import run_folder

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
  settings: config.Config
  data: datasets.Dataset
  geometries: tuple[geometry.LayerGeometry, ...]
  network: model.ConvNet
  epochs: list[events.Epoch]  # up to the one that the kernels are of

  @property
  def epoch(self) -> int:
    """The epoch after which the kernels were saved."""
    return self.epochs[-1].epoch

  @property
  def dataset(self) -> str:
    """The name of the dataset, or of its folder."""
    return pathlib.Path(self.settings.data_dir or self.settings.dataset).name

  @property
  def class_names(self) -> list[str]:
    """What a label stands for: the number itself for digits."""
    if self.settings.dataset == 'fashion' and not self.settings.data_dir:
      return list(_FASHION)
    return [str(label) for label in range(self.data.num_classes)]

  def source(self, data: str = '') -> str:
    """The line that says from which run, and on which data, a picture is."""
    name = self.workdir.resolve().name
    trained = f'run {name}, trained on {self.dataset}, epoch {self.epoch}'
    return f'{trained}; {data}' if data else trained


def load(workdir: str | pathlib.Path, last: int | None = None) -> Run:
  """The run in `workdir`, with the kernels of its newest good checkpoint.

  Args:
    workdir: its folder.
    last: no later epoch than this, if given.

  Raises:
    UserError: there is no run, or none with a checkpoint, or its data is gone.
  """
  workdir = pathlib.Path(workdir)
  settings = run_folder.read_config(workdir)
  if settings is None:
    raise errors.UserError(f'{workdir}: there is no run here')
  data = datasets.load(
    settings.dataset, settings.data_dir, settings.num_validation
  )
  specs = layers.parse(settings.layers, data.num_classes)
  geometries = geometry.trace(specs, (*data.train.images.shape[1:], 1))
  network = model.ConvNet(geometries, settings.seed)
  folder = workdir / 'checkpoints'
  checkpoint = tf.train.Checkpoint(network=network)
  epoch = checkpoints.restore_newest(
    checkpoint, folder, strict=False, last=last
  )
  if not epoch:
    raise errors.UserError(f'{workdir}: this run has no checkpoint yet')
  epochs = events.read_epochs(workdir / 'metrics.csv', epoch)
  return Run(workdir, settings, data, geometries, network, epochs)
