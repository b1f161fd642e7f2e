"""A network whose tensors are changed on the way to the logits."""

import copy
from collections.abc import Callable

import tensorflow as tf

from cnn_tf.network import model


def below(network: model.ConvNet, name: str) -> model.ConvNet:
  """The layers up to `name`: images -> the output of that layer."""
  end = [layer.name for layer in network.layers].index(name) + 1
  return _part(network, slice(end))


def above(network: model.ConvNet, name: str) -> model.ConvNet:
  """The layers after `name`: the output of that layer -> the logits."""
  end = [layer.name for layer in network.layers].index(name) + 1
  return _part(network, slice(end, None))


def with_output(
  network: model.ConvNet,
  name: str,
  change: Callable[[tf.Tensor], tf.Tensor],
) -> Callable[[tf.Tensor], tf.Tensor]:
  """Images -> the logits, with the output of one layer changed.

  Args:
    network: the network.
    name: of a convolution or a pooling layer.
    change: `[batch, height, width, maps]` -> the same shape.
  """
  first, rest = below(network, name), above(network, name)
  return lambda images: rest(change(first(images)))


def _part(network, which):
  """Some of the layers, with the same variables."""
  part = copy.copy(network)
  part.layers = list(network.layers)[which]
  return part
