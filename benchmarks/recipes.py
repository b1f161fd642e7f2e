"""What all libraries of the race have in common, read from the settings.

It is made by the parent process, with TensorFlow, and sent to the others: a
user of PyTorch does not import TensorFlow.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnn_tf.data import files
from cnn_tf.data import idx
from cnn_tf.network import geometry
from cnn_tf.run import command
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib


class Recipe(NamedTuple):
  """All that the libraries have in common; `make` makes it."""

  settings: settings_lib.Settings
  layers: tuple[geometry.LayerGeometry, ...]
  held_out: np.ndarray  # [validation] int32, places among the training images
  rates: np.ndarray  # [steps] float32, the learning rate of each step
  betas: tuple[float, float]  # of Adam
  epsilon: float  # of Adam
  num_train: int  # training images: the first ones
  num_validation: int  # validation images: the first ones

  @property
  def images_per_epoch(self) -> int:
    """Those of whole batches."""
    batch_size = self.settings.batch_size
    return self.num_train // batch_size * batch_size

  @property
  def num_classes(self) -> int:
    """The number of logits."""
    return self.layers[-1].output_shape[0]


def make(settings: settings_lib.Settings, num_images: int = 0) -> Recipe:
  """The recipe of these settings, whose optimizer is Adam.

  Args:
    settings: with any precision and seed.
    num_images: if not 0, train on so many images, and validate on the same
      share of the validation images.
  """
  with command.silent_libraries():  # only now, because it takes seconds
    import tensorflow as tf

    from cnn_tf.data import datasets
    from cnn_tf.run import trainer

  images, labels = _read(settings)
  places = np.arange(len(labels), dtype=np.int32)
  rest, held_out = datasets.hold_out(
    datasets.Examples(places, labels), settings.num_validation
  )
  num_train = min(num_images, len(rest.labels)) or len(rest.labels)
  share = num_train / len(rest.labels)
  steps_per_epoch = num_train // settings.batch_size
  steps = tf.range(settings.num_epochs * steps_per_epoch)
  adam = trainer.make_optimizer(settings, [])
  parsed = layers.parse(settings.layers, int(labels.max()) + 1)
  return Recipe(
    settings=settings,
    layers=geometry.trace(parsed, (*images.shape[1:], 1)),
    held_out=held_out.images,
    rates=trainer.make_schedule(settings, steps_per_epoch)(steps).numpy(),
    betas=(adam.beta1, adam.beta2),
    epsilon=adam.epsilon,
    num_train=num_train,
    num_validation=math.ceil(share * len(held_out.labels)),
  )


def arrays(recipe: Recipe) -> list[tuple[np.ndarray, np.ndarray]]:
  """(images in [0, 1], labels) of training, validation and test set.

  Read without TensorFlow, which a user of PyTorch does not import.
  """
  images, labels, *test = _read(recipe.settings, read_test=True)
  is_held_out = np.zeros(len(labels), bool)
  is_held_out[recipe.held_out] = True
  train = images[~is_held_out], labels[~is_held_out]
  validation = images[is_held_out], labels[is_held_out]
  parts = (
    first(train, recipe.num_train),
    first(validation, recipe.num_validation),
    test,
  )
  return [
    (images * np.float32(1 / 255), labels.astype(np.int32))
    for images, labels in parts
  ]


def first(examples: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
  """The first images and labels."""
  return [array[:count] for array in examples]


def _read(settings, read_test=False):
  """Images and labels of the training set and, if asked for, the test set."""
  paths = files.find(files.folder(settings.dataset, settings.data_dir))
  return [idx.read(path) for path in (paths if read_test else paths[:2])]
