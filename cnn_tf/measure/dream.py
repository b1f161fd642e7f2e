"""Gradient ascent from a picture, in several sizes: the dream of a layer.

The convolutions of a network fit images of any size. The ascent starts from the
picture made small; what it has changed is enlarged and added to the picture of
the next size, and so on. So both large and small patterns can appear.

It raises the mean of the maps after relu: where something excites a map, more
of it appears, and elsewhere there is nothing to climb. Of units, which have
only one value, it raises the pre-activation. Mordvintsev, Olah and Tyka 2015,
"Inceptionism: Going Deeper into Neural Networks".
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.measure import ascent
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import specs

_FACTOR = 1.4  # between two sizes


class Settings(NamedTuple):
  """The parameters of the ascent."""

  num_sizes: int = 4
  num_steps: int = 20  # at each size
  rate: float = 0.02  # the change of a pixel in a step, root mean square


def only_size(
  geometries: Sequence[geometry.LayerGeometry],
) -> tuple[int, int] | None:
  """The only size of image that fits the layers; None if they fit any.

  Dense layers fit only the size for which they were made.
  """
  if isinstance(geometries[-1].spec, specs.Dense):
    return geometries[0].input_shape[:2]
  return None


def sizes(
  geometries: Sequence[geometry.LayerGeometry],
  size: tuple[int, int],
  count: int,
) -> list[tuple[int, int]]:
  """At most `count` sizes, each 1.4 times the one before; `size` is the last.

  Those that are smaller than the receptive field of the last layer are left
  out. Dense layers have only one size.

  Raises:
    UserError: there is none.
  """
  fixed = only_size(geometries)
  least = fixed or geometries[-1].receptive_field
  found = [
    tuple(round(side / _FACTOR**number) for side in size)
    for number in reversed(range(count))
  ]
  found = [
    x for x in found if x == fixed or not fixed and np.all(np.array(x) >= least)
  ]
  if not found:
    name = geometries[-1].spec.name
    ours, needed = ('{}x{}'.format(*x) for x in (size, least))
    raise errors.UserError(
      f'the picture has {ours} pixels; {name} needs {needed}'
    )
  return found


def climb(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  maps: Sequence[int],
  picture: np.ndarray,
  settings: Settings,
) -> list[np.ndarray]:
  """The picture after the ascent at each size, the smallest first.

  Args:
    network: the network.
    geometries: its layers up to that of the maps.
    maps: numbers of the maps, or units.
    picture: `[height, width]` in [0, 1].
    settings: of the ascent.

  Raises:
    UserError: the picture is too small.
  """
  part = _up_to(network, geometries)
  whole = tf.constant(picture[np.newaxis, ..., np.newaxis], tf.float32)
  change, found = tf.zeros_like(whole), []
  for size in sizes(geometries, picture.shape, settings.num_sizes):
    base = tf.image.resize(whole, size, antialias=True)
    start = tf.clip_by_value(base + tf.image.resize(change, size), 0.0, 1.0)
    end = _ascend(part, tf.constant(maps), start[..., 0], settings)
    change = end[..., tf.newaxis] - base
    found.append(end[0].numpy())
  return found


def _up_to(network, geometries):
  """The first layers of a network, as a network for images of any size."""
  part = model.ConvNet(geometries, seed=0)
  for name in part.kernels:
    part.kernels[name].assign(network.kernels[name])
    part.biases[name].assign(network.biases[name])
  return part


def score(
  network: model.ConvNet, maps: tf.Tensor, images: tf.Tensor
) -> tf.Tensor:
  """What is raised, for images `[batch, height, width]`: a scalar."""
  tensor = network.activations(images[..., tf.newaxis])[network.layers[-1].name]
  values = tf.gather(tensor, maps, axis=-1)
  return tf.reduce_mean(
    tf.nn.relu(values) if values.shape.rank == 4 else values
  )


@tf.function(autograph=False)
def _ascend(network, maps, images, settings):
  def step(number, images):
    with tf.GradientTape() as tape:
      tape.watch(images)
      value = score(network, maps, images)
    uphill = ascent.normalise(tape.gradient(value, images))
    moved = images + settings.rate * uphill
    return number + 1, tf.clip_by_value(moved, 0.0, 1.0)

  _, images = tf.while_loop(
    lambda number, _: number < settings.num_steps, step, [0, images]
  )
  return images
