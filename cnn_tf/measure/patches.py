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
from cnn_tf.network import reach
from cnn_tf.network import windows


class Best(NamedTuple):
  """The best patches for each map, best first; at most one per image."""

  scores: np.ndarray  # [maps, count]: of one node, before the activation
  images: np.ndarray  # [maps, count]: the number of the image
  positions: np.ndarray  # [maps, count, 2]: (y, x) of the node on its map
  means: np.ndarray  # [maps]: the largest mean of the map over any image


def search(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  images: np.ndarray,
  count: int = 9,
) -> Best:
  """Finds the patches that excite the maps of the last layer most.

  Only nodes whose receptive field contains no padding are searched. The others
  compute a different function of the image, so their scores could not be
  compared with the score of the centre node.

  Args:
    network: the network.
    geometries: its layers up to that of the maps.
    images: `[n, height, width]` uint8.
    count: how many patches to keep for each map.
  """
  return search_layers(network, [geometries], images, count)[0]


def search_layers(
  network: model.ConvNet,
  stacks: Sequence[Sequence[geometry.LayerGeometry]],
  images: np.ndarray,
  count: int = 9,
) -> list[Best]:
  """Like `search`, for several layers, with one pass through the network.

  Args:
    network: the network.
    stacks: for each layer of maps, the layers up to it.
    images: `[n, height, width]` uint8.
    count: how many patches to keep for each map.
  """
  grids = {
    stack[-1].spec.name: nodes_without_padding(stack) for stack in stacks
  }
  found = [
    _nothing(stack[-1].output_shape[-1], min(count, len(images)))
    for stack in stacks
  ]
  # Traced once, for batches of any size.
  some_images = tf.TensorSpec([None, *images.shape[1:]], images.dtype)
  merge = _make_merge(network, grids).get_concrete_function(
    some_images, tf.TensorSpec([], tf.int32), found
  )
  for batch in activity.batches(images):
    found = merge(tf.constant(images[batch]), tf.constant(batch.start), found)
  return [
    _as_best(of_layer, *grid)
    for of_layer, grid in zip(found, grids.values(), strict=True)
  ]


def _nothing(num_maps, count):
  """The best patches of no images, and their means."""
  shape = num_maps, count
  best = [tf.fill(shape, -np.inf), *[tf.zeros(shape, tf.int32)] * 2]
  return best, tf.fill([num_maps], -np.inf)


def _as_best(found, rows, columns):
  (scores, numbers, places), means = found
  y, x = np.unravel_index(places.numpy(), (len(rows), len(columns)))
  positions = np.stack([np.take(rows, y), np.take(columns, x)], axis=-1)
  return Best(scores.numpy(), numbers.numpy(), positions, means.numpy())


def _make_merge(network, grids):
  """A function that merges a batch into what was found so far.

  Args:
    network: the network.
    grids: name of a layer -> the rows and columns of its nodes.
  """

  @tf.function(autograph=False)
  def merge(images, first, found):
    tensors = network.activations(datasets.to_float(images))
    return [
      _merge(tensors[name], first, *of_layer, *grid)
      for (name, grid), of_layer in zip(grids.items(), found, strict=True)
    ]

  return merge


def _merge(tensor, first, best, means, rows, columns):
  """Merges the output of a layer for a batch into its best patches so far.

  `best` is three tensors `[maps, count]`: the score, the number of the image,
  and the place of the node in the flattened grid of `rows` and `columns`.
  `first` is the number of the first image.
  """
  if tensor.shape.rank == 2:
    tensor = tensor[:, tf.newaxis, tf.newaxis]
  means = tf.maximum(
    means, tf.reduce_max(tf.reduce_mean(tensor, axis=[1, 2]), axis=0)
  )
  maps = tf.transpose(tensor, [3, 0, 1, 2])
  # They are contiguous, and a slice is faster than a gather.
  nodes = maps[:, :, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
  num_maps, num_nodes = maps.shape[0], len(rows) * len(columns)
  nodes = tf.reshape(nodes, [num_maps, -1, num_nodes])  # [maps, batch, nodes]
  numbers = tf.range(first, first + tf.shape(tensor)[0])[tf.newaxis]
  found = [
    tf.reduce_max(nodes, axis=2),
    tf.repeat(numbers, num_maps, axis=0),
    tf.argmax(nodes, axis=2, output_type=tf.int32),
  ]
  both = [tf.concat(pair, axis=1) for pair in zip(best, found, strict=True)]
  _, order = tf.math.top_k(both[0], best[0].shape[1])
  return [tf.gather(part, order, batch_dims=1) for part in both], means


def nodes_without_padding(
  geometries: Sequence[geometry.LayerGeometry],
) -> tuple[list[int], list[int]]:
  """The rows and columns of nodes whose receptive field has no padding.

  If there are none, the row or column of the centre node.
  """
  stacks = reach.stacks(geometries)
  return tuple(
    sorted(_without_padding(stack)) or [middle]
    for stack, middle in zip(stacks, fields.centre(geometries[-1]), strict=True)
  )


def _without_padding(stack):
  """The positions on the last axis from which no path leads to padding."""
  clean = set(range(stack[0].size))
  for axis in stack:
    covered = enumerate(windows.covered(axis))
    clean = {
      position for position, inputs in covered if clean.issuperset(inputs)
    }
  return clean


def cut(
  image: np.ndarray,
  geometries: Sequence[geometry.LayerGeometry],
  position: tuple[int, int] | None = None,
) -> np.ndarray:
  """The part of `image` in the receptive field of a node of the last layer.

  Args:
    image: `[height, width]`.
    geometries: the layers up to that of the node.
    position: (y, x) of the node on its map (default: the centre).
  """
  seen = fields.seen(geometries, position)
  rows, columns = (np.flatnonzero(seen.any(axis=axis)) for axis in (1, 0))
  return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
