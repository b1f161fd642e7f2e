"""The moving average of kernels and biases over the steps of training.

Each step follows the gradient of one batch, so the variables scatter around
the values that suit all examples. Their average over many steps scatters less,
and usually classifies better.
"""

import math
from collections.abc import Sequence

import tensorflow as tf


class Average(tf.Module):
  """Keeps the moving average a of each variable w, with its bias corrected.

    a <- a + (1 - decay) / (1 - decay ** t) * (w - a)   at update t = 1, 2, ...

  So a is the mean of w after updates 1 to t, in which update s has a weight
  proportional to `decay ** (t - s)`: about the last `1 / (1 - decay)` updates
  count. In the first update the factor is 1, so the initial value of a has no
  weight. Without the denominator, it would keep the weight `decay ** t`.

  Polyak and Juditsky 1992, "Acceleration of stochastic approximation by
  averaging", with the decay and the correction of Adam (`optimizers.py`).
  """

  def __init__(
    self,
    variables: Sequence[tf.Variable],
    averages: Sequence[tf.Variable],
    decay: float,
  ):
    """`averages` holds the average of each variable, in the same order."""
    super().__init__()
    self.variables_to_average = variables
    self.averages = averages
    self.decay = decay

  def update(self, num_updates: tf.Tensor) -> None:
    """Adds the variables as they are after update `num_updates`, from 1 on."""
    t = tf.cast(num_updates, tf.float32)
    # 1 - decay ** t loses its digits in float32 while t is small.
    weight = (1.0 - self.decay) / -tf.math.expm1(t * math.log(self.decay))
    for w, a in zip(self.variables_to_average, self.averages, strict=True):
      a.assign_add(weight * (w - a))
