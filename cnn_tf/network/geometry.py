"""Layer specs -> shapes, costs and receptive fields, without running any op.

Along one axis a node depends on f adjacent pixels, its receptive field. The
fields of neighbouring nodes are j pixels apart, the effective stride. A window
of k nodes with stride s changes them as follows:

  f <- f + (k - 1) * j
  j <- s * j

For the reference network (both axes are alike):

  layer   output  maps   k  s   f                  j   parameters
  image   28         1          1                  1
  conv1   26        32   3  1   1 + 2 * 1 =  3     1          320
  pool1   13        32   2  2   3 + 1 * 1 =  4     2            0
  conv2   11        64   3  1   4 + 2 * 2 =  8     2       18,496
  pool2    5        64   2  2   8 + 1 * 2 = 10     4            0
  conv3    3        64   3  1  10 + 2 * 4 = 18     4       36,928
  dense1   1       100   3  1  18 + 2 * 4 = 26     4       57,700
  logits   1        10   1  1  26 + 0 * 4 = 26     4        1,010

Because 11 / 2 rounds down in pool2, even the logits see only 26 of the 28 rows
and columns.
"""

import math
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

from cnn_tf import errors
from cnn_tf.network import specs


class LayerGeometry(NamedTuple):
  """The shapes and costs of one layer, for one image."""

  spec: specs.Layer
  input_shape: specs.Shape
  output_shape: specs.Shape
  kernel_shape: specs.Shape  # () for pooling
  receptive_field: tuple[int, ...]  # of one node, in pixels
  effective_stride: tuple[int, ...]  # between neighbouring nodes, in pixels

  @property
  def num_parameters(self) -> int:
    """Weights of the kernel, plus one bias for each map or unit."""
    if not self.kernel_shape:
      return 0
    return math.prod(self.kernel_shape) + self.kernel_shape[-1]

  @property
  def num_multiplications(self) -> int:
    """Each weight of the kernel is used once per output position."""
    if not self.kernel_shape:
      return 0
    return math.prod(self.kernel_shape) * math.prod(self.output_shape[:-1])

  @property
  def num_activations(self) -> int:
    """Output values."""
    return math.prod(self.output_shape)


def trace(
  layers: Sequence[specs.Layer], image_shape: specs.Shape
) -> tuple[LayerGeometry, ...]:
  """The geometry of every layer for an image of `(height, width, channels)`.

  Raises:
    UserError: a window is larger than its input, or a convolution or pooling
      layer follows a dense layer.
    TypeError: `layers` are not layer specs.
    ValueError: `image_shape` is not `(height, width, channels)`, or two layers
      have the same name.
  """
  _check_arguments(layers, image_shape)
  geometries = []
  shape, field, stride = image_shape, (1, 1), (1, 1)
  previous = 'the image'
  for spec in layers:
    _check_fit(spec, shape, previous)
    axes = spec.axes(shape)
    field = tuple(
      f + (axis.window - 1) * j
      for f, axis, j in zip(field, axes, stride, strict=True)
    )
    stride = tuple(a.stride * j for a, j in zip(axes, stride, strict=True))
    output, kernel = spec.output_shape(shape), spec.kernel_shape(shape)
    geometries.append(LayerGeometry(spec, shape, output, kernel, field, stride))
    shape, previous = output, spec.name
  return tuple(geometries)


def format_size(sizes: Iterable[int]) -> str:
  """`(3, 3)` -> `'3x3'`."""
  return 'x'.join(map(str, sizes))


def _check_arguments(layers, image_shape):
  if not all(isinstance(spec, specs.Layer) for spec in layers):
    raise TypeError('expected specs.Conv, specs.Pool or specs.Dense')
  if len(image_shape) != 3:
    raise ValueError(f'expected (height, width, channels), not {image_shape}')
  names = [spec.name for spec in layers]
  if len(set(names)) < len(names):
    raise ValueError(f'layer names must be unique: {", ".join(names)}')


def _check_fit(spec, shape, previous):
  if not isinstance(spec, specs.Dense) and len(shape) != 3:
    raise errors.UserError(
      f'{spec.name} cannot follow {previous}: a dense layer has no maps'
    )
  axes = spec.axes(shape)
  # TensorFlow does not reject a window larger than its input: conv2d can return
  # unwritten memory, and max_pool2d can crash Python.
  if any(a.padding == 'valid' and a.window > a.size for a in axes):
    window = format_size(axis.window for axis in axes)
    size = format_size(axis.size for axis in axes)
    raise errors.UserError(
      f'{spec.name}: a window of {window} does not fit on {previous}, '
      f'which is {size}'
    )
