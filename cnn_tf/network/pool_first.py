"""The same logits, faster: max pooling before bias and relu.

relu, rounding and adding a bias are all monotone, so each can be applied after
the maximum, with the same bits: `max(relu(x + b)) == relu(max(x) + b)`. After a
2x2 pooling, bias and relu have only a quarter of the values to process.

elu, selu, tanh and sigmoid are monotone in mathematics; their float32 versions
are not always. The gradient can take another way where rounding makes two
values equal: it goes to the first maximum.
"""

import numpy as np
import tensorflow as tf

from cnn_tf import keys
from cnn_tf.network import model
from cnn_tf.network import onednn
from cnn_tf.network import ops
from cnn_tf.network import specs


class PoolFirst(model.ConvNet):
  """A `ConvNet` that computes its logits in the faster order."""

  def __call__(
    self, images: tf.Tensor | np.ndarray, draw: keys.Draw | None = None
  ) -> tf.Tensor:
    """The logits, `[batch, classes]`; arguments as for `activations`."""
    x = tf.cast(onednn.check_nhwc(images), tf.float32)
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


def _can_pool_first(layer, pool):
  """Whether the pooling that follows a layer can go first, to the same bits."""
  is_max = isinstance(pool, specs.Pool) and pool.kind == 'maxpool'
  is_exact = layer.activation in ('relu', 'linear')
  return is_max and is_exact and not layer.dropout
