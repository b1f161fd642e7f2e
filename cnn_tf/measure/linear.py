"""Linear maps of the tensors of a network, fitted to classes or to pixels."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.learning import optimizers

# Images -> tensor name -> `[batch, features]`.
Features = Callable[[tf.Tensor], dict[str, tf.Tensor]]

_BATCH_SIZE, _RATE = 128, 0.1


class Linear(NamedTuple):
  """`features @ weights + biases`."""

  weights: np.ndarray  # [features, targets]
  biases: np.ndarray  # [targets]

  def __call__(self, features: np.ndarray | tf.Tensor) -> np.ndarray:
    """`[n, features]` -> `[n, targets]`, for arrays or tensors."""
    return features @ self.weights + self.biases
