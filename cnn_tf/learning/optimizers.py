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

  The velocity v adds up past gradients: where they point the same way, a step
  becomes up to `1 / (1 - momentum)` times longer. The rate is not part of v (in
  the papers it is), so a change of the rate takes effect at once. Sutskever et
  al. 2013, "On the importance of initialization and momentum in deep learning";
  nesterov adds the momentum part of the next step in advance: Bengio et al.
  2013, "Advances in optimizing recurrent networks".
  """

  def __init__(
    self,
    variables: Sequence[tf.Variable],
    momentum: float = 0.9,
    nesterov: bool = False,
  ):
    super().__init__()
    self.variables_to_update = variables  # `variables` belongs to tf.Module
    self.velocities = zeros_like(variables)
    self.momentum = momentum
    self.nesterov = nesterov

  def apply(self, gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
    """Updates the variables; the gradients are in the same order."""
    for w, v, g in zip(
      self.variables_to_update, self.velocities, gradients, strict=True
    ):
      v.assign(self.momentum * v + g)
      w.assign_sub(rate * (g + self.momentum * v if self.nesterov else v))


def zeros_like(variables: Sequence[tf.Variable]) -> list[tf.Variable]:
  """A variable of zeros for each variable: the state of an optimizer."""
  return [tf.Variable(tf.zeros_like(w), trainable=False) for w in variables]
