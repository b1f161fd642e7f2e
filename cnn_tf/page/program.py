"""Geometry -> the program that a page runs: one step per tensor.

For `conv 32 3x3, dense 10` on images of 28x28, the steps are

  name        op       inputs      outputs     window  stride  pads
  conv1       conv2d   28, 28, 1   26, 26, 32  3, 3    1, 1    0, 0
  conv1/relu  relu     26, 26, 32  26, 26, 32  1, 1    1, 1    0, 0
  flatten     flatten  26, 26, 32  1, 1, 21632
  dense1      dense    26, 26, 32  1, 1, 10    26, 26  1, 1    0, 0
  ...

All shapes are `[height, width, channels]`; a unit is a map of 1x1. The window
of the node (y, x) starts in row `y * stride[0] - pads[0]` and in column
`x * stride[1] - pads[1]` of the inputs. Flattening does not change the order of
the values, so a dense layer has a window as well: all of the maps before it.
"""

import math
from collections.abc import Sequence
from typing import Any

from cnn_tf.network import geometry
from cnn_tf.network import specs
from cnn_tf.network import windows

_OPS = {'maxpool': 'max_pool2d', 'avgpool': 'avg_pool2d'}
_ONE_NODE = {'window': [1, 1], 'stride': [1, 1], 'pads': [0, 0]}


def steps(
  geometries: Sequence[geometry.LayerGeometry],
) -> list[dict[str, Any]]:
  """The steps, with the names that `ConvNet.activations` gives its tensors."""
  found, name = [], 'image'
  for layer in geometries:
    if isinstance(layer.spec, specs.Dense) and len(layer.input_shape) > 1:
      found.append(_flatten(layer, name))
      name = 'flatten'
    found.append(_multiply_or_pool(layer, name))
    if getattr(layer.spec, 'activation', 'linear') != 'linear':
      found.append(_activate(layer))
    name = found[-1]['name']
  return found


def _flatten(layer, input_name):
  return {
    'name': 'flatten',
    'layer': layer.spec.name,
    'op': 'flatten',
    'input': input_name,
    'inputs': _shape(layer.input_shape),
    'outputs': [1, 1, math.prod(layer.input_shape)],
  }


def _multiply_or_pool(layer, input_name):
  spec = layer.spec
  axes = spec.axes(layer.input_shape)
  op = 'dense' if isinstance(spec, specs.Dense) else 'conv2d'
  return {
    'name': spec.name,
    'layer': spec.name,
    'op': _OPS[spec.kind] if isinstance(spec, specs.Pool) else op,
    'input': input_name,
    'inputs': _shape(layer.input_shape),
    'outputs': _shape(layer.output_shape),
    'window': [axis.window for axis in axes],
    'stride': [axis.stride for axis in axes],
    'pads': [-windows.covered(axis)[0].start for axis in axes],
  }


def _activate(layer):
  spec, shape = layer.spec, _shape(layer.output_shape)
  return {
    'name': f'{spec.name}/{spec.activation}',
    'layer': spec.name,
    'op': spec.activation,
    'input': spec.name,
    'inputs': shape,
    'outputs': shape,
    **_ONE_NODE,
  }


def _shape(shape):
  """`(units,)` -> `[1, 1, units]`."""
  return [1] * (3 - len(shape)) + list(shape)
