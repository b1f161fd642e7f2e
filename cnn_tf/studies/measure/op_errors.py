"""The errors and times of all ops of a network, by precision."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.network import model
from cnn_tf.studies.measure import op_times
from cnn_tf.studies.measure import rounding


class OpErrors(NamedTuple):
  """The errors of a network on a batch, and the times of its ops in seconds."""

  errors: dict[tuple[str, str], dict[str, float]]  # precision, what -> by layer
  times: dict[tuple[str, str], dict[str, float]]  # what, precision -> by layer
  between_batches: float


def measure(
  network: model.ConvNet,
  images: tf.Tensor,
  labels: np.ndarray,
  precisions: Sequence[str],
  num_rounds: int,
) -> OpErrors:
  """Errors and times on the first half of a batch.

  Args:
    network: the network.
    images: `[batch, height, width, channels]` float32.
    labels: `[batch]`, integers.
    precisions: the types of the operands.
    num_rounds: how often each op is timed.
  """
  half = len(labels) // 2
  batch = images[:half], labels[:half]
  operands = rounding.operands(network, *batch)
  errors = {}
  for precision in precisions:
    for name, op in operands.items():
      for kind, error in rounding.errors_alone(op, precision).items():
        errors.setdefault((precision, f'{kind} alone'), {})[name] = error
    together = rounding.errors_together(network, *batch, precision)
    errors |= {(precision, kind): by for kind, by in together.items()}
  medians = op_times.medians(operands.values(), precisions, num_rounds)
  times = {
    key: dict(zip(operands, values, strict=True))
    for key, values in medians.items()
  }
  return OpErrors(
    errors, times, rounding.between_batches(network, images, labels)
  )
