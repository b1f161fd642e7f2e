"""Backpropagation by hand: the chain rule through all layers, in NumPy.

The forward pass records the inputs of every layer. The backward pass goes
through the layers in reverse: it turns the gradient with respect to the output
of a layer into the gradients with respect to its bias, its kernel and its
inputs, which are the output of the layer before.
"""

from typing import NamedTuple

import numpy as np

from cnn_tf.network import reference
from cnn_tf.network import reference_activations
from cnn_tf.network import specs

_ACTIVATIONS = reference_activations.ACTIVATIONS
_POOLS = {
  'maxpool': (reference.max_pool2d, reference.max_pool2d_gradient),
  'avgpool': (reference.avg_pool2d, reference.avg_pool2d_gradient),
}


class Gradients(NamedTuple):
  """The gradient of the loss with respect to every parameter, by layer name."""

  kernels: dict[str, np.ndarray]
  biases: dict[str, np.ndarray]


class _Record(NamedTuple):
  """What the backward pass of a layer needs of its forward pass."""

  layer: specs.Layer
  inputs: np.ndarray
  pre_activation: np.ndarray | None  # None for pooling


def forward(network, images: np.ndarray) -> tuple[np.ndarray, list[_Record]]:
  """The logits `[batch, classes]`, and a record of every layer, in float64.

  Args:
    network: a `ConvNet`, or any object with `layers`, `kernels` and `biases`,
      such as one with kernels in float64, for a finite difference.
    images: `[batch, height, width, channels]`.
  """
  x, records = np.asarray(images, np.float64), []
  for layer in network.layers:
    inputs, pre_activation = x, None
    if isinstance(layer, specs.Pool):
      pool, _ = _POOLS[layer.kind]
      x = pool(inputs, layer.window, layer.stride, layer.padding)
    else:
      kernel = _float64(network.kernels[layer.name])
      if isinstance(layer, specs.Conv):
        x = reference.conv2d(inputs, kernel, layer.stride, layer.padding)
      else:
        x = reference.dense(inputs.reshape(len(inputs), -1), kernel)
      bias = _float64(network.biases[layer.name])
      pre_activation = reference.add_bias(x, bias)
      activation, _ = _ACTIVATIONS[layer.activation]
      x = activation(pre_activation)
    records.append(_Record(layer, inputs, pre_activation))
  return x, records


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
  for layer, inputs, pre_activation in reversed(records):
    if isinstance(layer, specs.Pool):
      _, pool_gradient = _POOLS[layer.kind]
      upstream = pool_gradient(
        inputs, layer.window, layer.stride, layer.padding, upstream
      )
      continue
    _, derivative = _ACTIVATIONS[layer.activation]
    upstream = upstream * derivative(pre_activation)
    gradients.biases[layer.name] = reference.add_bias_gradient(upstream)
    kernel = _float64(network.kernels[layer.name])
    if isinstance(layer, specs.Conv):
      upstream, gradients.kernels[layer.name] = reference.conv2d_gradients(
        inputs, kernel, layer.stride, layer.padding, upstream
      )
    else:
      flat = inputs.reshape(len(inputs), -1)
      upstream, gradients.kernels[layer.name] = reference.dense_gradients(
        flat, kernel, upstream
      )
      upstream = upstream.reshape(inputs.shape)
  return gradients


def _float64(variable):
  return np.asarray(variable, np.float64)
