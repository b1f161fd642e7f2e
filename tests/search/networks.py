"""Random networks whose training step is compared with backpropagation by hand.

Rounding can turn a gradient that is not continuous: where the two largest
values of a window are nearly equal, or an argument of relu is nearly 0, float32
may choose the other side. So a gradient is right if it is within the tolerance
of the one that `backward` computes in float64, either at the values themselves
or after all of them were changed by a relative 1e-6, about what float32 rounds.
A fault in an op is far from all of these.
"""

import random
import types
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.learning import optimizers
from cnn_tf.learning import train_step
from cnn_tf.network import backward
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import reference
from cnn_tf.network import specs
from cnn_tf.network import windows
from cnn_tf.run import layers
from tests import rounded
from tests.search import compare

# Relative to the largest gradient. In bfloat16, both round the same values, and
# most results agree as well as in float32. But a sum near the middle of two
# bfloat16 can be rounded either way, and without oneDNN, TensorFlow also adds
# up in bfloat16.
TOLERANCES = {'float32': 1e-4, 'bfloat16': 0.1}
_CHANGE = 1e-6
_NUM_CHANGES = 32  # one in two takes the other side of a single near-tie
_L2_SCALE = 0.01
_BATCH_SIZES = (1, 2, 3, 5, 8)
_WINDOW_SIZES = (1, 1, 2, 3, 4)
_STRIDES = (1, 2, 3)
_NUM_FILTERS = (1, 2, 3, 4, 8, 16, 17)
_NUM_UNITS = (1, 2, 5, 9, 16, 33)


class Case(NamedTuple):
  """A network and the size of a batch; the seed decides all values."""

  layers: str
  image_shape: tuple[int, int, int]
  batch_size: int
  seed: int
  precision: str = 'float32'


def random_case(seed: int, most_layers: int = 4, most_pixels: int = 30) -> Case:
  """Some convolutions and poolings, then up to two dense layers.

  Args:
    seed: equal seeds give equal cases.
    most_layers: of convolutions and poolings together.
    most_pixels: the largest height and width of the images, at least 6.
  """
  draw = random.Random(seed)
  num_layers, num_dense = draw.randint(0, most_layers), draw.randint(0, 2)
  while True:
    parts = [_sliding_layer(draw) for _ in range(num_layers)]
    parts += [_dense_layer(draw) for _ in range(num_dense)]
    height, width = _side(draw, most_pixels), _side(draw, most_pixels)
    shape = height, width, draw.randint(1, 3)
    text = ', '.join(parts)
    try:
      geometry.trace(layers.parse(text), shape)
    except errors.UserError:
      continue  # a window that does not fit
    batch_size = draw.choice(_BATCH_SIZES)
    return Case(text, shape, batch_size, seed, draw.choice([*TOLERANCES]))


def make(case: Case) -> tuple[model.ConvNet, np.ndarray, np.ndarray]:
  """The network, images in [0, 1] and labels of a case."""
  geometries = geometry.trace(layers.parse(case.layers), case.image_shape)
  network = model.ConvNet(geometries, case.seed, case.precision)
  draw = np.random.default_rng(case.seed)
  for bias in network.biases.values():  # zeros hide mistakes
    bias.assign(draw.normal(scale=0.1, size=bias.shape))
  images = draw.uniform(size=(case.batch_size, *case.image_shape))
  labels = draw.integers(0, 10, case.batch_size)
  return network, images.astype(np.float32), labels


def check(case: Case, repeats: int = 5) -> str:
  """What is wrong with a training step; '' if nothing is.

  Args:
    case: what to compute.
    repeats: how often; a fault that depends on memory is not always visible.
  """
  network, images, labels = make(case)
  truth = ByHand(network, images, labels)
  batch = tf.constant(images), tf.constant(labels)
  run = train_step.forward_backward
  ways = {'eagerly': run, 'in a graph': tf.function(run, autograph=False)}
  for way, function in ways.items():
    for _ in range(repeats):
      loss, _, actual = function(network, *batch, _L2_SCALE)
      wrong = truth.compare(loss, actual)
      if wrong:
        return f'forward_backward {way}: {wrong}'
  before = [variable.numpy() for variable in network.trainable_variables]
  optimizer = optimizers.Momentum(network.trainable_variables, momentum=0.0)
  # With rate 1, the change of a variable is its gradient.
  rate = tf.constant(1.0)
  loss = train_step.train_step(network, optimizer, rate, *batch, _L2_SCALE)
  after = [variable.numpy() for variable in network.trainable_variables]
  changes = [b - a for b, a in zip(before, after, strict=True)]
  wrong = truth.compare(loss, changes)
  return f'train_step: {wrong}' if wrong else ''


class ByHand:
  """Loss and gradients by `backward`, at given values and near them.

  Attributes:
    at_the_values: the loss, and its gradients in the order of
      `network.trainable_variables`.
  """

  def __init__(
    self, network: model.ConvNet, images: np.ndarray, labels: np.ndarray
  ):
    self._layers = network.layers
    self._precision = network.precision
    self._values = {
      'kernels': {k: v.numpy() for k, v in network.kernels.items()},
      'biases': {k: v.numpy() for k, v in network.biases.items()},
      'images': images,
    }
    self._labels = labels
    self.at_the_values = self._compute(self._values)

  def compare(self, loss: tf.Tensor, gradients: Sequence[np.ndarray]) -> str:
    """What is wrong with a loss and its gradients; '' if nothing is.

    Args:
      loss: mean cross-entropy and L2 penalty.
      gradients: in the order of `network.trainable_variables`.
    """
    right_loss, right_gradients = self.at_the_values
    tolerance = TOLERANCES[self._precision]
    error = compare.relative_error([loss], [right_loss])
    if error > tolerance:
      return f'the loss has a relative error of {error:.1e}'
    error = compare.relative_error(gradients, right_gradients)
    if error > tolerance and not self._is_near(gradients):
      return f'the gradients have a relative error of {error:.1e}'
    return ''

  def _is_near(self, gradients):
    draw = np.random.default_rng(0)

    def change(values):
      return values * (1 + _CHANGE * draw.normal(size=values.shape))

    for _ in range(_NUM_CHANGES):
      _, near = self._compute(tf.nest.map_structure(change, self._values))
      if compare.relative_error(gradients, near) <= TOLERANCES[self._precision]:
        return True
    return False

  def _compute(self, values):
    """Loss and gradients of `loss = cross-entropy + L2 penalty`."""
    network = types.SimpleNamespace(layers=self._layers, **values)
    images = values['images']
    with rounded.products(self._precision):
      logits, _ = backward.forward(network, images)
      by_kernels, by_biases = backward.backward(network, images, self._labels)
    loss = reference.cross_entropy(logits, self._labels).mean()
    for name, kernel in network.kernels.items():
      loss += _L2_SCALE * np.sum(kernel.astype(np.float64) ** 2) / 2
      by_kernels[name] = by_kernels[name] + _L2_SCALE * kernel
    # A tf.Module sorts its variables by the names of attributes and keys.
    return loss, tf.nest.flatten([by_biases, by_kernels])


def _side(draw, most_pixels):
  """Half of the sides are multiples of the strides 1 to 3.

  oneDNN has an implementation of its own for these.
  """
  if draw.random() < 0.5:
    return 6 * draw.randint(1, most_pixels // 6)
  return draw.randint(4, most_pixels)


def _sliding_layer(draw):
  def pair(sizes):
    return f'{draw.choice(sizes)}x{draw.choice(sizes)}'

  window, stride = pair(_WINDOW_SIZES), pair(_STRIDES)
  options = f'{window} stride {stride} {draw.choice(windows.PADDINGS)}'
  if draw.random() < 0.4:
    return f'{draw.choice(["maxpool", "avgpool"])} {options}'
  activation = draw.choice(specs.ACTIVATIONS)
  return f'conv {draw.choice(_NUM_FILTERS)} {options} {activation}'


def _dense_layer(draw):
  return f'dense {draw.choice(_NUM_UNITS)} {draw.choice(specs.ACTIVATIONS)}'
