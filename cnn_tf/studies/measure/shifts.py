"""Shifted images: what a network predicts for them, how its maps move."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import specs
from cnn_tf.studies.measure import ablation

# (down, right), in units of the distance.
DIRECTIONS = ((-1, 0), (1, 0), (0, -1), (0, 1))

# Images -> logits, and the same for images that are shifted by (down, right).
Network = Callable
NetworkOfShift = Callable[[int, int], Network]


class Shifted(NamedTuple):
  """Results by distance: means over the four directions."""

  accuracy: np.ndarray  # [distances]: predictions equal to the label
  agreement: np.ndarray  # [distances]: equal to that for the original image


def move(images: np.ndarray, down: int, right: int) -> np.ndarray:
  """Shifts images `[n, height, width]`; pixels that move in are 0."""
  height, width = images.shape[1:]
  most = max(abs(down), abs(right))
  padded = np.pad(images, [(0, 0), (most, most), (most, most)])
  top, left = most - down, most - right
  return padded[:, top : top + height, left : left + width]


def on_canvas(images: np.ndarray, side: int) -> np.ndarray:
  """Images in the centre of a black square, `[n, side, side]`."""
  pads = [(side - size) // 2 for size in images.shape[1:]]
  ends = [side - size for size in images.shape[1:]]
  widths = [(pad, end - pad) for pad, end in zip(pads, ends, strict=True)]
  return np.pad(images, [(0, 0), *widths])


def predictions(
  network: Network,
  examples: datasets.Examples,
  distances: Sequence[int],
  of_shift: NetworkOfShift | None = None,
) -> Shifted:
  """Accuracy and agreement on images shifted up, down, left and right.

  Args:
    network: images -> logits.
    examples: the original images, and their labels.
    distances: in pixels; pixels that move in are 0.
    of_shift: if given, (down, right) in pixels -> the network that classifies
      the images shifted that way.
  """
  unshifted = _classes(network, examples.images)
  accuracy, agreement = [], []
  for distance in distances:
    offsets = [(distance * y, distance * x) for y, x in DIRECTIONS]
    moved = [move(examples.images, *offset) for offset in offsets]
    if of_shift:
      networks = [of_shift(*offset) for offset in offsets]
      classes = list(map(_classes, networks, moved))
    else:
      classes = np.split(_classes(network, np.concatenate(moved)), len(moved))
    accuracy.append(np.mean(np.equal(classes, examples.labels)))
    agreement.append(np.mean(np.equal(classes, unshifted)))
  return Shifted(np.array(accuracy), np.array(agreement))


def equivariance_error(
  maps: Callable[[np.ndarray], np.ndarray | tf.Tensor],
  images: np.ndarray,
  strides: tuple[int, int],
  distance: int,
) -> float:
  """`|a - b| / |b - c|`, over images shifted down and images shifted right.

  Here a are the maps of the shifted images; b are the maps of the images,
  shifted by `distance / stride` nodes, rounded to a whole number; c are the
  maps of a black image, which depend on the biases only. The norms are over the
  nodes that do not see the pixels that moved in. An error of exactly 0 means
  equal bits.

  Args:
    maps: images -> `[n, height, width, maps]`, of a layer without padding.
    images: `[n, height, width]` uint8.
    strides: the effective strides of the layer.
    distance: in pixels.
  """
  difference, size = 0.0, 0.0
  before = np.asarray(maps(images))
  black = np.asarray(maps(np.zeros_like(images[:1])))[:, :1, :1].astype(float)
  for axis, (down, right) in ((1, (distance, 0)), (2, (0, distance))):
    after = np.asarray(maps(move(images, down, right)))
    nodes = int(distance / strides[axis - 1] + 0.5)
    first = -(
      -distance // strides[axis - 1]
    )  # nodes before it see pixels that moved in
    count = before.shape[axis]
    a = after.take(range(first, count), axis).astype(float)
    b = before.take(range(first - nodes, count - nodes), axis).astype(float)
    difference += np.sum((a - b) ** 2)
    size += np.sum((b - black) ** 2)
  # NaN if all maps are dead.
  return float(np.sqrt(difference / size)) if size else np.nan


def equivariance_errors(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  images: np.ndarray,
  distances: Sequence[int],
) -> dict[str, np.ndarray]:
  """Name of a convolution -> its equivariance error at each distance."""
  found = {}
  for layer in geometries:
    if isinstance(layer.spec, specs.Conv):
      below = ablation.below(network, layer.spec.name)
      maps = activity.graph(lambda x, f=below: f(datasets.to_float(x)), images)
      found[layer.spec.name] = np.array(
        [
          equivariance_error(maps, images, layer.effective_stride, distance)
          for distance in distances
        ]
      )
  return found


def _classes(network, images):
  return activity.log_probabilities(network, images).argmax(axis=1)
