"""The patches of real images that excite each map of a layer most."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.measure import fields
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import windows


class Best(NamedTuple):
  """For each map the best patches, the best first; one patch an image."""

  scores: np.ndarray  # [maps, count]: of one node, before the activation
  images: np.ndarray  # [maps, count]: the number of the image
  nodes: np.ndarray  # [maps, count, 2]: (y, x) of the node on the map
  means: np.ndarray  # [maps]: the largest mean of the map over any image


def search(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  images: np.ndarray,
  count: int = 9,
) -> Best:
  """Looks through all images for what excites the last layer of `geometries`.

  Only nodes that see no padding take part: the others compute something else,
  and could not be compared with the centre node.
  """
  num_maps = geometries[-1].output_shape[-1]
  down, across = nodes_without_padding(geometries)
  merge = _make_merge(network, geometries[-1].spec.name, down, across)
  shape = num_maps, min(count, len(images))
  best = [tf.fill(shape, -np.inf), *[tf.zeros(shape, tf.int32)] * 2]
  means = tf.fill([num_maps], -np.inf)
  for batch in activity.batches(images):
    part, first = tf.constant(images[batch]), tf.constant(batch.start)
    best, means = merge(part, first, best, means)
  scores, numbers, positions = (part.numpy() for part in best)
  y, x = np.unravel_index(positions, (len(down), len(across)))
  nodes = np.stack([np.take(down, y), np.take(across, x)], axis=-1)
  return Best(scores, numbers, nodes, means.numpy())


def _make_merge(network, name, down, across):
  """A function that adds a batch to what was best so far.

  `best` is three tensors `[maps, count]`: score, number of the image, and
  position among the nodes that `down` and `across` leave.
  """

  @tf.function(autograph=False)
  def merge(images, first, best, means):
    tensor = network.activations(datasets.to_float(images))[name]
    if tensor.shape.rank == 2:
      tensor = tensor[:, tf.newaxis, tf.newaxis]
    means = tf.maximum(
      means, tf.reduce_max(tf.reduce_mean(tensor, axis=[1, 2]), axis=0)
    )
    maps = tf.transpose(tensor, [3, 0, 1, 2])
    nodes = tf.gather(tf.gather(maps, down, axis=2), across, axis=3)
    num_maps, size = maps.shape[0], len(down) * len(across)
    nodes = tf.reshape(nodes, [num_maps, -1, size])  # [maps, batch, nodes]
    numbers = tf.range(first, first + tf.shape(images)[0])[tf.newaxis]
    found = [
      tf.reduce_max(nodes, axis=2),
      tf.repeat(numbers, num_maps, axis=0),
      tf.argmax(nodes, axis=2, output_type=tf.int32),
    ]
    both = [tf.concat(pair, axis=1) for pair in zip(best, found, strict=True)]
    _, order = tf.math.top_k(both[0], best[0].shape[1])
    return [tf.gather(part, order, batch_dims=1) for part in both], means

  return merge


def nodes_without_padding(
  geometries: Sequence[geometry.LayerGeometry],
) -> tuple[list[int], list[int]]:
  """The rows, and the columns, of nodes whose whole field is on the image.

  Where all see padding, the centre alone.
  """
  centre = fields.centre(geometries[-1])
  return tuple(
    sorted(_without_padding(stack)) or [middle]
    for stack, middle in zip(
      geometry.axis_stacks(geometries), centre, strict=True
    )
  )


def _without_padding(stack):
  """The positions at the top from which no path leads to padding."""
  clean = set(range(stack[0].size))
  for axis in stack:
    under = enumerate(windows.covered(axis))
    clean = {position for position, inputs in under if clean.issuperset(inputs)}
  return clean


def cut(
  image: np.ndarray,
  geometries: Sequence[geometry.LayerGeometry],
  node: tuple[int, int] | None = None,
) -> np.ndarray:
  """The part of `image` that a node of the last layer sees, or its centre."""
  seen = fields.seen(geometries, node)
  down, across = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
  return image[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
