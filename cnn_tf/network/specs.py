"""What a layer is, and the shapes of its kernel and output.

  Conv('conv1', filters=32, window=(3, 3))
  Pool('pool1', kind='maxpool', window=(2, 2))
  Dense('dense1', units=100)

Shapes are for one example, without the batch axis: `(height, width, channels)`,
or `(units,)` from the first dense layer on. Windows and strides are pairs
`(vertical, horizontal)`.
"""

import dataclasses
import math

from cnn_tf.network import windows

# Repeated from reference.py, so that flags are checked without loading NumPy.
ACTIVATIONS = ('relu', 'selu', 'elu', 'tanh', 'sigmoid', 'linear')

Shape = tuple[int, ...]


class _Sliding:
  """A layer with a window that slides over its inputs."""

  def axes(self, shape: Shape) -> list[windows.Axis]:
    """The vertical and the horizontal axis of the window on an input."""
    return windows.axes(shape[:2], self.window, self.stride, self.padding)


@dataclasses.dataclass(frozen=True)
class Conv(_Sliding):
  """A convolution: each of its filters computes one feature map."""

  name: str
  filters: int
  window: tuple[int, int]
  stride: tuple[int, int] = (1, 1)
  padding: str = 'valid'  # or 'same'
  activation: str = 'relu'  # one of `ACTIVATIONS`
  dropout: float = 0.0  # share of the outputs that training sets to 0

  def output_shape(self, shape: Shape) -> Shape:
    """`(height, width, filters)`."""
    return (*map(windows.num_positions, self.axes(shape)), self.filters)

  def kernel_shape(self, shape: Shape) -> Shape:
    """HWIO: `(height, width, input channels, output channels)`."""
    return (*self.window, shape[2], self.filters)


@dataclasses.dataclass(frozen=True)
class Pool(_Sliding):
  """The maximum or the average of every window, for each map separately."""

  name: str
  kind: str = 'maxpool'  # or 'avgpool'
  window: tuple[int, int] = (2, 2)
  stride: tuple[int, int] = None  # by default the window: without overlap
  padding: str = 'valid'
  dropout: float = 0.0

  def __post_init__(self):
    if self.stride is None:
      object.__setattr__(self, 'stride', self.window)  # the class is frozen

  def output_shape(self, shape: Shape) -> Shape:
    """`(height, width, channels)`, with as many maps as the input."""
    return (*map(windows.num_positions, self.axes(shape)), shape[2])

  def kernel_shape(self, shape: Shape) -> Shape:
    """`()`: pooling has no parameters."""
    return ()


@dataclasses.dataclass(frozen=True)
class Dense:
  """A fully connected layer; it can only be followed by dense layers."""

  name: str
  units: int
  activation: str = 'relu'
  dropout: float = 0.0

  def axes(self, shape: Shape) -> list[windows.Axis]:
    """The axes of a window as large as the input.

    A dense layer is a convolution whose window covers the whole input, for the
    receptive fields in geometry.py.
    """
    sizes = shape[:2] if len(shape) == 3 else (1, 1)
    return [windows.Axis(size, size, 1, 'valid') for size in sizes]

  def output_shape(self, shape: Shape) -> Shape:
    """`(units,)`."""
    return (self.units,)

  def kernel_shape(self, shape: Shape) -> Shape:
    """`(inputs, units)`."""
    return (math.prod(shape), self.units)


Layer = Conv | Pool | Dense
