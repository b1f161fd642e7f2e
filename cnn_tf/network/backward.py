"""Backpropagation by hand: the chain rule through all layers, in NumPy.

The forward pass records the inputs of every layer. The backward pass goes
through the layers in reverse: it turns the gradient with respect to the output
of a layer into the gradients with respect to its bias, its kernel and its
inputs, which are the output of the layer before.
"""

from typing import NamedTuple

import numpy as np

from cnn_tf.network import reference
from cnn_tf.network import specs


class Gradients(NamedTuple):
  """The gradient of the loss with respect to every parameter, by layer name."""

  kernels: dict[str, np.ndarray]
  biases: dict[str, np.ndarray]


class Record(NamedTuple):
  """What the backward pass of a layer needs from its forward pass."""

  layer: specs.Layer
  inputs: np.ndarray
  kernel: np.ndarray | None = None  # None for pooling
  pre_activation: np.ndarray | None = None


def forward(network, images: np.ndarray) -> tuple[np.ndarray, list[Record]]:
  """Logits `[batch, classes]` and a record of every layer; float64, no dropout.

  Args:
    network: a `ConvNet`, or any object with `layers`, `kernels` and `biases`.
    images: `[batch, height, width, channels]`.
  """
  x, records = np.asarray(images, np.float64), []
  for layer in network.layers:
    kernel = network.kernels.get(layer.name)
    bias = network.biases.get(layer.name)
    x, record = layer_forward(layer, x, kernel, bias)
    records.append(record)
  return x, records


def layer_forward(
  layer: specs.Layer, inputs: np.ndarray, kernel=None, bias=None
) -> tuple[np.ndarray, Record]:
  """The output of one layer, and its record; pooling has no parameters."""
  if isinstance(layer, specs.Pool):
    pool, _ = reference.POOLS[layer.kind]
    output = pool(inputs, layer.window, layer.stride, layer.padding)
    return output, Record(layer, inputs)
  kernel = np.asarray(kernel, np.float64)
  if isinstance(layer, specs.Conv):
    x = reference.conv2d(inputs, kernel, layer.stride, layer.padding)
  else:
    x = reference.dense(inputs.reshape(len(inputs), -1), kernel)
  x = reference.add_bias(x, np.asarray(bias, np.float64))
  activation, _ = reference.ACTIVATIONS[layer.activation]
  return activation(x), Record(layer, inputs, kernel, pre_activation=x)


def backward(network, images: np.ndarray, labels: np.ndarray) -> Gradients:
  """The gradient of the mean cross-entropy, without the L2 penalty.

  Args:
    network: as for `forward`.
    images: `[batch, height, width, channels]`.
    labels: `[batch]`, integers.
  """
  logits, records = forward(network, images)
  gradients = Gradients({}, {})
  upstream = reference.cross_entropy_gradient(logits, labels) / len(labels)
  for record in reversed(records):
    upstream, d_kernel, d_bias = layer_backward(record, upstream)
    if d_kernel is not None:
      gradients.kernels[record.layer.name] = d_kernel
      gradients.biases[record.layer.name] = d_bias
  return gradients


def layer_backward(record: Record, upstream: np.ndarray):
  """Gradients for inputs, kernel, bias; the last two are None for pooling."""
  layer, inputs, kernel, pre_activation = record
  if isinstance(layer, specs.Pool):
    _, gradient = reference.POOLS[layer.kind]
    sliding = layer.window, layer.stride, layer.padding
    return gradient(inputs, *sliding, upstream), None, None
  _, derivative = reference.ACTIVATIONS[layer.activation]
  # From here on, the gradient with respect to the pre-activation.
  upstream = upstream * derivative(pre_activation)
  d_bias = reference.add_bias_gradient(upstream)
  if isinstance(layer, specs.Conv):
    d_inputs, d_kernel = reference.conv2d_gradients(
      inputs, kernel, layer.stride, layer.padding, upstream
    )
  else:
    flat = inputs.reshape(len(inputs), -1)
    d_flat, d_kernel = reference.dense_gradients(flat, kernel, upstream)
    d_inputs = d_flat.reshape(inputs.shape)
  return d_inputs, d_kernel, d_bias
