"""A function -> its answer: a value or an error, compared and as text."""

import re
from collections.abc import Callable
from typing import Any
from typing import NamedTuple

import numpy as np


class Answer(NamedTuple):
  """What a function returned, or the error that it raised."""

  value: np.ndarray | None
  error: str = ''

  def __str__(self) -> str:
    return self.error or _text(self.value)


def ask(function: Callable[[], Any]) -> Answer:
  """Calls the function; numbers, tensors and lists of them become an array."""
  try:
    return Answer(np.asarray(function()))
  except Exception as error:  # any: an error can be the right answer
    return Answer(None, f'{type(error).__name__}: {_first_line(error)}')


def agree(answer: Answer, right: Answer) -> bool:
  """Whether both are errors, or equal values of the same shape.

  Whole numbers must be equal, others only to five digits.
  """
  if answer.error or right.error:
    return bool(answer.error and right.error)
  if answer.value.shape != right.value.shape:
    return False
  if {answer.value.dtype.kind, right.value.dtype.kind} <= set('iu'):
    return np.array_equal(answer.value, right.value)
  return np.allclose(answer.value, right.value, rtol=1e-5, equal_nan=True)


def _text(value):
  """Rows in brackets, numbers with four digits."""
  if value.ndim:
    return f'[{", ".join(map(_text, value))}]'
  return f'{value:,}' if value.dtype.kind in 'iu' else f'{value:.4g}'


def _first_line(error):
  """Without the names that TensorFlow gives to the nodes of a graph."""
  text = re.sub(r'\{\{.*?\}\} ?| \[Op:.*', '', str(error)).strip()
  return text.partition('\n')[0]
