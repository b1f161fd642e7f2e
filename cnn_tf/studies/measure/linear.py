"""Linear maps from the tensors of a network to classes or to pixels.

A function `features` takes a batch of images, `[batch, height, width]` uint8,
and returns tensor name -> `[batch, features]`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.learning import adaptive
from cnn_tf.learning import losses
from cnn_tf.learning import schedules
from cnn_tf.studies.measure import tensors

Features = Callable[[tf.Tensor], dict[str, tf.Tensor]]

ALPHAS = (0.001, 0.03, 1.0)
_BATCH_SIZE, _RATE = 128, 3.0
_NUM_SCALED = 2000  # training images


class Linear(NamedTuple):
  """`features @ weights + biases`."""

  weights: np.ndarray | tf.Tensor  # [features, targets]
  biases: np.ndarray | tf.Tensor  # [targets]

  def __call__(self, features: np.ndarray | tf.Tensor) -> np.ndarray:
    """`[n, features]` -> `[n, targets]`, for arrays or tensors."""
    return features @ self.weights + self.biases


def softmax_regressions(
  features: Features,
  examples: datasets.Examples,
  num_classes: int,
  num_epochs: int,
) -> dict[str, Linear]:
  """A linear classifier for each tensor, by minibatches.

  Each minimizes the mean cross-entropy of `softmax(x @ weights + biases)`.
  The features x are centred and divided by the mean sum of their absolute
  values, so that a step of Adam changes a logit by at most about the rate,
  however many features there are. The rate falls from 3 to 0 (cosine); rates
  from 0.1 to 3 were tried on the validation images of Fashion-MNIST.
  """
  sample = tensors.collect(features, examples.images[:_NUM_SCALED])
  means = {name: x.mean(axis=0) for name, x in sample.items()}
  sizes = {
    name: np.abs(x - means[name]).sum(axis=1).mean() or np.float32(1)
    for name, x in sample.items()
  }
  maps = {
    name: Linear(
      tf.Variable(tf.zeros([len(mean), num_classes])),
      tf.Variable(tf.zeros([num_classes])),
    )
    for name, mean in means.items()
  }

  def scaled(images):
    found = features(images)
    return {name: (found[name] - means[name]) / sizes[name] for name in maps}

  _fit(maps, scaled, examples, num_epochs)
  weights = {name: x.weights.numpy() / sizes[name] for name, x in maps.items()}
  return {
    name: Linear(weights[name], x.biases.numpy() - means[name] @ weights[name])
    for name, x in maps.items()
  }


def _fit(maps, features, examples, num_epochs):
  """Trains all maps at once, as one sum of losses."""
  variables = [variable for linear in maps.values() for variable in linear]
  num_steps = num_epochs * -(-len(examples.labels) // _BATCH_SIZE)
  adam, rate = adaptive.Adam(variables), schedules.cosine(_RATE, num_steps)

  @tf.function(autograph=False, reduce_retracing=True)
  def step(images, labels):
    inputs = features(images)
    with tf.GradientTape() as tape:
      total = tf.constant(0.0)
      for name, linear in maps.items():
        logits = linear(inputs[name])
        total += tf.reduce_mean(losses.cross_entropy(logits, labels))
    adam.apply(tape.gradient(total, variables), rate(adam.num_updates))

  for epoch in range(1, num_epochs + 1):
    order = datasets.order(len(examples.labels), seed=0, epoch=epoch).numpy()
    for start in range(0, len(order), _BATCH_SIZE):
      step(*(array[order[start : start + _BATCH_SIZE]] for array in examples))


def ridge(x: np.ndarray, y: np.ndarray) -> list[Linear]:
  """Ridge regression for each of `ALPHAS` (Hoerl and Kennard 1970).

  Minimizes `sum((x @ weights + biases - y)^2) + alpha * sum(weights^2)`, with x
  centred and scaled so that the mean squared length of its rows is 1, which
  makes alpha comparable between tensors. The solution is
  `weights = (x'x + alpha)^-1 x'y = x' (xx' + alpha)^-1 y`; the smaller of the
  two matrices is used.

  Args:
    x: `[n, features]`.
    y: `[n, targets]`.
  """
  from scipy import linalg  # not needed to train

  mean, middle = x.mean(axis=0), y.mean(axis=0)
  x, y = x - mean, y - middle
  scale = float(np.linalg.norm(x) / np.sqrt(len(x))) or 1.0
  x /= scale
  wide = x.shape[1] > len(x)
  products, right = (x @ x.T, y) if wide else (x.T @ x, x.T @ y)
  maps = []
  for alpha in ALPHAS:
    matrix = products.astype(np.float64) + alpha * np.eye(len(products))
    solved = linalg.solve(matrix, right, assume_a='pos') / scale
    solved = solved.astype(x.dtype)  # or x would be converted to float64
    weights = x.T @ solved if wide else solved
    maps.append(Linear(weights, (middle - mean @ weights).astype(x.dtype)))
  return maps


def read(
  features: Features, maps: dict[str, Linear], images: np.ndarray
) -> dict[str, np.ndarray]:
  """The outputs of the linear maps, each of its own tensor, `[n, targets]`."""
  maps = {
    name: Linear(*map(tf.constant, linear)) for name, linear in maps.items()
  }

  def of_batch(batch):
    inputs = features(batch)
    return {name: linear(inputs[name]) for name, linear in maps.items()}

  return tensors.collect(of_batch, images)


def accuracy(scores: np.ndarray, labels: np.ndarray) -> float:
  """The fraction of examples whose label has the largest score."""
  return float(np.mean(scores.argmax(axis=1) == labels))


def explained(guesses: np.ndarray, values: np.ndarray) -> float:
  """R^2 over all columns: 1 - squared errors / squares around their means."""
  errors = np.sum((guesses - values) ** 2, dtype=np.float64)
  squares = np.sum((values - values.mean(axis=0)) ** 2, dtype=np.float64)
  return float(1 - errors / squares)


def class_means(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """`[classes, features]`: the mean of the rows of each class."""
  classes = range(labels.max() + 1)
  return np.stack([features[labels == k].mean(axis=0) for k in classes])


def closeness(features: np.ndarray, means: np.ndarray) -> np.ndarray:
  """`[n, means]`, largest for the nearest mean: `x m' - |m|^2 / 2`.

  It is `-|x - m|^2 / 2` without the term `|x|^2 / 2`, which all means share.
  """
  return features @ means.T - np.sum(means**2, axis=1) / 2


def components(features: np.ndarray, count: int) -> np.ndarray:
  """`[features, count]`: the orthogonal directions of the largest variance.

  No other linear map to `count` numbers and back has a smaller squared error.
  """
  # Eigenvectors of the covariance, in ascending order of variance.
  _, vectors = np.linalg.eigh(np.cov(features, rowvar=False))
  return vectors[:, -count:].astype(features.dtype)
