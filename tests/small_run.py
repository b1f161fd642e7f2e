"""A run on the first images of MNIST: trained in seconds, or untrained."""

import contextlib
import io
import pathlib
import tempfile

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import runs
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import history
from cnn_tf.run import layers
from cnn_tf.run import loop
from cnn_tf.run import settings as settings_lib
from tests import small_data

LAYERS = 'conv 4 3x3, maxpool 2x2, conv 6 3x3, dense 8'


class TestCase(tf.test.TestCase):
  """A test of a trained run, which all tests of the class share.

  Attributes:
    workdir: the folder of the run.
  """

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.workdir = train(folder)


def train(
  folder: str | pathlib.Path, text: str = LAYERS, num_epochs: int = 2
) -> pathlib.Path:
  """Trains for some epochs; returns the folder of the run, `folder`/run."""
  small_data.write(folder)
  workdir = pathlib.Path(folder, 'run')
  settings = settings_lib.Settings(
    **small_data.flags(
      folder, layers=text, batch_size=64, num_epochs=num_epochs
    )
  )
  with contextlib.redirect_stdout(io.StringIO()):
    loop.train_and_evaluate(settings, workdir, '1')
  return workdir


def untrained(
  text: str = LAYERS, count: int = 100, num_classes: int = 10
) -> runs.Run:
  """A run with initial kernels and random biases, without a folder."""
  images, labels = small_data.examples(count)
  examples = datasets.Examples(images, labels % num_classes)
  data = datasets.Dataset(*[examples] * 3, num_classes)
  geometries = geometry.trace(layers.parse(text, num_classes), (28, 28, 1))
  network = model.ConvNet(geometries, seed=1)
  random = np.random.default_rng(0)
  for bias in network.biases.values():
    bias.assign(random.normal(scale=0.1, size=bias.shape))
  settings = settings_lib.Settings(layers=text, precision='float32')
  epoch = history.Epoch(1, 430, 0.1, 0.3, 0.2, 0.9, 0.1, 0.95)
  path = pathlib.Path('runs/small')
  return runs.Run(path, settings, data, geometries, network, 1, 430, [epoch])
