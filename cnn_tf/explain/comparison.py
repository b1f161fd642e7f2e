"""The same node by TensorFlow."""

import numpy as np
import tensorflow as tf

from cnn_tf.explain import case as cases
from cnn_tf.explain import typeset
from cnn_tf.network import model
from cnn_tf.network import ops
from cnn_tf.network import specs

_OPS = {
  'conv2d': 'tf.nn.conv2d',
  'max_pool2d': 'tf.nn.max_pool2d',
  'avg_pool2d': 'tf.nn.avg_pool2d',
  'dense': 'tf.matmul',
}
_VALUES = cases.Values(
  'pre-activation',
  'output',
  'gradient of the image',
  'gradient of the kernel',
  'gradient of the bias',
)


def compute(case: cases.Case) -> cases.Values:
  """What the raw ops compute, in float32, with the gradients of a tape."""
  names = ('image',) if case.kernel is None else ('image', 'kernel', 'bias')
  inputs = [tf.constant(getattr(case, name), tf.float32) for name in names]
  with tf.GradientTape() as tape:
    tape.watch(inputs)
    pre_activation, output = _forward(case.spec, *inputs)
    node = tf.reduce_sum(output[0, *case.node])  # its map is the only one
  gradients = tape.gradient(node, inputs)
  missing = [None] * (3 - len(inputs))  # pooling has no kernel and no bias
  values = pre_activation, output, *gradients, *missing
  return cases.Values(*(None if x is None else x.numpy() for x in values))


def _forward(spec, image, kernel=None, bias=None):
  """The pre-activation, None for pooling, and the output."""
  if isinstance(spec, specs.Dense):
    image = ops.flatten(image)
  output = model.apply(spec, image, kernel)
  if kernel is None:
    return None, output
  pre_activation = ops.add_bias(output, bias)
  return pre_activation, tf.nn.relu(pre_activation)


def compare(
  case: cases.Case, expected: cases.Values, found: cases.Values
) -> tuple[bool, str]:
  """Whether the values are equal, up to rounding, and a line that says so."""
  differences = [
    f'{name} by up to {typeset.number(np.max(np.abs(x - y)))}'
    for name, x, y in zip(_VALUES, expected, found, strict=True)
    if x is not None and not np.allclose(x, y, rtol=1e-5, atol=1e-6)
  ]
  op = _OPS[case.spec.name]
  if differences:
    return False, f'{op} differs: {", ".join(differences)}'
  value = typeset.number(np.sum(found.output[0, *case.node]))
  return True, f'{op} gives the same: {value}; gradients equal'
