"""A network and examples -> the numbers that the figures show."""

from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.network import model

BATCH_SIZE = 500


class Activity(NamedTuple):
  """What the maps of a layer, or its units, do on a set of examples.

  The activation of a map on an image is its mean over all positions.
  """

  means: np.ndarray  # [classes, maps]: over the examples of each class
  explained: (
    np.ndarray
  )  # [maps]: the share of the variance that is due to class
  dead: np.ndarray  # [maps] bool: zero at every position of every example


def batches(images: np.ndarray) -> Iterator[slice]:
  """The images, `BATCH_SIZE` at a time."""
  for start in range(0, len(images), BATCH_SIZE):
    yield slice(start, min(start + BATCH_SIZE, len(images)))


def graph(
  function: Callable[..., Any], *arrays: np.ndarray
) -> Callable[..., Any]:
  """`function`, traced once for any number of items as in `arrays`."""
  specs = [tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in arrays]
  traced = tf.function(function, autograph=False).get_concrete_function(*specs)
  return lambda *batch: traced(*map(tf.constant, batch))


def outputs(network: model.ConvNet, images: tf.Tensor) -> dict[str, tf.Tensor]:
  """What leaves each layer, after its activation function, by layer name.

  Args:
    network: the network.
    images: `[batch, height, width]` uint8.
  """
  tensors = network.activations(datasets.to_float(images))
  # `conv1/relu` follows `conv1` and takes its place.
  last = {name.partition('/')[0]: tensor for name, tensor in tensors.items()}
  return {layer.name: last[layer.name] for layer in network.layers}


def log_probabilities(network: model.ConvNet, images: np.ndarray) -> np.ndarray:
  """The logarithm of what the network says, `[images, classes]`, in nats."""
  of_batch = graph(
    lambda images: tf.nn.log_softmax(network(datasets.to_float(images))),
    images,
  )
  return np.concatenate([of_batch(images[b]) for b in batches(images)])


def by_class(
  network: model.ConvNet, examples: datasets.Examples, num_classes: int
) -> dict[str, Activity]:
  """How each layer responds to each class."""

  def sums(images, labels):
    one_hot = tf.one_hot(labels, num_classes, axis=0)  # [classes, batch]
    return {
      name: _sums(tensor, one_hot)
      for name, tensor in outputs(network, images).items()
    }

  of_batch = graph(sums, *examples)
  parts = [
    of_batch(*(array[b] for array in examples))
    for b in batches(examples.images)
  ]
  counts = np.bincount(examples.labels, minlength=num_classes)
  result = {}
  for name in parts[0]:
    values, squares, largest = zip(*(p[name] for p in parts), strict=True)
    result[name] = Activity(
      np.sum(values, 0) / np.maximum(counts, 1)[:, np.newaxis],
      _explained(np.sum(values, 0), np.sum(squares, 0), counts),
      np.max(largest, 0) == 0,
    )
  return result


def _sums(tensor, one_hot):
  """Over a batch: sums of values by class, sums of squares, the largest."""
  flat = tf.reshape(tensor, [tf.shape(tensor)[0], -1, tensor.shape[-1]])
  values = tf.reduce_mean(flat, axis=1)  # [batch, maps]
  return (
    tf.cast(one_hot @ values, tf.float64),
    tf.reduce_sum(tf.cast(values, tf.float64) ** 2, axis=0),
    tf.reduce_max(tf.abs(flat), axis=[0, 1]),
  )


def _explained(values, squares, counts):
  """The variance between the classes as a share of all variance.

  0: the map does not tell the classes apart; 1: it knows nothing but the class
  (the correlation ratio eta squared: Fisher 1925, "Statistical Methods for
  Research Workers", section 45). A map that never changes gets 0.
  """
  total = values.sum(axis=0) ** 2 / counts.sum()
  between = (values**2 / np.maximum(counts, 1)[:, np.newaxis]).sum(0) - total
  around_mean = squares - total
  constant = around_mean <= 1e-9 * squares  # but for rounding
  return np.where(constant, 0, between / np.where(constant, 1, around_mean))
