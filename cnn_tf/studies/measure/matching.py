"""Which filter of a second network belongs to which of a first one?

An order of a layer lists filters of the second network: `order[i]` is the
partner of filter i of the first. `similarity.reordered` applies the orders of
all hidden layers, which leaves the logits as they are, except for rounding.
"""

import numpy as np

from cnn_tf.network import model
from cnn_tf.studies.measure import similarity
from cnn_tf.studies.measure import tensors

Orders = dict[str, np.ndarray]  # hidden layer -> `[filters]`

_MAX_ROUNDS = 50


def by_activations(
  first: model.ConvNet, second: model.ConvNet, images: np.ndarray
) -> Orders:
  """The partners with the largest sum of correlations, one to one.

  Args:
    first: the network whose order is kept.
    second: a network with the same layers.
    images: `[n, height, width]` uint8, whose pre-activations are correlated.
  """
  one, two = (tensors.pre_activations(x, images) for x in (first, second))
  return {
    name: similarity.match(similarity.correlations(one[name], two[name]))
    for name in one
  }


def by_weights(first: model.ConvNet, second: model.ConvNet) -> Orders:
  """Partners with a large sum of products of all weights and biases.

  The best order of a layer depends on the orders of its neighbours. One layer
  after the other gets the best order for those that the others have, until
  nothing changes: Ainsworth et al. 2023, "Git Re-Basin". The first round goes
  up from the image and takes only the weights below each layer. It puts a
  reordered copy back exactly, since no other order has the sum `|w| ** 2`.
  """
  ours, theirs = _weights(first), _weights(second)
  names = list(first.kernels)
  orders = dict.fromkeys(names)  # the classes have a common order
  for number in range(_MAX_ROUNDS):
    before = dict(orders)
    for place, name in enumerate(names[:-1]):
      below = orders[names[place - 1]] if place else None
      products = _products(ours[name], theirs[name], below)
      if number:
        above = names[place + 1]
        products += _products_above(ours[above], theirs[above], orders[above])
      orders[name] = similarity.match(products)
    if number and all(
      np.array_equal(before[name], orders[name]) for name in names[:-1]
    ):
      break
  del orders[names[-1]]
  return orders


def at_random(network: model.ConvNet, seed: int) -> Orders:
  """A random order of each hidden layer."""
  random = np.random.default_rng(seed)
  hidden = list(network.biases)[:-1]
  return {
    name: random.permutation(network.biases[name].shape[0]) for name in hidden
  }


def _weights(network):
  """Layer -> its kernel, `[window, inputs, filters]`, and its bias."""
  found, inputs = {}, 1  # the channels of an image
  for name, kernel in network.kernels.items():
    filters = kernel.shape[-1]
    # This holds above a flatten as well, where the map index varies fastest.
    values = kernel.numpy().astype(float).reshape(-1, inputs, filters)
    found[name] = values, network.biases[name].numpy().astype(float)
    inputs = filters
  return found


def _products(ours, theirs, below):
  """`[filters, filters]`: of the weights below the filters, and the biases."""
  (kernel, bias), (other, other_bias) = ours, theirs
  if below is not None:
    other = other[:, below]
  return np.einsum('wif,wig->fg', kernel, other) + np.outer(bias, other_bias)


def _products_above(ours, theirs, order):
  """`[filters, filters]`: of the weights by which the next layer reads them."""
  kernel, other = ours[0], theirs[0]
  if order is not None:
    other = other[:, :, order]
  return np.einsum('wfo,wgo->fg', kernel, other)
