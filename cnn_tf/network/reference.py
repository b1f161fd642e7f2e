"""Reference implementations of the ops and their gradients, in NumPy.

`upstream` is the upstream gradient, that of the loss with respect to the output
of an op. The functions `*_gradient` and `*_gradients` multiply it by the
derivatives of the op (chain rule), and return the gradient of the loss with
respect to its arguments.

`np.einsum` multiplies, and sums over every letter that is missing on the right:
b is the image, (i, j) the position in the window, c the input map, o the output
map; in a dense layer, i is the input and u the unit.

`inputs[region]` with a tuple of slices is a view: `gradient[region] += ...`
changes `gradient` itself, so overlapping windows add up.
"""

import numpy as np

from cnn_tf.network import windows


def _positions(inputs, window, stride, padding):
  """Every position of a window on `[batch, height, width, channels]`.

  Yields:
    `(y, x)`: the position in the output.
    `region`: the slices of the inputs that the window covers.
    `part`: the slices of the window that lie on the inputs: all of it, except
      at a border with `same`.
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
    offset = indices.start
    yield slice(first, end), slice(first - offset, end - offset)


def _zeros_for_output(inputs, num_maps, window, stride, padding):
  axes = zip(inputs.shape[1:3], window, stride, strict=True)
  size = [windows.num_positions(windows.Axis(*axis, padding)) for axis in axes]
  return np.zeros((len(inputs), *size, num_maps))


def conv2d(inputs, kernel, stride, padding):
  """Every filter of an HWIO kernel, slid over NHWC inputs."""
  window, num_maps = kernel.shape[:2], kernel.shape[3]
  output = _zeros_for_output(inputs, num_maps, window, stride, padding)
  for (y, x), region, part in _positions(inputs, window, stride, padding):
    output[:, y, x] = np.einsum('bijc,ijco->bo', inputs[region], kernel[part])
  return output


def conv2d_gradients(inputs, kernel, stride, padding, upstream):
  """The gradients with respect to the inputs and the kernel."""
  d_inputs, d_kernel = np.zeros(inputs.shape), np.zeros(kernel.shape)
  window = kernel.shape[:2]
  for (y, x), region, part in _positions(inputs, window, stride, padding):
    here = upstream[:, y, x]
    d_inputs[region] += np.einsum('bo,ijco->bijc', here, kernel[part])
    d_kernel[part] += np.einsum('bijc,bo->ijco', inputs[region], here)
  return d_inputs, d_kernel


def max_pool2d(inputs, window, stride, padding):
  """The maximum of each window."""
  output = _zeros_for_output(inputs, inputs.shape[3], window, stride, padding)
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
  output = _zeros_for_output(inputs, inputs.shape[3], window, stride, padding)
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
  d_inputs = np.einsum('bu,iu->bi', upstream, kernel)
  d_kernel = np.einsum('bi,bu->iu', inputs, upstream)
  return d_inputs, d_kernel


def add_bias(inputs, bias):
  """Adds `bias[o]` to every value of map or unit `o`, the last axis."""
  return inputs + bias


def add_bias_gradient(upstream):
  """Summed over images and positions: the bias is added to all of them."""
  return upstream.sum(axis=tuple(range(upstream.ndim - 1)))


def log_softmax(logits):
  """`logit - log(sum of exp(logits))`, the logarithm of each probability."""
  # Subtracting the maximum changes nothing, and keeps exp from overflowing.
  shifted = logits - logits.max(axis=1, keepdims=True)
  return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(logits, labels):
  """`-log_softmax(logits)[label]` of each example, `[batch]`."""
  return -log_softmax(logits)[np.arange(len(labels)), labels]


def cross_entropy_gradient(logits, labels):
  """`softmax(logits) - one_hot(labels)`: where backpropagation starts.

  One row per example: `log(sum of exp(logits)) - logit[label]` has the
  derivative `softmax(logits)`, minus 1 for the logit of the label.
  """
  return np.exp(log_softmax(logits)) - np.eye(logits.shape[1])[labels]
