"""`ConvNet`: the variables of a network, and the ops that connect them.

A subclass of `tf.Module` finds all variables in its attributes, in lists and
dicts too, for training and for checkpoints. `network.trainable_variables` is a
tuple in a fixed order: attributes and dict keys are sorted by name, so all
biases come before all kernels.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf import keys
from cnn_tf.network import geometry
from cnn_tf.network import initializers
from cnn_tf.network import onednn
from cnn_tf.network import ops
from cnn_tf.network import specs


class ConvNet(tf.Module):
  """A network of convolution, pooling and dense layers.

  Attributes:
    layers: the layer specs, from the image to the logits.
    kernels: layer name -> `tf.Variable`, HWIO or `[inputs, units]`.
    biases: layer name -> `tf.Variable`, `[maps]` or `[units]`.
    precision: the type of convolutions and matrix products.
  """

  def __init__(
    self,
    geometries: Sequence[geometry.LayerGeometry],
    seed: int,
    precision: str = 'float32',
  ):
    """Draws the initial kernels; the initial biases are zero.

    Args:
      geometries: from `geometry.trace`, which rejects impossible layers.
      seed: equal seeds give equal kernels.
      precision: `float32` or `bfloat16`.
    """
    super().__init__()
    if not all(isinstance(x, geometry.LayerGeometry) for x in geometries):
      raise TypeError('expected the layers as geometry.trace returns them')
    self.layers = [layer.spec for layer in geometries]
    self.precision = precision
    self.kernels, self.biases = {}, {}
    for layer in geometries:
      if layer.kernel_shape:
        name, activation = layer.spec.name, layer.spec.activation
        key = keys.key(seed, f'{name}/kernel')
        kernel = initializers.kernel(layer.kernel_shape, activation, key)
        bias = tf.zeros(layer.kernel_shape[-1])
        self.kernels[name] = tf.Variable(kernel, name=f'{name}/kernel')
        self.biases[name] = tf.Variable(bias, name=f'{name}/bias')

  def activations(
    self, images: tf.Tensor | np.ndarray, draw: keys.Draw | None = None
  ) -> dict[str, tf.Tensor]:
    """Runs the layers in order; returns every tensor by name, logits last.

    `conv1` is the pre-activation of the layer conv1, `conv1/relu` its output.

    Args:
      images: `[batch, height, width, channels]`, floating point.
      draw: random bytes for dropout; None means no dropout.
    """
    tensors = {}
    x = tf.cast(onednn.check_nhwc(images), tf.float32)
    for layer in self.layers:
      if isinstance(layer, specs.Dense) and x.shape.rank > 2:
        x = tensors['flatten'] = ops.flatten(x)
      if isinstance(layer, specs.Pool):
        x = tensors[layer.name] = apply(layer, x)
      else:
        x = tf.cast(self.product(layer, x), tf.float32)
        x = tensors[layer.name] = ops.add_bias(x, self.biases[layer.name])
        if layer.activation != 'linear':
          x = ops.ACTIVATIONS[layer.activation](x)
          tensors[f'{layer.name}/{layer.activation}'] = x
      if layer.dropout and draw:
        x = ops.dropout(x, layer.dropout, draw(layer.name, x.shape[1:]))
        tensors[f'{layer.name}/dropout'] = x
    return tensors

  def __call__(
    self, images: tf.Tensor | np.ndarray, draw: keys.Draw | None = None
  ) -> tf.Tensor:
    """The logits, `[batch, classes]`; arguments as for `activations`."""
    *_, logits = self.activations(images, draw).values()
    return logits

  def product(self, layer: specs.Layer, inputs: tf.Tensor) -> tf.Tensor:
    """The product of the inputs with the kernel of a layer, in `precision`.

    bfloat16 is faster on processors that have it, but most updates would be
    lost in its rounding to 8 significant bits, so the variable stays float32.
    The gradient of a cast is a cast back to the original type.
    """
    inputs = tf.cast(inputs, self.precision)
    kernel = tf.cast(self.kernels[layer.name], self.precision)
    return apply(layer, inputs, kernel)


def apply(layer: specs.Layer, inputs: tf.Tensor, kernel=None) -> tf.Tensor:
  """The op of a layer, without bias and activation function."""
  match layer:
    case specs.Conv():
      return ops.conv2d(inputs, kernel, layer.stride, layer.padding)
    case specs.Pool():
      pool = ops.POOLS[layer.kind]
      return pool(inputs, layer.window, layer.stride, layer.padding)
    case specs.Dense():
      return ops.dense(inputs, kernel)
