"""RMSProp and Adam: a learning rate of its own for every weight.

Each divides a gradient by the root of the mean of its recent squares, so that
weights with small gradients move as far as those with large ones. The symbols
are those of `optimizers.py`.
"""

from collections.abc import Sequence

import tensorflow as tf

from cnn_tf.learning import optimizers


class RMSProp(tf.Module):
  """Divides each gradient by the root of a moving average of its square.

    s <- decay * s + (1 - decay) * g ** 2
    w <- w - rate * g / sqrt(s + epsilon)

  Tieleman and Hinton 2012, "Neural Networks for Machine Learning", lecture 6e.
  """

  def __init__(
    self,
    variables: Sequence[tf.Variable],
    decay: float = 0.9,
    epsilon: float = 1e-7,
  ):
    super().__init__()
    self.variables_to_update = variables  # `variables` belongs to tf.Module
    self.mean_squares = optimizers.zeros_like(variables)
    self.decay = decay
    self.epsilon = epsilon

  def apply(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
    """Updates the variables; the gradients are in the same order."""
    for w, s, g in zip(
      self.variables_to_update, self.mean_squares, gradients, strict=True
    ):
      s.assign(self.decay * s + (1 - self.decay) * g**2)
      w.assign_sub(rate * g * tf.math.rsqrt(s + self.epsilon))


class Adam(tf.Module):
  """Momentum and RMSProp combined; both averages start at 0 and are corrected.

    m <- beta1 * m + (1 - beta1) * g
    s <- beta2 * s + (1 - beta2) * g ** 2
    w <- w - rate * sqrt(1 - beta2 ** t) / (1 - beta1 ** t) * m
             / (sqrt(s) + epsilon)             at update t = 1, 2, ...

  Kingma and Ba 2015, "Adam: A method for stochastic optimization", in the form
  at the end of section 2.
  """

  def __init__(
    self,
    variables: Sequence[tf.Variable],
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-7,
  ):
    super().__init__()
    self.variables_to_update = variables  # `variables` belongs to tf.Module
    self.means = optimizers.zeros_like(variables)
    self.mean_squares = optimizers.zeros_like(variables)
    self.num_updates = tf.Variable(0.0, trainable=False, name='num_updates')
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon

  def apply(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
    """Updates the variables; the gradients are in the same order."""
    self.num_updates.assign_add(1.0)
    t = self.num_updates
    rate *= tf.sqrt(1.0 - self.beta2**t) / (1.0 - self.beta1**t)
    states = self.variables_to_update, self.means, self.mean_squares
    for w, m, s, g in zip(*states, gradients, strict=True):
      m.assign(self.beta1 * m + (1 - self.beta1) * g)
      s.assign(self.beta2 * s + (1 - self.beta2) * g**2)
      w.assign_sub(rate * m / (tf.sqrt(s) + self.epsilon))
