"""The same logits, faster, by two shortcuts.

Only the pixels that the logits see: where the windows of a layer do not fit,
it leaves out the last rows and columns of its inputs, so these need not be
computed. Without padding it is enough to cut the image down. The reference
network sees 26 of 28 rows and columns, which saves 15 % of its multiplications.

Max pooling before bias and relu: relu, rounding and adding a bias are all
monotone, so each can be applied after the maximum, with the same bits:
`max(relu(x + b)) == relu(max(x) + b)`. After a 2x2 pooling, bias and relu have
only a quarter of the values to process. elu, selu, tanh and sigmoid are
monotone in mathematics; their float32 versions are not always. The gradient can
take another way where rounding makes two values equal: it goes to the first
maximum.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf import keys
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import onednn
from cnn_tf.network import ops
from cnn_tf.network import specs


class FasterConvNet(model.ConvNet):
  """A `ConvNet` that computes its logits with the shortcuts."""

  def __init__(
    self,
    geometries: Sequence[geometry.LayerGeometry],
    seed: int,
    precision: str = 'float32',
  ):
    """As for `ConvNet`."""
    super().__init__(geometries, seed, precision)
    self._rows, self._columns = map(slice, _seen(geometries))

  def __call__(
    self, images: tf.Tensor | np.ndarray, draw: keys.Draw | None = None
  ) -> tf.Tensor:
    """The logits, `[batch, classes]`; arguments as for `activations`."""
    x = tf.cast(onednn.check_nhwc(images), tf.float32)
    x = x[:, self._rows, self._columns]
    layers = list(self.layers)
    while layers:
      last = layer = layers.pop(0)
      if isinstance(layer, specs.Dense) and x.shape.rank > 2:
        x = ops.flatten(x)
      if isinstance(layer, specs.Pool):
        x = model.apply(layer, x)
      else:
        x = self.product(layer, x)
        if layers and _can_pool_first(layer, layers[0]):
          last = layers.pop(0)
          x = model.apply(last, x)
        x = ops.add_bias(tf.cast(x, tf.float32), self.biases[layer.name])
        x = ops.ACTIVATIONS[layer.activation](x)
      if last.dropout and draw:
        x = ops.dropout(x, last.dropout, draw(last.name, x.shape[1:]))
    return x


def _seen(geometries):
  """How many rows and columns of the image the logits see: the first ones."""
  paddings = {getattr(layer.spec, 'padding', 'valid') for layer in geometries}
  if paddings == {'valid'}:
    return geometries[-1].receptive_field
  return geometries[0].input_shape[:2]  # zeros stand where the image ends


def _can_pool_first(layer, pool):
  """Whether the pooling that follows a layer can go first, to the same bits."""
  is_max = isinstance(pool, specs.Pool) and pool.kind == 'maxpool'
  is_exact = layer.activation in ('relu', 'linear')
  return is_max and is_exact and not layer.dropout
