"""The loops of `reference`, rounding where a network in bfloat16 does."""

import contextlib
from unittest import mock

import ml_dtypes
import numpy as np

from cnn_tf.network import reference

_PRODUCTS = ('conv2d', 'conv2d_gradients', 'dense', 'dense_gradients')


def to_bfloat16(values: np.ndarray) -> np.ndarray:
  """The nearest bfloat16 of each value, as float64."""
  # In two steps, as a network does: a sum in float32, then its rounding.
  rounded = np.asarray(values, np.float32).astype(ml_dtypes.bfloat16)
  return rounded.astype(np.float64)


@contextlib.contextmanager
def products(precision: str):
  """Within it, `reference` and `backward` multiply in a precision.

  Args:
    precision: for `float32`, nothing changes.
  """
  if precision == 'float32':
    yield
    return
  rounded = {name: _rounded(getattr(reference, name)) for name in _PRODUCTS}
  with mock.patch.multiple(reference, **rounded):
    yield


def _rounded(function):
  """`function` of arrays in bfloat16, with results in bfloat16."""

  def run(*arguments):
    results = function(*map(round_array, arguments))
    if isinstance(results, tuple):
      return tuple(map(to_bfloat16, results))
    return to_bfloat16(results)

  def round_array(argument):
    return (
      to_bfloat16(argument) if isinstance(argument, np.ndarray) else argument
    )

  return run
