"""Convolution, pooling, dense layer, bias, activations and loss in NumPy.

Each op is followed by its gradient; the activation functions and their
derivatives are in a table at the end.

Images and feature maps are NHWC, `[batch, height, width, channels]`. Kernels
are HWIO, `[height, width, input channels, output channels]`.

`upstream` is the gradient of the loss with respect to the output of an op. The
functions `*_gradient` and `*_gradients` multiply it by the op's derivatives
(chain rule) and return the gradient of the loss with respect to its arguments.
The derivative of a product with respect to a factor is the other factor; the
gradients of several products add up. The loss is the last op, so its gradient
has no `upstream`; as it is a mean, `backward.py` divides by the batch size.

`np.einsum` multiplies, and sums over every letter that is missing on the right:
b is the image, (i, j) the position in the window, c the input map, o the output
map; in a dense layer, i is the input and u the unit. Windows and strides are
pairs, (vertical, horizontal).
"""

import numpy as np

from cnn_tf.network import windows

# With these constants, selu keeps mean 0 and variance 1 from layer to layer
# (Klambauer et al. 2017, "Self-Normalizing Neural Networks").
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _positions(inputs, window, stride, padding):
  """Every position of a window on `[batch, height, width, channels]`.

  Yields:
    `(y, x)`: the position in the output.
    `region`: the slices of the inputs that the window covers.
    `part`: the slices of the window that are inside the inputs: all of it,
      except where it covers the padding of `same`.
  """
  vertical, horizontal = (
    [_overlap(indices, axis.size) for indices in windows.covered(axis)]
    for axis in windows.axes(inputs.shape[1:3], window, stride, padding)
  )
  for y, (rows, window_rows) in enumerate(vertical):
    for x, (columns, window_columns) in enumerate(horizontal):
      yield (y, x), (slice(None), rows, columns), (window_rows, window_columns)


def _overlap(indices, size):
  """The slice of the inputs that a window covers, and that of the window."""
  first, end = max(indices.start, 0), min(indices.stop, size)
  return slice(first, end), slice(first - indices.start, end - indices.start)


def _zeros_for_output(inputs, num_maps, *sliding):
  axes = windows.axes(inputs.shape[1:3], *sliding)
  size = map(windows.num_positions, axes)
  return np.zeros((len(inputs), *size, num_maps))


def conv2d(inputs, kernel, stride, padding):
  """Slides every filter over the inputs.

    output[b, y, x, o] = sum over i, j, c of
        inputs[b, y * sy + i, x * sx + j, c] * kernel[i, j, c, o]

  for the stride `(sy, sx)`. With `same`, inputs beyond the border count as 0;
  their products are left out. Strictly, this is cross-correlation: a
  mathematical convolution would flip the kernel.
  """
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
      window_gradient = gradient[region]  # a view: it changes `gradient`
      window_gradient[image, *first, channel] += upstream[image, y, x, channel]
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


def elu(x, alpha=1.0):
  """`x` where x > 0, else `alpha * (exp(x) - 1)`."""
  # np.where computes both of its branches, and exp overflows for large x.
  return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_derivative(x, alpha=1.0):
  """1 where x >= 0, else `alpha * exp(x)`."""
  return np.where(x >= 0, 1, alpha * np.exp(np.minimum(x, 0)))


def sigmoid(x):
  """`1 / (1 + exp(-x))`, which is `(1 + tanh(x / 2)) / 2`, without overflow."""
  return (1 + np.tanh(x / 2)) / 2


def log_softmax(logits):
  """`logit - log(sum of exp(logits))`, the logarithm of each probability."""
  # Subtracting the maximum changes nothing, and keeps exp from overflowing.
  shifted = logits - logits.max(axis=1, keepdims=True)
  return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(logits, labels):
  """`-log_softmax(logits)[label]` of each example, `[batch]`."""
  return -log_softmax(logits)[np.arange(len(labels)), labels]


def cross_entropy_gradient(logits, labels):
  """`softmax(logits) - one_hot(labels)`, one row per example.

  It is the derivative of `log(sum of exp(logits)) - logit[label]`.
  """
  return np.exp(log_softmax(logits)) - np.eye(logits.shape[1])[labels]


# Each op, and its gradient.
POOLS = {
  'maxpool': (max_pool2d, max_pool2d_gradient),
  'avgpool': (avg_pool2d, avg_pool2d_gradient),
}
# Each function, and its derivative; where it is undefined (at 0), the value
# that TensorFlow uses.
ACTIVATIONS = {
  'relu': (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
  'elu': (elu, elu_derivative),
  'selu': (
    lambda x: SELU_SCALE * elu(x, SELU_ALPHA),
    lambda x: SELU_SCALE * elu_derivative(x, SELU_ALPHA),
  ),
  'tanh': (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
  'sigmoid': (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
  'linear': (lambda x: x, np.ones_like),
}
