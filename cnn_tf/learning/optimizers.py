"""Gradients, learning rate -> new values of the variables.

In the equations, w is a variable and g its gradient, element by element. The
code uses the same symbols. `assign` takes effect at once: after
`v.assign(...)`, `v` is the new velocity, as in the equations.
"""

from collections.abc import Sequence

import tensorflow as tf


class Momentum(tf.Module):
  """Gradient descent with momentum; plain gradient descent for `momentum` 0.

    v <- momentum * v + g
    w <- w - rate * v                      or, with nesterov,
    w <- w - rate * (g + momentum * v)

  The velocity v adds up past gradients: where they agree, a step becomes up to
  `1 / (1 - momentum)` times longer. The rate is not part of v (in the paper it
  is), so a change of the rate takes effect at once. Sutskever et al. 2013, "On
  the importance of initialization and momentum in deep learning"; nesterov as
  reformulated by Bengio et al. 2013, "Advances in optimizing recurrent
  networks".
  """

  def __init__(
    self,
    variables: Sequence[tf.Variable],
    momentum: float = 0.9,
    nesterov: bool = False,
  ):
    super().__init__()
    self.variables_to_update = variables
    self.velocities = _zeros_like(variables, 'velocity')
    self.momentum = momentum
    self.nesterov = nesterov

  def apply(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
    """Updates the variables; the gradients are in the same order."""
    for w, v, g in zip(
      self.variables_to_update, self.velocities, gradients, strict=True
    ):
      v.assign(self.momentum * v + g)
      w.assign_sub(rate * (g + self.momentum * v if self.nesterov else v))


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
    self.variables_to_update = variables
    self.mean_squares = _zeros_like(variables, 'mean_square')
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
    self.variables_to_update = variables
    self.means = _zeros_like(variables, 'mean')
    self.mean_squares = _zeros_like(variables, 'mean_square')
    self.num_updates = tf.Variable(0.0, trainable=False, name='num_updates')
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon

  def apply(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
    """Updates the variables; the gradients are in the same order."""
    self.num_updates.assign_add(1.0)
    t = self.num_updates
    rate *= tf.sqrt(1.0 - self.beta2**t) / (1.0 - self.beta1**t)
    for w, m, s, g in zip(
      self.variables_to_update,
      self.means,
      self.mean_squares,
      gradients,
      strict=True,
    ):
      m.assign(self.beta1 * m + (1 - self.beta1) * g)
      s.assign(self.beta2 * s + (1 - self.beta2) * g**2)
      w.assign_sub(rate * m / (tf.sqrt(s) + self.epsilon))


Optimizer = Momentum | RMSProp | Adam


def _zeros_like(variables, purpose):
  return [
    tf.Variable(
      tf.zeros(w.shape),
      trainable=False,
      name=f'{w.name.removesuffix(":0")}/{purpose}',
    )
    for w in variables
  ]
