"""Which pixels can influence a node: windows, followed down to the image."""

from collections.abc import Iterable
from collections.abc import Sequence

from cnn_tf.network import geometry
from cnn_tf.network import windows


def along_axis(
  stack: Sequence[windows.Axis], outputs: Iterable[int] | None = None
) -> set[int]:
  """The indices of the first input that can influence the last output.

  Args:
    stack: one axis per layer, all vertical or all horizontal, in order.
    outputs: the positions of the last layer that count (default: all).
  """
  if outputs is None:
    outputs = range(windows.num_positions(stack[-1]))
  reached = set(outputs)
  for axis in reversed(stack):
    covered = windows.covered(axis)
    reached = {index for position in reached for index in covered[position]}
    reached &= set(range(axis.size))  # drops the padding
  return reached


def stacks(
  geometries: Sequence[geometry.LayerGeometry],
) -> tuple[list[windows.Axis], list[windows.Axis]]:
  """The vertical axes of all layers, and the horizontal ones."""
  axes = [layer.spec.axes(layer.input_shape) for layer in geometries]
  vertical, horizontal = zip(*axes, strict=True)
  return list(vertical), list(horizontal)


def rows_and_columns(
  geometries: Sequence[geometry.LayerGeometry],
) -> tuple[set[int], set[int]]:
  """The image rows, and the columns, that can influence the output.

  A pixel influences the output if both its row and its column do.
  """
  vertical, horizontal = stacks(geometries)
  return along_axis(vertical), along_axis(horizontal)
