"""Example images: which to show, and whether they are framed like MNIST's."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

BOX = 20 / 28  # the side of the box as a share of the image
_SHARE = 0.9  # of the images must be framed: some datasets have exceptions


class Gallery(NamedTuple):
  """Indices of examples."""

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
    count: how many examples to choose, mistakes included.
    num_mistakes: how many of them are mistakes, if there are enough.
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


def nearly_mistaken(log_probabilities: np.ndarray, labels: np.ndarray) -> int:
  """The index of the correct example that is closest to a mistake.

  It is the one with the smallest margin between its label and the best other
  class; the first example if none is correct.

  Args:
    log_probabilities: `[examples, classes]`, in nats.
    labels: `[examples]`.
  """
  places = np.arange(len(labels)), labels
  others = log_probabilities.copy()
  others[places] = -np.inf
  margins = log_probabilities[places] - others.max(axis=1)
  return int(np.where(margins > 0, margins, np.inf).argmin())


def of_class(labels: np.ndarray, label: int, count: int = 12) -> np.ndarray:
  """The indices of the first examples of a class, at most `count`."""
  return np.flatnonzero(labels == label)[:count]


def confused(log_probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """For each class, the other class with which it is confused most.

  That is the one with the most mistakes between the two, in either direction.
  Where these are equally many, the mean probabilities of the two decide.

  Args:
    log_probabilities: `[examples, classes]`, in nats.
    labels: `[examples]`.

  Returns:
    `[classes]`. A class that is alone is paired with itself.
  """
  num_classes = log_probabilities.shape[1]
  truth = np.eye(num_classes)[labels]  # [examples, classes]
  answers = np.eye(num_classes)[log_probabilities.argmax(axis=1)]
  mistakes = truth.T @ answers
  # A mean probability is below 1, so half of the sum of two cannot outweigh a
  # mistake.
  counts = np.maximum(truth.sum(axis=0), 1)[:, np.newaxis]
  shares = truth.T @ np.exp(log_probabilities) / counts
  both = mistakes + mistakes.T + (shares + shares.T) / 2
  np.fill_diagonal(both, -1)
  return both.argmax(axis=1)


def is_framed(images: np.ndarray) -> bool:
  """Whether nearly all images are scaled and centred like those of MNIST.

  The digits of MNIST were scaled to fit into a box of 20x20 pixels, and their
  centre of mass was moved to the centre of the image (LeCun et al. 1998,
  "Gradient-Based Learning Applied to Document Recognition"). A network that was
  trained on such images recognises a drawing only if it is framed alike.

  Args:
    images: `[n, height, width]` uint8, 0 is the background.
  """
  inked = images[images.any(axis=(1, 2))]
  if not len(inked):
    return False
  box = round(BOX * min(images.shape[1:]))
  fits = np.abs(_longer_sides(inked) - box) <= 1
  centred = np.abs(_distances_from_centre(inked)).max(axis=0) <= 1
  return bool(np.mean(fits & centred) >= _SHARE)


def _take_in_turn(queues: Sequence[list[int]], room: int) -> list[int]:
  """Takes the first of each queue, then the second, ...; sorts by queue."""
  taken = [
    (place, label, number)
    for label, queue in enumerate(queues)
    for place, number in enumerate(queue[:room])
  ]
  kept = sorted(taken)[:room]
  return [number for _, _, number in sorted(kept, key=lambda t: t[1::-1])]


def _longer_sides(images):
  """`[n]`: the longer side of the bounding box of the ink, in pixels."""
  sides = []
  for axis in (1, 2):
    inked = images.any(axis=3 - axis)
    first = inked.argmax(axis=1)
    last = inked.shape[1] - 1 - inked[:, ::-1].argmax(axis=1)
    sides.append(last - first + 1)
  return np.maximum(*sides)


def _distances_from_centre(images):
  """`[2, n]`: the centre of mass, down and right of the centre, in pixels."""
  mass = images.sum(axis=(1, 2), dtype=np.float64)
  distances = []
  for axis in (1, 2):
    size = images.shape[axis]
    profile = images.sum(axis=3 - axis, dtype=np.float64)
    # The centre between the two middle pixels is size / 2 - 0.5; MNIST has
    # the centre of mass at size / 2, on a pixel.
    distances.append(profile @ np.arange(size) / mass - size / 2)
  return np.array(distances)
