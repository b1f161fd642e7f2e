"""Gradient ascent on the pixels of an image, with fixed kernels and biases.

The objective is taken **before** the activation function: on a black image the
gradient after relu is often exactly zero, and ascent could not start.

Each step is followed by clipping the pixels to [0, 1]: projected gradient
ascent. A sigmoid of unbounded variables would keep pixels in this range as
well, but could not reach black and white, where most optimal pixels lie. With
clipping, known optima are found exactly: the best patch for a kernel that is
applied to the image is `kernel > 0`.

Erhan et al. 2009, "Visualizing Higher-Layer Features of a Deep Network".
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import keys
from cnn_tf.measure import excitation
from cnn_tf.measure import fields
from cnn_tf.network import model

LENGTH_SCALES = (28, 14, 7, 4)  # of the initial images, in pixels


class Settings(NamedTuple):
  """The parameters of gradient ascent."""

  num_starts: int = 4
  num_steps: int = 200
  rate: float = 1.0  # of the first step; falls to a hundredth of it
  jitter: int = 0  # largest random shift of the image in each step, in pixels
  smoothing: float = 0.0  # weight of the penalty on total variation
  seed: int = 0


class Target(NamedTuple):
  """The value to maximise: the mean of a map, one of its nodes, or a unit."""

  layer: str
  position: tuple[int, int] | None  # (y, x) of the node; None for the mean


class Climb(NamedTuple):
  """The result for each map and each start."""

  scores: np.ndarray  # [maps, starts], without jitter and smoothing
  images: np.ndarray  # [maps, starts, snapshots, height, width] in [0, 1]
  steps: tuple[int, ...]  # the step of each snapshot, 0 for the start

  def best_trajectory(self, index: int) -> np.ndarray:
    """`[snapshots, height, width]`: the best of the starts for one map."""
    return self.images[index, excitation.best_start(self.scores[index])]


def start(
  image_size: tuple[int, int],
  seed: int,
  number: int,
  scales: Sequence[int] = LENGTH_SCALES,
) -> tf.Tensor:
  """Mid-grey plus smooth noise on some length scales, clipped to [0, 1].

  For each scale, random numbers are drawn at points that many pixels apart, and
  interpolated. A smooth start leads to smooth patterns and a rough start to
  rough ones, so all scales have the same standard deviation, 0.2 together.
  """
  image = tf.fill(image_size, 0.5)
  height, width = image_size
  for scale in scales:
    grid = np.array([1 - (-size // scale) for size in image_size])
    key = keys.key(seed, f'pattern/start/{scale}', number)
    deviation = 0.2 / len(scales) ** 0.5
    noise = tf.random.stateless_normal([*grid, 1], key, stddev=deviation)
    wide = tf.image.resize(noise, scale * grid, 'bicubic')[..., 0]
    first = scale // 2  # the pixel on which the first random number lies
    image += wide[first : first + height, first : first + width]
  return tf.clip_by_value(image, 0.0, 1.0)


def score(
  network: model.ConvNet, target: Target, images: tf.Tensor
) -> tf.Tensor:
  """`[batch, maps]` for images `[batch, height, width]` in [0, 1]."""
  tensor = network.activations(images[..., tf.newaxis])[target.layer]
  if target.position is None and tensor.shape.rank == 4:
    return tf.reduce_mean(tensor, axis=[1, 2])
  return fields.node(tensor, target.position or (0, 0))


def climb(
  network: model.ConvNet,
  target: Target,
  maps: Sequence[int],
  image_size: tuple[int, int],
  settings: Settings,
) -> Climb:
  """Gradient ascent for some maps of a layer, from the same starts for each."""
  initial = [
    start(image_size, settings.seed, number)
    for number in range(settings.num_starts)
  ]
  return climb_from(network, target, maps, [initial] * len(maps), settings)


def climb_from(
  network: model.ConvNet,
  target: Target,
  maps: Sequence[int],
  initial: tf.Tensor,
  settings: Settings,
) -> Climb:
  """Gradient ascent from given images, `[maps, starts, height, width]`.

  All maps and starts form one batch; `settings.num_starts` is not used.
  """
  initial = tf.convert_to_tensor(initial)
  num_starts, *image_size = initial.shape[1:]
  map_of_image = tf.repeat(tf.constant(maps), num_starts)
  last = settings.num_steps
  steps = tuple(sorted({0, last // 20, last // 2, last}))
  advance = _make_advance(network, target, settings)
  snapshots = [tf.reshape(initial, [-1, *image_size])]
  for begin, end in zip(steps, steps[1:], strict=False):
    snapshots.append(
      advance(snapshots[-1], map_of_image, tf.constant(begin), tf.constant(end))
    )
  scores = _own_scores(network, target, snapshots[-1], map_of_image)
  shape = len(maps), num_starts
  return Climb(
    scores.numpy().reshape(shape),
    np.stack(snapshots, axis=1).reshape(*shape, len(steps), *image_size),
    steps,
  )


def _own_scores(network, target, images, map_of_image):
  """`[batch]`: the score of each image for its own map."""
  scores = score(network, target, images)
  return tf.gather(scores, map_of_image, axis=1, batch_dims=1)


def _make_advance(network, target, settings):
  """A function that takes the steps from `begin` to `end` in the graph."""

  def step(number, images, map_of_image):
    shift = _shift(settings, number)
    shifted = tf.roll(images, shift, axis=[1, 2])
    with tf.GradientTape() as tape:
      tape.watch(shifted)
      scores = _own_scores(network, target, shifted, map_of_image)
    # The tape differentiates the sum of the scores. Each score depends on its
    # own image only, so this is the gradient of each score.
    gradient = tf.roll(tape.gradient(scores, shifted), -shift, axis=[1, 2])
    done = tf.cast(number, tf.float32) / settings.num_steps
    direction = normalise(gradient)
    if settings.smoothing:
      direction -= settings.smoothing * _variation_gradient(images)
    moved = images + settings.rate * 0.01**done * direction
    return number + 1, tf.clip_by_value(moved, 0.0, 1.0), map_of_image

  @tf.function(autograph=False)
  def advance(images, map_of_image, begin, end):
    _, images, _ = tf.while_loop(
      lambda number, *_: number < end, step, [begin, images, map_of_image]
    )
    return images

  return advance


def normalise(gradient):
  """Divides by the root mean square over the pixels with a gradient.

  The effect of the rate then does not depend on the size of the gradient or of
  the receptive field. A gradient of zero stays zero.
  """
  largest = tf.reduce_max(tf.abs(gradient), axis=[1, 2], keepdims=True)
  # At most 1, so that the squares of a tiny gradient do not vanish.
  scaled = tf.math.divide_no_nan(gradient, largest)
  nonzero = tf.cast(scaled != 0, tf.float32)
  squares, count = (
    tf.reduce_sum(x, axis=[1, 2], keepdims=True) for x in (scaled**2, nonzero)
  )
  mean = tf.math.divide_no_nan(squares, count)
  return tf.math.divide_no_nan(scaled, tf.sqrt(mean))


def _variation_gradient(images):
  """The gradient of the total variation, `sum |differences of neighbours|`."""
  with tf.GradientTape() as tape:
    tape.watch(images)
    variation = tf.image.total_variation(images[..., tf.newaxis])
  return tape.gradient(variation, images)


def _shift(settings, number):
  key = keys.key(settings.seed, 'pattern/jitter', number)
  reach = settings.jitter
  return tf.random.stateless_uniform([2], key, -reach, reach + 1, tf.int32)
