"""How similar are two layers, filter by filter and as a whole?

The values of a layer are its pre-activations on the same images:
`[images, height, width, filters]` or `[images, units]`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnn_tf.network import geometry
from cnn_tf.network import model


class Partners(NamedTuple):
  """The mean correlation of the filters of a layer with their partners."""

  by_index: float | None  # the filter of the same index, where that is another
  one_to_one: float  # the pairing with the largest sum
  best: float  # each filter with the most similar one


def partners(
  first: np.ndarray, second: np.ndarray, is_itself: bool = False
) -> Partners:
  """Partners are chosen on one half of the images and scored on the other.

  On the images used to choose it, the largest of many correlations is biased
  upwards.

  Args:
    first: the pre-activations of a layer.
    second: those of another network on the same images.
    is_itself: if both are the same network; then no filter is its own partner.
  """
  half = len(first) // 2
  choice, score = (
    correlations(first[part], second[part])
    for part in (slice(half), slice(half, None))
  )
  if is_itself:
    np.fill_diagonal(choice, -2)  # below every correlation
  rows = np.arange(len(choice))
  return Partners(
    None if is_itself else float(score.diagonal().mean()),
    float(score[rows, match(choice)].mean()),
    float(score[rows, choice.argmax(axis=1)].mean()),
  )


def correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
  """`[filters, filters]`: each filter of the first with each of the second.

  Every position of the maps counts as an example. The correlations of a filter
  that is constant on the images are 0.
  """
  return _standardized(first).T @ _standardized(second)


def match(matrix: np.ndarray) -> np.ndarray:
  """`[filters]`: the column of each row, one to one, with the largest sum."""
  from scipy import optimize  # not needed to train

  return optimize.linear_sum_assignment(matrix, maximize=True)[1]


def cosine(first: np.ndarray, second: np.ndarray) -> float:
  """The cosine of the angle between two arrays of one shape."""
  lengths = np.linalg.norm(first) * np.linalg.norm(second)
  return float(np.vdot(first, second) / lengths) if lengths else 0.0


def rotated(values: np.ndarray, random: np.random.Generator) -> np.ndarray:
  """A layer in another basis: `values / deviations @ Q`, Q random, orthogonal.

  Each new filter is a mixture of all filters, which have equal weights as they
  are divided by their deviations. Any linear map of the layer can be computed
  from it as well as before.
  """
  filters = values.shape[-1]
  deviations = values.reshape(-1, filters).std(axis=0)
  q, r = np.linalg.qr(random.normal(size=(filters, filters)))
  q *= np.sign(np.diagonal(r))  # now uniform: Mezzadri 2007
  return values / np.where(deviations > 0, deviations, 1) @ q


def gram(values: np.ndarray) -> np.ndarray:
  """`[images, images]`: the dot products of the features of all pairs."""
  features = values.reshape(len(values), -1).astype(float)
  return features @ features.T


def cka(first: np.ndarray, second: np.ndarray) -> float:
  """The debiased linear CKA of two Gram matrices K and L.

  `cka = hsic(K, L) / sqrt(hsic(K, K) * hsic(L, L))`. It is 1 for features that
  differ by a rotation, a factor and a shift, and 0 on average for independent
  features, whatever their number; without debiasing, it approaches 1 if there
  are more features than images.

  Kornblith et al. 2019, "Similarity of Neural Network Representations
  Revisited"; debiased as by Nguyen et al. 2021, "Do Wide and Deep Networks
  Learn the Same Things?". It is 0 if one of the features does not vary.
  """
  sizes = hsic(first, first) * hsic(second, second)
  return hsic(first, second) / sizes**0.5 if sizes > 0 else 0.0


def hsic(first: np.ndarray, second: np.ndarray) -> float:
  """The unbiased estimate of HSIC from two Gram matrices of n > 3 images.

  With the diagonals of K and L set to 0 and 1 a vector of ones,

    (tr(K L) + 1'K1 * 1'L1 / ((n - 1) (n - 2)) - 2 / (n - 2) * 1'K L1)
      / (n (n - 3))

  Song et al. 2012, "Feature Selection via Dependence Maximization", equation 5.
  """
  n = len(first)
  k, other = (
    matrix - np.diag(np.diagonal(matrix)) for matrix in (first, second)
  )
  rows_k, rows_other = k.sum(axis=0), other.sum(axis=0)
  total = np.vdot(k, other) - 2 / (n - 2) * rows_k @ rows_other
  total += rows_k.sum() * rows_other.sum() / ((n - 1) * (n - 2))
  return float(total / (n * (n - 3)))


def reordered(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  orders: dict[str, np.ndarray],
) -> model.ConvNet:
  """A copy of a network with its filters in a different order.

  Reordering the outputs of a layer reorders the inputs of the next one, so a
  kernel is reordered along its last axis and along the axis before.

  Args:
    network: the network, which is not changed.
    geometries: its layers.
    orders: layer name -> `[filters]`: the indices of the filters in their new
      order. Layers without an entry keep their order.
  """
  result = model.ConvNet(geometries, seed=0)
  below = np.arange(geometries[0].input_shape[-1])
  for name, kernel in network.kernels.items():
    filters = kernel.shape[-1]
    order = orders.get(name, np.arange(filters))
    # This holds above a flatten as well, where the map index varies fastest.
    values = kernel.numpy().reshape(-1, len(below), filters)
    values = values[:, below][:, :, order]
    result.kernels[name].assign(values.reshape(kernel.shape))
    result.biases[name].assign(network.biases[name].numpy()[order])
    below = order
  return result


def _standardized(values):
  """`[examples, filters]`: columns with mean 0 and length 1, or 0."""
  columns = values.reshape(-1, values.shape[-1]).astype(float)
  constant = np.ptp(columns, axis=0) == 0
  columns -= columns.mean(axis=0)
  columns[:, constant] = 0  # exactly, without rounding errors
  lengths = np.linalg.norm(columns, axis=0)
  return columns / np.where(lengths > 0, lengths, 1)
