"""What a network loses without some maps, and how few of them are enough.

All is computed from logits and labels, or from the score of sets of maps.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Loss(NamedTuple):
  """What a layer loses with one of its maps, or of its directions."""

  mean: float  # change of the accuracy, mean over the maps
  cross_entropy: float  # the same for the loss, in nats
  unchanged: float  # the share of the maps without which no answer changes
  most_missed: float  # change of the accuracy without the map missed most
  worst_where_chosen: float  # change for the class that suffers most
  worst: float  # the same class, on the other half of the images


class Kept(NamedTuple):
  """Accuracy with the first 1, 2, ... maps, corrected for chance."""

  chosen: np.ndarray  # [most]
  random: np.ndarray  # [most], mean over random orders


def loss(whole: np.ndarray, changed: np.ndarray, labels: np.ndarray) -> Loss:
  """What is lost, from logits.

  Args:
    whole: `[n, classes]`, of the whole network.
    changed: `[maps, n, classes]`, without each of the maps.
    labels: `[n]`.
  """
  right, still = whole.argmax(-1) == labels, changed.argmax(-1) == labels
  changes = still.astype(float) - right  # [maps, n]
  half = len(labels) // 2
  choosing, scoring = changes[:, :half], changes[:, half:]
  first, second = (
    _by_class(part, of, whole.shape[-1])
    for part, of in ((choosing, labels[:half]), (scoring, labels[half:]))
  )
  maps, worst = np.arange(len(changed)), first.argmin(axis=1)
  same = (changed.argmax(-1) == whole.argmax(-1)).all(axis=1)
  more = _cross_entropy(changed, labels) - _cross_entropy(whole, labels)
  return Loss(
    changes.mean(),
    more.mean(),
    same.mean(),
    scoring[choosing.mean(axis=1).argmin()].mean(),
    first[maps, worst].mean(),
    second[maps, worst].mean(),
  )


def greedy(
  score: Callable[[np.ndarray], np.ndarray], count: int, most: int
) -> list[int]:
  """The order in which the best map is added, again and again.

  Args:
    score: `[candidates, maps]`, 1 for the maps that are kept -> `[candidates]`.
    count: the number of maps.
    most: how many are added.
  """
  order = []
  for _ in range(most):
    others = [number for number in range(count) if number not in order]
    candidates = np.stack([_kept([*order, x], count) for x in others])
    order.append(others[int(score(candidates).argmax())])
  return order


def growing(order: Sequence[int] | np.ndarray, count: int) -> np.ndarray:
  """`[len(order), maps]`: 1 for the first 1, 2, ... maps of an order."""
  return np.stack([_kept(order[: end + 1], count) for end in range(len(order))])


def needed(shares: np.ndarray) -> int:
  """How many maps have half of the accuracy; one more than `shares` if none."""
  reached = np.append(shares >= 0.5, True)
  return int(reached.argmax()) + 1


def _kept(maps, count):
  kept = np.zeros(count)
  kept[list(maps)] = 1
  return kept


def _by_class(changes, labels, num_classes):
  """`[maps, classes]`: means over the images of each class, 0 without any."""
  one_hot = np.eye(num_classes)[labels]
  return changes @ one_hot / np.maximum(one_hot.sum(axis=0), 1)


def _cross_entropy(logits, labels):
  """The mean over images, `[...]` for `[..., n, classes]`."""
  largest = logits.max(axis=-1)
  sums = np.exp(logits - largest[..., np.newaxis]).sum(axis=-1)
  of_label = logits[..., np.arange(len(labels)), labels]
  return np.mean(largest + np.log(sums) - of_label, axis=-1, dtype=float)
