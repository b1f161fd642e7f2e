"""Which pixels a node sees: by arithmetic, and by the gradient."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import specs
from cnn_tf.network import windows


class Field(NamedTuple):
  """The receptive field of the centre node of one layer."""

  layer: str
  size: tuple[int, int]  # as the arithmetic has it, on an endless image
  seen: np.ndarray  # [height, width] bool: from the arithmetic
  gradient: np.ndarray  # [height, width]: of the node, by the pixel


def of_layers(geometries: Sequence[geometry.LayerGeometry]) -> list[Field]:
  """The field of the centre node of each layer, up to the first dense one."""
  names = [layer.spec.name for layer in geometries]
  is_dense = [isinstance(layer.spec, specs.Dense) for layer in geometries]
  gradients = _gradients(geometries)
  return [
    Field(name, row.receptive_field, seen(geometries[: i + 1]), gradients[name])
    for i, (name, row) in enumerate(zip(names, geometries, strict=True))
    if not any(is_dense[:i])
  ]


def unseen(geometries: Sequence[geometry.LayerGeometry]) -> np.ndarray:
  """`[height, width]` bool: the pixels from which no path leads to the logits.

  They get exactly nothing of any gradient, whatever the kernels.
  """
  return ~_mask(geometries, geometry.reaching(geometries))


def seen(
  geometries: Sequence[geometry.LayerGeometry], node: specs.Shape | None = None
) -> np.ndarray:
  """`[height, width]` bool: the pixels that a node of the last layer sees.

  Args:
    geometries: the layers up to that of the node.
    node: (y, x) on the map; the centre, if not given.
  """
  node = centre(geometries[-1]) if node is None else node
  return _mask(
    geometries,
    [
      windows.reaching(stack, [position])
      for stack, position in zip(
        geometry.axis_stacks(geometries), node, strict=True
      )
    ],
  )


def centre(row: geometry.LayerGeometry) -> tuple[int, int]:
  """The middle of the map; of an even number the one after it."""
  if isinstance(row.spec, specs.Dense):
    return 0, 0  # a map of 1x1
  height, width, _ = row.output_shape
  return height // 2, width // 2


def node(tensor: tf.Tensor, position: tuple[int, int]) -> tf.Tensor:
  """`[batch, maps]`: all maps at (y, x), or a dense layer as it is."""
  y, x = position
  return tensor if tensor.shape.rank == 2 else tensor[:, y, x]


def _mask(geometries, reaching):
  height, width, _ = geometries[0].input_shape
  down, across = (list(indices) for indices in reaching)
  mask = np.zeros((height, width), bool)
  mask[np.ix_(down, across)] = True
  return mask


def _gradients(geometries):
  """Layer name -> the gradient of its centre node by each pixel.

  A real network would hide paths: weights cancel, relu is flat, and a maximum
  passes on one input of many. So this one keeps the windows and nothing else:
  one map a layer, kernels that average, averages for maxima.
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
    nodes = {
      row.spec.name: node(tensors[row.spec.name], centre(row))[0, 0]
      for row in plain
    }
  return {
    name: tape.gradient(node, images)[0, :, :, 0].numpy()
    for name, node in nodes.items()
  }


def _plain(layer):
  match layer:
    case specs.Conv():
      return dataclasses.replace(layer, filters=1, activation='linear')
    case specs.Pool():
      return dataclasses.replace(layer, kind='avgpool')
    case specs.Dense():
      return dataclasses.replace(layer, units=1, activation='linear')
