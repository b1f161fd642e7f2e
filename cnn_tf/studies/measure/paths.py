"""The straight line between the variables of two networks.

At the share t, each variable is `(1 - t) * first + t * second`. At 0 and 1 it
is one of the networks, to the bit; at 0.5, their mean.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.network import faster
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import evaluation
from cnn_tf.studies.measure import tensors

SHARES = tuple(number / 10 for number in range(11))


class Path(NamedTuple):
  """The line between two networks with the same layers."""

  geometries: Sequence[geometry.LayerGeometry]
  first: model.ConvNet
  second: model.ConvNet

  def at(self, share: float) -> model.ConvNet:
    """The network at a place of the path: 0 for the first, 1 for the second."""
    network = faster.FasterConvNet(self.geometries, seed=0)
    self.move(network, share)
    return network

  def move(self, network: model.ConvNet, share: float) -> None:
    """Changes the variables of a network to those at a place of the path."""
    for variable, one, two in zip(
      network.trainable_variables,
      self.first.trainable_variables,
      self.second.trainable_variables,
      strict=True,
    ):
      variable.assign((1 - share) * one.numpy() + share * two.numpy())


class Line(NamedTuple):
  """What is measured of a path."""

  points: list[evaluation.Means]  # at SHARES
  ensemble: evaluation.Means
  variances: dict[str, float]  # in the middle, as `variances` says

  @property
  def barrier(self) -> float:
    """The rise of the cross-entropy, in nats."""
    return barrier(SHARES, [x.cross_entropy for x in self.points])

  @property
  def ends(self) -> float:
    """The mean accuracy of the two networks."""
    return (self.points[0].accuracy + self.points[-1].accuracy) / 2

  @property
  def middle(self) -> evaluation.Means:
    """Of the mean of the two networks."""
    return self.points[len(SHARES) // 2]

  @property
  def change(self) -> float:
    """By how much the accuracy in the middle is above that of the ends."""
    return self.middle.accuracy - self.ends


def measure(path: Path, test: datasets.Examples, images: np.ndarray) -> Line:
  """Scores a path, and the ensemble of its ends, on test images.

  Args:
    path: of two networks.
    test: the examples of all scores.
    images: `[n, height, width]` uint8, for the variances.
  """
  both = [
    activity.log_probabilities(network, test.images)
    for network in (path.first, path.second)
  ]
  ensemble = np.logaddexp(*both) - np.log(2)  # of the mean probabilities
  return Line(
    scores(path, SHARES, test),
    score(ensemble, test.labels),
    variances(path, images),
  )


def scores(
  path: Path, shares: Sequence[float], examples: datasets.Examples
) -> list[evaluation.Means]:
  """Cross-entropy and accuracy at some places of a path."""
  network = faster.FasterConvNet(path.geometries, seed=0)
  # Traced once; the graph reads the variables as they are when it runs.
  graph = activity.graph(
    lambda images: tf.nn.log_softmax(network(datasets.to_float(images))),
    examples.images,
  )
  found = []
  for share in shares:
    path.move(network, share)
    parts = [
      graph(examples.images[b]) for b in activity.batches(examples.images)
    ]
    found.append(score(np.concatenate(parts), examples.labels))
  return found


def score(logits: np.ndarray, labels: np.ndarray) -> evaluation.Means:
  """Mean cross-entropy and accuracy of log-probabilities."""
  own = logits[np.arange(len(labels)), labels]
  right = logits.argmax(axis=1) == labels
  return evaluation.Means(-float(own.mean(dtype=float)), float(right.mean()))


def barrier(shares: Sequence[float], losses: Sequence[float]) -> float:
  """How far the loss rises above the line between its ends.

  Entezari et al. 2022, "The Role of Permutation Invariance in Linear Mode
  Connectivity of Neural Networks", call it the barrier.

  Args:
    shares: from 0 to 1.
    losses: the loss at each of them.
  """
  line = np.interp(shares, [0, 1], [losses[0], losses[-1]])
  return float(np.max(losses - line))


def variances(path: Path, images: np.ndarray) -> dict[str, float]:
  """Hidden layer -> the variance of its pre-activations in the middle.

  As a share of the mean variance at the ends; the mean over filters, and the
  variance over all images and positions. Jordan et al. 2023, "REPAIR".

  Args:
    path: of two networks.
    images: `[n, height, width]` uint8.
  """
  first, second, middle = (
    {
      name: values.reshape(-1, values.shape[-1]).var(axis=0, dtype=float).mean()
      for name, values in tensors.pre_activations(network, images).items()
    }
    for network in (path.first, path.second, path.at(0.5))
  )
  return {
    name: float(2 * value / (first[name] + second[name]))
    for name, value in middle.items()
  }
