"""How large the outputs of each layer are, for colour scales."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.measure import activity
from cnn_tf.network import model


class Scale(NamedTuple):
  """The range of the outputs of a layer."""

  high: float  # a share of the absolute values are below; 1 if all are zero
  is_signed: bool  # whether there are negative outputs


def of_layers(
  network: model.ConvNet, images: np.ndarray, share: float = 0.999
) -> dict[str, Scale]:
  """Layer name -> the scale of its outputs, after the activation function.

  Args:
    network: the network.
    images: `[n, height, width]` uint8.
    share: of the absolute values that `high` exceeds.
  """
  found = {}
  for name, tensor in activity.outputs(network, tf.constant(images)).items():
    values = tensor.numpy()
    high = float(np.quantile(np.abs(values), share)) or 1.0
    found[name] = Scale(high, bool(values.min() < 0))
  return found
