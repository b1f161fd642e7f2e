"""Which examples to show: some of every class, and the worst mistakes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Gallery(NamedTuple):
  """Numbers of examples."""

  of_classes: list[int]  # in the order of the labels
  mistakes: list[int]  # the largest cross-entropy first


def choose(
  log_probabilities: np.ndarray,
  labels: np.ndarray,
  count: int = 50,
  num_mistakes: int = 10,
) -> Gallery:
  """At most `count` examples.

  Args:
    log_probabilities: `[examples, classes]`, in nats.
    labels: `[examples]`.
    count: of all examples that are shown.
    num_mistakes: how many of them are mistakes, if there are as many.
  """
  log_of_label = log_probabilities[np.arange(len(labels)), labels]
  wrong = log_probabilities.argmax(axis=1) != labels
  # Stable, so that equal values give equal pages.
  order = np.argsort(log_of_label, kind='stable')
  mistakes = [int(number) for number in order if wrong[number]][:num_mistakes]
  num_classes = log_probabilities.shape[1]
  queues = [
    [int(n) for n in np.flatnonzero(labels == label) if n not in mistakes]
    for label in range(num_classes)
  ]
  room = count - len(mistakes)
  return Gallery(_take_in_turn(queues, room), mistakes)


def _take_in_turn(queues: Sequence[list[int]], room: int) -> list[int]:
  """The first of every queue, then the second, ...; sorted by queue again."""
  taken = [
    (place, label, number)
    for label, queue in enumerate(queues)
    for place, number in enumerate(queue[:room])
  ]
  kept = sorted(taken)[:room]
  return [number for _, _, number in sorted(kept, key=lambda t: t[1::-1])]
