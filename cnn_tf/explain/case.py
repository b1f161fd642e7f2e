"""What is explained: one node of one layer, on small integers.

The integers are meant to be edited. A smaller image is the top left part of
`IMAGE`, a smaller kernel the top left part of `KERNEL`.
"""

from typing import NamedTuple

import numpy as np

from cnn_tf import errors
from cnn_tf.network import backward
from cnn_tf.network import geometry
from cnn_tf.network import specs
from cnn_tf.network import windows

IMAGE = (
  (6, 9, 9, 2, 1, 0, 3, 5),
  (7, 8, 9, 1, 0, 2, 4, 4),
  (9, 8, 5, 2, 0, 1, 6, 3),
  (8, 7, 4, 3, 1, 0, 7, 2),
  (9, 6, 5, 4, 3, 3, 8, 1),
  (5, 7, 3, 1, 0, 4, 9, 0),
  (4, 8, 2, 0, 1, 5, 7, 2),
  (6, 5, 1, 2, 3, 6, 6, 1),
)
# The first 3x3 weights respond to an edge that is bright on the left and dark
# on the right. Flipped, they would respond to the opposite edge.
KERNEL = (
  (1, 0, -1, 2, -2),
  (2, 0, -2, 1, 0),
  (1, 0, -1, 0, 1),
  (0, 1, 2, -1, -2),
  (-1, 2, 0, 1, -2),
)
# One row per input, one column per unit.
DENSE_KERNEL = ((-2, 1, 0), (0, -1, 1), (1, 2, -1), (-1, 0, 2)) * 4
BIAS = -2


class Case(NamedTuple):
  """One node of one layer. The arrays have the shapes that the ops take."""

  spec: specs.Layer
  image: np.ndarray  # [1, height, width, 1]
  kernel: np.ndarray | None  # HWIO or [inputs, units]; None for pooling
  bias: np.ndarray | None  # [1] or [units]; None for pooling
  node: tuple[int, ...]  # a place in the output: (y, x), or (unit,)

  def covered(self) -> tuple[range, range]:
    """The rows and columns of the window of a node `(y, x)`.

    Indices outside of the image are padding.
    """
    rows, columns = map(windows.covered, self.spec.axes(self.image.shape[1:]))
    y, x = self.node
    return rows[y], columns[x]


class Values(NamedTuple):
  """The output, and the gradients of one of its nodes."""

  pre_activation: np.ndarray | None  # None for pooling
  output: np.ndarray  # [1, height, width, 1] or [1, units]
  by_image: np.ndarray
  by_kernel: np.ndarray | None
  by_bias: np.ndarray | None


def make(
  spec: specs.Layer,
  size: tuple[int, int],
  node: tuple[int, ...] | None = None,
) -> Case:
  """The case of a node.

  Args:
    spec: the layer; a convolution has one filter.
    size: of the image, at most that of `IMAGE`.
    node: by default the last node for the padding `same`, because its window
      has padding if there is any, and the middle one otherwise.

  Raises:
    UserError: the window does not fit on the image, or there is no such node.
  """
  [layer] = geometry.trace([spec], (*size, 1))
  image = np.array(IMAGE, float)[None, : size[0], : size[1], None]
  kernel = bias = None
  if layer.kernel_shape:
    values = DENSE_KERNEL if isinstance(spec, specs.Dense) else KERNEL
    part = tuple(map(slice, layer.kernel_shape[:2]))
    kernel = np.array(values, float)[part].reshape(layer.kernel_shape)
    bias = np.full(layer.kernel_shape[-1], float(BIAS))
  nodes = layer.output_shape[:2]
  if node is None:
    same = getattr(spec, 'padding', '') == 'same'
    node = tuple(n - 1 if same else n // 2 for n in nodes)
  _check_node(node, nodes)
  return Case(spec, image, kernel, bias, node)


def compute(case: Case) -> Values:
  """What `network/reference.py` computes."""
  parameters = () if case.kernel is None else (case.kernel, case.bias)
  output, record = backward.layer_forward(case.spec, case.image, *parameters)
  upstream = _one_at(case.node, output.shape)
  gradients = backward.layer_backward(record, upstream)
  return Values(record.pre_activation, output, *gradients)


def _one_at(node: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
  """The upstream gradient: 1 at the node, 0 elsewhere."""
  upstream = np.zeros(shape)
  upstream[0, *node] = 1
  return upstream


def _check_node(node, nodes):
  inside = len(node) == len(nodes) and all(
    0 <= place < n for place, n in zip(node, nodes, strict=True)
  )
  if not inside:
    given, first, last = (
      ','.join(map(str, place))
      for place in (node, [0] * len(nodes), [n - 1 for n in nodes])
    )
    size = geometry.format_size(nodes)
    what = size if len(nodes) == 2 else f'{size} units'
    raise errors.UserError(
      f'--node={given}: the output is {what}, so its nodes are '
      f'{first} to {last}'
    )
