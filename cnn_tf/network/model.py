"""`ConvNet`: the variables of a network, and the ops that connect them.

A `tf.Tensor` is a value that never changes: images, feature maps, logits. A
`tf.Variable` holds a tensor that `assign` replaces: training changes kernels
and biases this way. Where a tensor is expected, a variable can be used, and
stands for its current value.

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
from cnn_tf.network import ops
from cnn_tf.network import specs


class ConvNet(tf.Module):
  """A network of convolution, pooling and dense layers.

  Attributes:
    layers: the layer specs, from the image to the logits.
    kernels: layer name -> `tf.Variable`, HWIO or `[inputs, units]`.
    biases: layer name -> `tf.Variable`, `[maps]` or `[units]`.
    precision: the type in which inputs and kernels are multiplied.
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

    Raises:
      TypeError: `geometries` are not from `geometry.trace`.
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

  def activations(self, images: tf.Tensor | np.ndarray) -> dict[str, tf.Tensor]:
    """Runs the layers in order; returns every tensor by name, logits last.

    `conv1` is the pre-activation of the layer conv1, `conv1/relu` its output.

    Args:
      images: `[batch, height, width, channels]`, floating point.
    """
    tensors = {}
    x = tf.cast(ops.check_nhwc(images), tf.float32)
    for layer in self.layers:
      if isinstance(layer, specs.Pool):
        x = tensors[layer.name] = _pool(layer, x)
        continue
      if isinstance(layer, specs.Dense) and x.shape.rank > 2:
        x = tensors['flatten'] = ops.flatten(x)
      x = tf.cast(self._multiply(layer, x), tf.float32)
      x = tensors[layer.name] = ops.add_bias(x, self.biases[layer.name])
      if layer.activation != 'linear':
        x = ops.ACTIVATIONS[layer.activation](x)
        tensors[f'{layer.name}/{layer.activation}'] = x
    return tensors

  def __call__(
    self, images: tf.Tensor | np.ndarray, draw: keys.Draw | None = None
  ) -> tf.Tensor:
    """The logits, `[batch, classes]` float32: as in `activations`, but faster.

    Only training gives `draw`, from `draws.draw_for`, which turns dropout on.
    """
    return _logits_pooling_first(self, images, draw)

  def _multiply(self, layer, inputs):
    """The product of the inputs with the kernel of a layer, in `precision`.

    The variable stays float32: most updates are too small for the 8 significant
    bits of bfloat16. The gradient of a cast is a cast back to the first type.
    """
    inputs = tf.cast(inputs, self.precision)
    kernel = tf.cast(self.kernels[layer.name], self.precision)
    if isinstance(layer, specs.Conv):
      return ops.conv2d(inputs, kernel, layer.stride, layer.padding)
    return ops.dense(inputs, kernel)


def _pool(layer, inputs):
  pool = ops.POOLS[layer.kind]
  return pool(inputs, layer.window, layer.stride, layer.padding)


def _logits_pooling_first(network, images, draw):
  """The logits, with max pooling moved in front of bias and relu.

  relu is monotone: `max(relu(x)) == relu(max(x))`, bit for bit, and so are
  rounding and the sum with a bias. After a 2x2 pooling, bias and relu have
  only a quarter of the values to process. (The gradient can take another way
  where rounding makes two values equal: it goes to the first maximum.)
  """
  x = tf.cast(ops.check_nhwc(images), tf.float32)
  layers = list(network.layers)
  while layers:
    layer = layers.pop(0)
    if isinstance(layer, specs.Pool):
      x = _pool(layer, x)
      continue
    if isinstance(layer, specs.Dense) and x.shape.rank > 2:
      x = ops.flatten(x)
    x = network._multiply(layer, x)
    if layers and _can_pool_first(layer, layers[0]):
      x = _pool(layers.pop(0), x)
    x = ops.add_bias(tf.cast(x, tf.float32), network.biases[layer.name])
    x = ops.ACTIVATIONS[layer.activation](x)
    if layer.dropout and draw:
      x = ops.dropout(x, layer.dropout, draw(layer.name, x.shape[1:]))
  return x


def _can_pool_first(layer, pool):
  """Whether the max pooling that follows can go first without changing a bit.

  tanh, sigmoid, elu and selu are monotone, too, but not as computed in float32.
  """
  is_max = isinstance(pool, specs.Pool) and pool.kind == 'maxpool'
  return is_max and layer.activation in ('relu', 'linear') and not layer.dropout
