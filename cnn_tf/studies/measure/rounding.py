"""What rounding changes, in each op alone and in the whole network.

Errors are relative to the same computation in float64:

  `norm(value - exact) / norm(exact)`

An error of `2 ** -b` means that about b significant bits agree.
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.learning import losses
from cnn_tf.network import backward
from cnn_tf.network import model
from cnn_tf.network import specs


class Operands(NamedTuple):
  """What the op of a layer and its gradients are computed from."""

  layer: specs.Layer
  inputs: tf.Tensor  # tensors are float32, unless `cast`
  kernel: tf.Tensor | None  # None for pooling
  upstream: tf.Tensor  # the gradient with respect to the output
  is_first: bool = False  # whether the inputs are the images

  def cast(self, precision: str) -> 'Operands':
    """The same operands, rounded to another type."""
    kernel = self.kernel
    return self._replace(
      inputs=tf.cast(self.inputs, precision),
      kernel=None if kernel is None else tf.cast(kernel, precision),
      upstream=tf.cast(self.upstream, precision),
    )


def operands(
  network: model.ConvNet, images: tf.Tensor, labels: np.ndarray
) -> dict[str, Operands]:
  """The operands of each layer; the loss is the mean cross-entropy.

  Args:
    network: the network.
    images: `[batch, height, width, channels]` float32.
    labels: `[batch]`, integers.
  """
  with tf.GradientTape() as tape:
    tape.watch(images)  # and so the output of a first layer without a kernel
    tensors = network.activations(images)
    loss = tf.reduce_mean(losses.cross_entropy(tensors['logits'], labels))
  upstream = tape.gradient(loss, tensors)
  # The inputs of a layer are the tensor before its own.
  inputs = dict(zip(tensors, [images, *tensors.values()], strict=False))
  found = {}
  for layer in network.layers:
    name, kernel = layer.name, network.kernels.get(layer.name)
    kernel = None if kernel is None else tf.identity(kernel)
    found[name] = Operands(
      layer, inputs[name], kernel, upstream[name], is_first=not found
    )
  return found


def output(operands: Operands) -> tf.Tensor:
  """The op of a layer, without bias and activation function."""
  return model.apply(*operands[:3])


def forward_backward(operands: Operands) -> dict[str, tf.Tensor]:
  """The output of an op, and the gradients of its inputs and its kernel.

  Training needs no gradient with respect to the images.
  """
  sources = {}
  if not operands.is_first:
    sources['input gradient'] = operands.inputs
  if operands.kernel is not None:
    sources['kernel gradient'] = operands.kernel
  with tf.GradientTape() as tape:
    tape.watch(sources)
    result = output(operands)
  gradients = tape.gradient(result, sources, operands.upstream)
  return {'output': result} | gradients


def errors_alone(operands: Operands, precision: str) -> dict[str, float]:
  """The errors of `forward_backward` with operands rounded to `precision`."""
  exact = forward_backward(operands.cast('float64'))
  rounded = forward_backward(operands.cast(precision))
  return {name: error([rounded[name]], [exact[name]]) for name in exact}


def errors_together(
  network: model.ConvNet, images: tf.Tensor, labels: np.ndarray, precision: str
) -> dict[str, dict[str, float]]:
  """The errors of a network in `precision`, to which every layer adds its own.

  The exact values are those of `network/backward.py`, in NumPy.

  Returns:
    'pre-activation', 'kernel gradient', 'bias gradient' -> layer name -> error,
    and 'gradient' -> 'network' -> the error of the gradient as one vector.
  """
  network = copy.copy(network)  # It shares the variables.
  network.precision = precision
  tensors = network.activations(images)
  kernels, biases = gradients(network, images, labels)
  _, records = backward.forward(network, images)
  exact = backward.backward(network, images, labels)
  pre_activations = {
    record.layer.name: record.pre_activation
    for record in records
    if record.pre_activation is not None
  }
  pairs = {
    'pre-activation': (tensors, pre_activations),
    'kernel gradient': (kernels, exact.kernels),
    'bias gradient': (biases, exact.biases),
  }
  found = {
    kind: {name: error([values[name]], [right[name]]) for name in right}
    for kind, (values, right) in pairs.items()
  }
  whole = error(*(_flat(group) for group in ((kernels, biases), exact)))
  return found | {'gradient': {'network': whole}}


def between_batches(
  network: model.ConvNet, images: tf.Tensor, labels: np.ndarray
) -> float:
  """`norm(gradient of the second half - g) / norm(g)`, g of the first half.

  This is how much the gradients of two batches differ.
  """
  halves = zip(tf.split(images, 2), np.split(labels, 2), strict=True)
  first, second = (_flat(gradients(network, *half)) for half in halves)
  return error(second, first)


def gradients(
  network: model.ConvNet, images: tf.Tensor, labels: np.ndarray
) -> backward.Gradients:
  """The gradients of the mean cross-entropy, as in training."""
  with tf.GradientTape() as tape:
    loss = tf.reduce_mean(losses.cross_entropy(network(images), labels))
  sources = backward.Gradients(network.kernels, network.biases)
  return tape.gradient(loss, sources)


def error(values: Sequence, exact: Sequence) -> float:
  """The relative error of several arrays, joined to one vector each."""
  x, y = (
    np.concatenate([np.ravel(np.asarray(a)).astype(float) for a in arrays])
    for arrays in (values, exact)
  )
  return float(np.linalg.norm(x - y) / np.linalg.norm(y))


def bits(error: float) -> float:
  """The number of significant bits that agree: `-log2(error)`."""
  return float(-np.log2(error))


def _flat(gradients):
  """All gradients, in the order of the names of their layers."""
  return [group[name] for group in gradients for name in sorted(group)]
