"""The ops in plain NumPy, forward and backward: their definition.

Slow on purpose, and without tricks. `upstream` is the upstream gradient: that
of the loss with respect to the output of an op. A `*_gradient(s)` function
turns it into the gradient with respect to the inputs, by the chain rule. In
`np.einsum`, b is the image of the batch, (i, j) the place in the window, c the
input map and o the output map.

`inputs[region]` with a tuple of slices is a view: `gradient[region] += ...`
changes `gradient` itself, so overlapping windows add up.
"""

import numpy as np

from cnn_tf.network import windows


def _positions(inputs, window, stride, padding):
  """Every position of a window on `[batch, height, width, maps]`.

  Yields:
    `(y, x)`: the position, which is also the place in the output.
    `region`: the slices of the inputs that the window covers.
    `part`: the slices of the window that cover them: all of it, except where
      `same` lets the window extend beyond the border.
  """
  vertical, horizontal = (
    list(_overlaps(windows.Axis(*axis, padding)))
    for axis in zip(inputs.shape[1:3], window, stride, strict=True)
  )
  for y, (rows, window_rows) in enumerate(vertical):
    for x, (columns, window_columns) in enumerate(horizontal):
      yield (y, x), (slice(None), rows, columns), (window_rows, window_columns)


def _overlaps(axis):
  """Per position along one axis: slices of the inputs, and of the window."""
  for indices in windows.covered(axis):
    first, end = max(indices.start, 0), min(indices.stop, axis.size)
    yield (
      slice(first, end),
      slice(first - indices.start, end - indices.start),
    )


def _empty_output(inputs, num_maps, window, stride, padding):
  axes = zip(inputs.shape[1:3], window, stride, strict=True)
  size = [windows.num_positions(windows.Axis(*axis, padding)) for axis in axes]
  return np.zeros((len(inputs), *size, num_maps))


def conv2d(inputs, kernel, stride, padding):
  """`[batch, height, width, maps]` and an HWIO kernel -> the feature maps."""
  window, num_maps = kernel.shape[:2], kernel.shape[3]
  output = _empty_output(inputs, num_maps, window, stride, padding)
  for (y, x), region, part in _positions(inputs, window, stride, padding):
    output[:, y, x] = np.einsum('bijc,ijco->bo', inputs[region], kernel[part])
  return output


def conv2d_gradients(inputs, kernel, stride, padding, upstream):
  """The gradients with respect to the inputs and the kernel."""
  by_inputs, by_kernel = np.zeros(inputs.shape), np.zeros(kernel.shape)
  window = kernel.shape[:2]
  for (y, x), region, part in _positions(inputs, window, stride, padding):
    at = upstream[:, y, x]
    by_inputs[region] += np.einsum('bo,ijco->bijc', at, kernel[part])
    by_kernel[part] += np.einsum('bijc,bo->ijco', inputs[region], at)
  return by_inputs, by_kernel


def max_pool2d(inputs, window, stride, padding):
  """The maximum of each window."""
  output = _empty_output(inputs, inputs.shape[3], window, stride, padding)
  for (y, x), region, _ in _positions(inputs, window, stride, padding):
    output[:, y, x] = inputs[region].max(axis=(1, 2))
  return output


def max_pool2d_gradient(inputs, window, stride, padding, upstream):
  """The upstream gradient goes to the first maximum of each window."""
  gradient = np.zeros(inputs.shape)
  for (y, x), region, _ in _positions(inputs, window, stride, padding):
    for image, channel in np.ndindex(len(inputs), inputs.shape[3]):
      values = inputs[region][image, :, :, channel]
      first = np.unravel_index(values.argmax(), values.shape)
      gradient[region][image, *first, channel] += upstream[image, y, x, channel]
  return gradient


def avg_pool2d(inputs, window, stride, padding):
  """The mean of each window, over the values that are not padding."""
  output = _empty_output(inputs, inputs.shape[3], window, stride, padding)
  for (y, x), region, _ in _positions(inputs, window, stride, padding):
    output[:, y, x] = inputs[region].mean(axis=(1, 2))
  return output


def avg_pool2d_gradient(inputs, window, stride, padding, upstream):
  """The upstream gradient is divided evenly among the values of each window."""
  gradient = np.zeros(inputs.shape)
  for (y, x), region, _ in _positions(inputs, window, stride, padding):
    _, height, width, _ = inputs[region].shape
    gradient[region] += upstream[:, y : y + 1, x : x + 1] / (height * width)
  return gradient


def dense(inputs, kernel):
  """`[batch, inputs]` -> `[batch, units]`."""
  return np.einsum('bi,iu->bu', inputs, kernel)


def dense_gradients(inputs, kernel, upstream):
  """The gradients with respect to the inputs and the kernel."""
  by_inputs = np.einsum('bu,iu->bi', upstream, kernel)
  by_kernel = np.einsum('bi,bu->iu', inputs, upstream)
  return by_inputs, by_kernel


def add_bias(inputs, bias):
  """Adds `bias[o]` to every value of map or unit `o`, the last axis."""
  return inputs + bias


def add_bias_gradient(upstream):
  """A bias is added everywhere, so its gradient is the sum over everything."""
  return upstream.sum(axis=tuple(range(upstream.ndim - 1)))


def softmax(logits):
  """`exp(logit) / sum of exp(logits)`: `[batch, classes]`, rows sum to 1."""
  # Subtracting the maximum changes nothing, and keeps exp from overflowing.
  powers = np.exp(logits - logits.max(axis=1, keepdims=True))
  return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
  """`-log(softmax(logits)[label])` of each example, `[batch]`."""
  return -np.log(softmax(logits)[np.arange(len(labels)), labels])


def cross_entropy_gradient(logits, labels):
  """`softmax(logits) - one_hot(labels)`: here backpropagation starts."""
  return softmax(logits) - np.eye(logits.shape[1])[labels]
