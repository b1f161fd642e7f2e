"""How long each op takes, in one precision and another."""

import time
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf.studies.measure import rounding

FORWARD, BOTH = 'forward', 'forward and gradients'
_FUNCTIONS = {FORWARD: rounding.output, BOTH: rounding.forward_backward}


def medians(
  operands: Sequence[rounding.Operands],
  precisions: Sequence[str],
  num_rounds: int,
) -> dict[tuple[str, str], list[float]]:
  """The median time of each op, in seconds.

  All ops take turns in each round, so that what slows the machine down for a
  while slows all of them. The overhead of a call of TensorFlow, which may take
  longer than a small op, is included.

  Args:
    operands: the ops.
    precisions: the types to which their operands are rounded beforehand.
    num_rounds: how often each op is timed.

  Returns:
    (`FORWARD` or `BOTH`, precision) -> seconds for each of `operands`.
  """
  calls = {
    (kind, precision): [_call(function, x.cast(precision)) for x in operands]
    for kind, function in _FUNCTIONS.items()
    for precision in precisions
  }
  rounds = {key: [] for key in calls}
  for _ in range(1 + num_rounds):
    for key, functions in calls.items():
      rounds[key].append([seconds(function) for function in functions])
  # The first round traces the graphs.
  return {
    key: np.median(times[1:], axis=0).tolist() for key, times in rounds.items()
  }


def seconds(function: Callable[[], object]) -> float:
  """The time of one call."""
  started = time.perf_counter()
  function()
  return time.perf_counter() - started


def _call(function, operands):
  """`function(operands)` as a graph, whose tensors are not constants of it."""

  @tf.function(autograph=False)
  def graph(inputs, kernel, upstream):
    own = operands._replace(inputs=inputs, kernel=kernel, upstream=upstream)
    return function(own)

  return lambda: graph(operands.inputs, operands.kernel, operands.upstream)
