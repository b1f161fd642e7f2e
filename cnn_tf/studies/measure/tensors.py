"""A network and images -> its tensors as NumPy arrays."""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.network import model


def of_layers(
  network: model.ConvNet, images: np.ndarray, layers: Sequence[str]
) -> dict[str, np.ndarray]:
  """The outputs of some layers, after their activation functions.

  Args:
    network: the network.
    images: `[n, height, width]` uint8.
    layers: the names of the layers.

  Returns:
    Layer name -> `[n, height, width, channels]` or `[n, units]` float32.
  """

  def of_batch(batch):
    tensors = activity.outputs(network, batch)
    return {name: tensors[name] for name in layers}

  return collect(of_batch, images)


def pre_activations(
  network: model.ConvNet, images: np.ndarray
) -> dict[str, np.ndarray]:
  """Hidden layer with a kernel -> its values before the activation function.

  Args:
    network: the network.
    images: `[n, height, width]` uint8.
  """
  names = list(network.kernels)[:-1]

  def of_batch(batch):
    found = network.activations(datasets.to_float(batch))
    return {name: found[name] for name in names}

  return collect(of_batch, images)


def collect(
  function: Callable[[tf.Tensor], dict[str, tf.Tensor]], images: np.ndarray
) -> dict[str, np.ndarray]:
  """Applies `function` to all images, batch by batch, and joins the results."""
  graph = activity.graph(function, images)
  parts = [graph(images[batch]) for batch in activity.batches(images)]
  return {
    name: np.concatenate([part[name] for part in parts]) for name in parts[0]
  }
