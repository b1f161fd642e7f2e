"""A network whose tensors are changed on the way to the logits.

The outputs of a dense layer, `[batch, units]`, are changed as maps of a single
node, `[batch, 1, 1, units]`.
"""

import copy
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.network import model

# `[batch, height, width, maps]` and a vector `[maps]` -> changed maps.
Change = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

_BATCH_SIZE = 100  # faster than larger ones, whose maps leave the cache


def below(network: model.ConvNet, name: str) -> model.ConvNet:
  """The layers up to `name`: images -> the output of that layer."""
  end = [layer.name for layer in network.layers].index(name) + 1
  return _part(network, slice(end))


def above(network: model.ConvNet, name: str) -> model.ConvNet:
  """The layers after `name`: the output of that layer -> the logits."""
  end = [layer.name for layer in network.layers].index(name) + 1
  return _part(network, slice(end, None))


def with_output(
  network: model.ConvNet,
  name: str,
  change: Callable[[tf.Tensor], tf.Tensor],
) -> Callable[[tf.Tensor], tf.Tensor]:
  """Images -> the logits, with the output of one layer changed.

  Args:
    network: the network.
    name: of a hidden layer.
    change: `[batch, height, width, maps]` -> the same shape.
  """
  first, rest = below(network, name), above(network, name)
  return lambda images: rest(change(_maps(first(images))))


def logits_by_vector(
  network: model.ConvNet, name: str, change: Change, images: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
  """`[vectors, maps]` -> the logits with each change, `[vectors, n, classes]`.

  Args:
    network: the network.
    name: of the layer whose output is changed; it has a bias.
    change: what a vector does to the output.
    images: `[n, height, width]` uint8.
  """
  first, rest = below(network, name), above(network, name)

  def of_batch(batch, vectors):
    maps = _maps(first(datasets.to_float(batch)))
    return tf.map_fn(
      lambda vector: rest(change(maps, vector)),
      vectors,
      fn_output_signature=tf.float32,
    )

  one_vector = np.zeros([1, network.biases[name].shape[0]], np.float32)
  graph = activity.graph(of_batch, images, one_vector)

  def of_vectors(vectors):
    vectors = vectors.astype(np.float32)
    starts = range(0, len(images), _BATCH_SIZE)
    parts = [graph(images[i : i + _BATCH_SIZE], vectors) for i in starts]
    return np.concatenate(parts, axis=1)

  return of_vectors


def keeping(fill: np.ndarray | float) -> Change:
  """A change that keeps the maps where a vector is 1; `fill` replaces others.

  With `fill` 0 it is what the page does with the maps that are off.

  Args:
    fill: a value for each map, `[maps]`, or one for all.
  """
  fill = tf.constant(fill, tf.float32)
  return lambda maps, kept: maps * kept + fill * (1 - kept)


def without_direction(mean: np.ndarray) -> Change:
  """A change that removes the variation along a vector u of length 1.

  At each position the maps are `x - u (u . (x - mean))`. For the unit vectors
  of the axes it replaces one map by its mean.

  Args:
    mean: of each map, `[maps]`.
  """
  mean = tf.constant(mean, tf.float32)

  def change(maps, vector):
    along = tf.linalg.matvec(maps - mean, vector)
    return maps - along[..., tf.newaxis] * vector

  return change


def random_basis(size: int, seed: int) -> np.ndarray:
  """`[size, size]`: rows of length 1 in random directions, all orthogonal.

  Whatever the covariance of the maps is, the variances along these rows have
  the same sum as the variances of the maps.
  """
  random = np.random.default_rng(seed)
  return np.linalg.qr(random.normal(size=(size, size)))[0].T


def _maps(output):
  """The units of a dense layer as maps of one node; maps stay as they are."""
  if output.shape.rank == 2:
    return output[:, tf.newaxis, tf.newaxis]
  return output


def _part(network, which):
  """Some of the layers, with the same variables."""
  part = copy.copy(network)
  part.layers = list(network.layers)[which]
  return part
