"""The folder of a run -> its settings, data and trained network."""

import pathlib
from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import build
from cnn_tf.run import checkpoints
from cnn_tf.run import events
from cnn_tf.run import run_folder
from cnn_tf.run import settings as settings_lib

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
  epochs: list[events.Epoch]  # up to the epoch of the kernels

  @property
  def epoch(self) -> int:
    """The epoch after which the kernels were saved."""
    return self.epochs[-1].epoch

  @property
  def predict(self) -> Callable[[tf.Tensor], tf.Tensor]:
    """Images -> the logits of the reported accuracy."""
    return build.predictor(self.settings, self.network)

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
  settings = run_folder.read_config(workdir)
  if settings is None:
    raise errors.UserError(f'{workdir}: there is no run here')
  data = datasets.load(
    settings.dataset, settings.data_dir, settings.num_validation, read_test
  )
  geometries = build.plan(settings, data)
  network = build.make_network(settings, geometries)
  folder = workdir / 'checkpoints'
  checkpoint = build.saved(settings, network)
  epoch = checkpoints.restore_newest(
    checkpoint, folder, strict=False, last=last
  )
  if not epoch:
    raise errors.UserError(f'{workdir}: this run has no checkpoint yet')
  epochs = events.read_epochs(workdir / 'metrics.csv', epoch)
  return Run(workdir, settings, data, geometries, network, epochs)
