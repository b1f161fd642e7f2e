"""Gradient ascent on the pixels of an image, the kernels held fixed.

The objective is taken **before** the activation function: from a black image
the gradient after relu is often exactly zero, and then nothing ever moves.

Pixels stay in [0, 1] by clipping after each step: projected gradient ascent. A
sigmoid of free numbers would keep them there too, but it never reaches black
and white, where the best pixels lie. Clipping does, so what is known comes out
exactly: the best patch of a kernel on the image is `kernel > 0`.

Erhan et al. 2009, "Visualizing Higher-Layer Features of a Deep Network".
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import keys
from cnn_tf.measure import fields
from cnn_tf.measure import starts
from cnn_tf.network import model


class Settings(NamedTuple):
  """How to climb."""

  num_starts: int = 4
  num_steps: int = 200
  rate: float = 1.0  # of the first step; falls to a hundredth of that
  jitter: int = 0  # pixels that the image is shifted by at random, each step
  smoothing: float = 0.0  # share of total variation in the direction
  seed: int = 0


class Target(NamedTuple):
  """What to make large: the mean of a map, one node of it, or one unit."""

  layer: str
  node: tuple[int, int] | None  # (y, x); None for the mean over the map


class Climb(NamedTuple):
  """What came of it, for each map and each start."""

  scores: np.ndarray  # [maps, starts], without jitter and smoothing
  images: np.ndarray  # [maps, starts, times, height, width] in [0, 1]
  steps: tuple[int, ...]  # after which the images were kept

  def best_way(self, index: int) -> np.ndarray:
    """The images of the map's best start, `[times, height, width]`."""
    return self.images[index, self.scores[index].argmax()]


def score(
  network: model.ConvNet, target: Target, images: tf.Tensor
) -> tf.Tensor:
  """`[batch, maps]` for images `[batch, height, width]` in [0, 1]."""
  tensor = network.activations(images[..., tf.newaxis])[target.layer]
  if target.node is None and tensor.shape.rank == 4:
    return tf.reduce_mean(tensor, axis=[1, 2])
  return fields.node(tensor, target.node or (0, 0))


def climb(
  network: model.ConvNet,
  target: Target,
  maps: Sequence[int],
  image_size: tuple[int, int],
  settings: Settings,
) -> Climb:
  """From each start uphill, for all `maps` of a layer at once in one graph."""
  numbers = range(settings.num_starts)
  first_images = tf.stack(
    [starts.draw(image_size, settings.seed, n) for n in numbers]
  )
  images = tf.tile(
    first_images, [len(maps), 1, 1]
  )  # each map has the same starts
  wanted = tf.repeat(tf.constant(maps), settings.num_starts)
  last = settings.num_steps
  steps = tuple(sorted({0, last // 20, last // 2, last}))
  walk = _make_walk(network, target, settings)
  kept = [images]
  for first, end in zip(steps, steps[1:], strict=False):
    kept.append(walk(kept[-1], wanted, tf.constant(first), tf.constant(end)))
  scores = _own_scores(network, target, kept[-1], wanted)
  shape = len(maps), settings.num_starts
  return Climb(
    scores.numpy().reshape(shape),
    np.stack(kept, axis=1).reshape(*shape, len(steps), *image_size),
    steps,
  )


def _own_scores(network, target, images, maps):
  """`[batch]`: of each image for the map that is wanted of it."""
  return tf.gather(score(network, target, images), maps, axis=1, batch_dims=1)


def _make_walk(network, target, settings):
  """A function images, maps, first step, end -> images after those steps."""

  def step(number, images, maps):
    shift = _shift(settings, number)
    shifted = tf.roll(images, shift, axis=[1, 2])
    with tf.GradientTape() as tape:
      tape.watch(shifted)
      scores = _own_scores(network, target, shifted, maps)
    # Images do not meet in a network: the gradient of the sum is that of each.
    gradient = tf.roll(tape.gradient(scores, shifted), -shift, axis=[1, 2])
    done = tf.cast(number, tf.float32) / settings.num_steps
    direction = _normalise(gradient)
    if settings.smoothing:
      direction -= settings.smoothing * _roughness(images)
    moved = images + settings.rate * 0.01**done * direction
    return number + 1, tf.clip_by_value(moved, 0.0, 1.0), maps

  @tf.function(autograph=False)
  def walk(images, maps, first, end):
    _, images, _ = tf.while_loop(
      lambda number, *_: number < end, step, [first, images, maps]
    )
    return images

  return walk


def _normalise(gradient):
  """Divides by the root mean square over those pixels that count.

  So the rate means the same for large and small gradients, many pixels and few.
  """
  squares = tf.reduce_sum(gradient**2, axis=[1, 2], keepdims=True)
  seen = tf.cast(gradient != 0, tf.float32)
  count = tf.reduce_sum(seen, axis=[1, 2], keepdims=True)
  return tf.math.divide_no_nan(gradient, tf.sqrt(squares / count))


def _roughness(images):
  """The gradient of the total variation: sum of |steps between neighbours|."""
  with tf.GradientTape() as tape:
    tape.watch(images)
    variation = tf.image.total_variation(images[..., tf.newaxis])
  return tape.gradient(variation, images)


def _shift(settings, number):
  key = keys.key(settings.seed, 'pattern/jitter', number)
  reach = settings.jitter
  return tf.random.stateless_uniform([2], key, -reach, reach + 1, tf.int32)
