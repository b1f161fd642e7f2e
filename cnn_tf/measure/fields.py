"""The pixels in the receptive field of a node: by arithmetic, by gradient."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import reach
from cnn_tf.network import specs


class Field(NamedTuple):
  """The receptive field of the centre node of one layer."""

  layer: str
  seen: np.ndarray  # [height, width] bool: the field, from the windows
  gradient: np.ndarray  # [height, width]: with respect to each pixel


def of_layers(geometries: Sequence[geometry.LayerGeometry]) -> list[Field]:
  """The field of the centre node of each layer, up to the first dense layer."""
  gradients = _gradients(geometries)
  found = []
  for index, layer in enumerate(geometries):
    name = layer.spec.name
    found.append(Field(name, seen(geometries[: index + 1]), gradients[name]))
    if isinstance(layer.spec, specs.Dense):
      break
  return found


def unseen(geometries: Sequence[geometry.LayerGeometry]) -> np.ndarray:
  """`[height, width]` bool: the pixels from which no path leads to the logits.

  The gradient with respect to these pixels is exactly 0 for all kernels.
  """
  return ~_mask(geometries, reach.rows_and_columns(geometries))


def seen(
  geometries: Sequence[geometry.LayerGeometry],
  position: tuple[int, int] | None = None,
) -> np.ndarray:
  """`[height, width]` bool: the receptive field of a node of the last layer.

  Args:
    geometries: the layers up to that of the node.
    position: (y, x) of the node on its map (default: the centre).
  """
  position = centre(geometries[-1]) if position is None else position
  stacks = reach.stacks(geometries)
  return _mask(
    geometries,
    [
      reach.along_axis(stack, [index])
      for stack, index in zip(stacks, position, strict=True)
    ],
  )


def centre(layer: geometry.LayerGeometry) -> tuple[int, int]:
  """(y, x) of the centre node; of two central rows or columns, the second."""
  if isinstance(layer.spec, specs.Dense):
    return 0, 0  # a unit is a map of 1x1
  height, width, _ = layer.output_shape
  return height // 2, width // 2


def node(tensor: tf.Tensor, position: tuple[int, int]) -> tf.Tensor:
  """`[batch, maps]`: the nodes at (y, x) of all maps, or all dense units."""
  y, x = position
  return tensor if tensor.shape.rank == 2 else tensor[:, y, x]


def _mask(geometries, reaching):
  """True at the rows and columns in `reaching`."""
  height, width, _ = geometries[0].input_shape
  rows, columns = (list(indices) for indices in reaching)
  mask = np.zeros((height, width), bool)
  mask[np.ix_(rows, columns)] = True
  return mask


def _gradients(geometries):
  """Layer name -> `[height, width]`, the gradient of its centre node.

  In a trained network paths can be hidden: weights cancel, relu has zero
  slope, and a maximum passes its gradient to one input only. This network has
  the same windows, but one map per layer, equal positive weights, no activation
  functions, and average pooling.
  """
  image_shape = geometries[0].input_shape
  plain = geometry.trace(
    [_plain(layer.spec) for layer in geometries], image_shape
  )
  network = model.ConvNet(plain, seed=0)
  for kernel in network.kernels.values():
    fan_in = kernel.shape.num_elements() / kernel.shape[-1]
    kernel.assign(tf.fill(kernel.shape, 1.0 / fan_in))
  images = tf.ones([1, *image_shape])
  with tf.GradientTape(persistent=True) as tape:
    tape.watch(images)
    tensors = network.activations(images)
    values = {
      layer.spec.name: node(tensors[layer.spec.name], centre(layer))[0, 0]
      for layer in plain
    }
  return {
    name: tape.gradient(value, images)[0, :, :, 0].numpy()
    for name, value in values.items()
  }


def _plain(spec):
  """The same windows with one map, or unit, and without nonlinearity."""
  match spec:
    case specs.Conv():
      return dataclasses.replace(spec, filters=1, activation='linear')
    case specs.Pool():
      return dataclasses.replace(spec, kind='avgpool')
    case specs.Dense():
      return dataclasses.replace(spec, units=1, activation='linear')
