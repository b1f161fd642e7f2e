"""A network and images -> its tensors, as arrays."""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf.measure import activity
from cnn_tf.network import model


def outputs(
  network: model.ConvNet, images: np.ndarray, layers: Sequence[str]
) -> dict[str, np.ndarray]:
  """What leaves some layers, after their activation functions.

  Args:
    network: the network.
    images: `[n, height, width]` uint8.
    layers: their names.

  Returns:
    Layer name -> `[n, height, width, maps]` or `[n, units]` float32.
  """

  def of_layers(batch):
    tensors = activity.outputs(network, batch)
    return {name: tensors[name] for name in layers}

  return collect(of_layers, images)


def collect(
  function: Callable[[tf.Tensor], dict[str, tf.Tensor]], images: np.ndarray
) -> dict[str, np.ndarray]:
  """`function` of all images, computed batch by batch and joined."""
  graph = activity.graph(function, images)
  parts = [graph(images[batch]) for batch in activity.batches(images)]
  return {
    name: np.concatenate([part[name] for part in parts]) for name in parts[0]
  }
