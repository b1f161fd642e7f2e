"""Training in float64: the steps of a run, on one replica."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf import keys
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import onednn
from cnn_tf.network import ops
from cnn_tf.network import specs
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer


class ConvNet(model.ConvNet):
  """A network whose variables and ops are float64; without dropout."""

  def __init__(self, geometries: Sequence[geometry.LayerGeometry], seed: int):
    """The initial kernels are those of float32, to the bit."""
    super().__init__(geometries, seed, 'float64')
    for variables in (self.kernels, self.biases):
      for name, variable in variables.items():
        variables[name] = tf.Variable(tf.cast(variable, tf.float64))

  def __call__(
    self, images: tf.Tensor | np.ndarray, draw: keys.Draw | None = None
  ) -> tf.Tensor:
    """The logits, `[batch, classes]` float64; `draw` is not used."""
    x = tf.cast(onednn.check_nhwc(images), tf.float64)
    for layer in self.layers:
      if isinstance(layer, specs.Dense) and x.shape.rank > 2:
        x = ops.flatten(x)
      if isinstance(layer, specs.Pool):
        x = model.apply(layer, x)
      else:
        x = ops.add_bias(self.product(layer, x), self.biases[layer.name])
        x = ops.ACTIVATIONS[layer.activation](x)
    return x


class Trainer(trainer.Trainer):
  """A trainer of such a network, without a moving average."""

  def _make_variables(
    self,
    settings: settings_lib.Settings,
    geometries: Sequence[geometry.LayerGeometry],
  ) -> None:
    self.step = tf.Variable(0, trainable=False, dtype=tf.int64)
    self.network = self.evaluated = ConvNet(geometries, settings.seed)
    self.optimizer = trainer.make_optimizer(
      settings, self.network.trainable_variables
    )
    self._average = None
    schedule = self.schedule
    self.schedule = lambda step: tf.cast(schedule(step), tf.float64)
