"""A network and examples -> activations, and statistics of them."""

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
  """How the maps, or the units, of a layer respond to a set of examples.

  The activation of a map on an image is its mean over all positions.
  """

  means: np.ndarray  # [classes, maps]: over the examples of each class
  explained: np.ndarray  # [maps]: the class's share of the variance
  dead: np.ndarray  # [maps] bool: zero at every position of every example


class Scale(NamedTuple):
  """The range of the outputs of a layer."""

  high: float  # a quantile of the absolute values; 1 if all are zero
  is_signed: bool  # whether there are negative outputs


def batches(images: np.ndarray) -> Iterator[slice]:
  """Slices of `BATCH_SIZE` images; the last one may be smaller."""
  for start in range(0, len(images), BATCH_SIZE):
    yield slice(start, min(start + BATCH_SIZE, len(images)))


def graph(
  function: Callable[..., Any], *arrays: np.ndarray
) -> Callable[..., Any]:
  """Traces `function` once, for batches of any size.

  Args:
    function: takes one tensor per array.
    arrays: arrays with the dtypes and, except for the first axis, the shapes
      of the batches.

  Returns:
    The same function of arrays.
  """
  specs = [tf.TensorSpec([None, *a.shape[1:]], a.dtype) for a in arrays]
  traced = tf.function(function, autograph=False).get_concrete_function(*specs)
  return lambda *batch: traced(*map(tf.constant, batch))


def outputs(network: model.ConvNet, images: tf.Tensor) -> dict[str, tf.Tensor]:
  """Layer name -> the output of the layer, after its activation function.

  Args:
    network: the network.
    images: `[batch, height, width]` uint8.
  """
  tensors = network.activations(datasets.to_float(images))
  # `conv1/relu` comes after `conv1` and replaces it.
  last = {name.partition('/')[0]: tensor for name, tensor in tensors.items()}
  return {layer.name: last[layer.name] for layer in network.layers}


def log_probabilities(
  network: Callable[[tf.Tensor], tf.Tensor], images: np.ndarray
) -> np.ndarray:
  """`log(softmax(logits))` of each image, `[images, classes]`, in nats.

  Args:
    network: images -> logits.
    images: `[n, height, width]` uint8.
  """
  of_batch = graph(
    lambda batch: tf.nn.log_softmax(network(datasets.to_float(batch))), images
  )
  return np.concatenate([of_batch(images[b]) for b in batches(images)])


def by_class(
  network: model.ConvNet, examples: datasets.Examples, num_classes: int
) -> dict[str, Activity]:
  """Layer name -> how the layer responds to each class.

  The mean over a class without examples is 0.
  """

  def sums_of_layers(images, labels):
    one_hot = tf.one_hot(labels, num_classes, axis=0)  # [classes, batch]
    return {
      name: _sums(tensor, one_hot)
      for name, tensor in outputs(network, images).items()
    }

  of_batch = graph(sums_of_layers, *examples)
  parts = [
    of_batch(*(array[b] for array in examples))
    for b in batches(examples.images)
  ]
  counts = np.bincount(examples.labels, minlength=num_classes)
  result = {}
  for name in parts[0]:
    sums, squares, largest = zip(*(p[name] for p in parts), strict=True)
    result[name] = Activity(
      np.sum(sums, 0) / np.maximum(counts, 1)[:, np.newaxis],
      _explained(np.sum(sums, 0), np.sum(squares, 0), counts),
      np.max(largest, 0) == 0,
    )
  return result


def scales(
  network: model.ConvNet, images: np.ndarray, share: float = 0.999
) -> dict[str, Scale]:
  """Layer name -> the scale of its outputs, after the activation function.

  Args:
    network: the network.
    images: `[n, height, width]` uint8.
    share: of the absolute values that are not above `high`.
  """
  found = {}
  for name, tensor in outputs(network, tf.constant(images)).items():
    values = tensor.numpy()
    high = float(np.quantile(np.abs(values), share)) or 1.0
    found[name] = Scale(high, bool(values.min() < 0))
  return found


def _sums(tensor, one_hot):
  """Sums over a batch.

  Returns:
    Sums of activations by class `[classes, maps]`, sums of their squares over
    all classes `[maps]`, and the largest absolute value of each map `[maps]`.
  """
  flat = tf.reshape(tensor, [tf.shape(tensor)[0], -1, tensor.shape[-1]])
  values = tf.reduce_mean(flat, axis=1)  # [batch, maps]
  return (
    tf.cast(one_hot @ values, tf.float64),
    tf.reduce_sum(tf.cast(values, tf.float64) ** 2, axis=0),
    tf.reduce_max(tf.abs(flat), axis=[0, 1]),
  )


def _explained(sums, squares, counts):
  """The variance between the classes as a share of the total variance.

  This is the correlation ratio eta squared (Fisher 1925, "Statistical Methods
  for Research Workers", section 45). It is 0 if all classes have the same mean,
  and 1 if the class determines the activation. A constant map gets 0.
  """
  total = sums.sum(axis=0) ** 2 / counts.sum()
  between = (sums**2 / np.maximum(counts, 1)[:, np.newaxis]).sum(0) - total
  around_mean = squares - total
  constant = around_mean <= 1e-9 * squares  # up to rounding
  return np.where(constant, 0, between / np.where(constant, 1, around_mean))
