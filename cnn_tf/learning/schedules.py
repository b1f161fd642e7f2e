"""Step -> learning rate.

A schedule is a function of the step t: `rate(t)` is used after t updates; the
first update uses `rate(0)`. An array of steps gives an array of rates, for
example to plot the curve.
"""

import math
from collections.abc import Callable

import tensorflow as tf

Schedule = Callable[[tf.Tensor], tf.Tensor]


def constant(initial_rate: float) -> Schedule:
  """`rate(t) = initial_rate`."""

  def rate(step):
    return tf.fill(tf.shape(step), initial_rate)

  return rate


def exponential(
  initial_rate: float, decay_rate: float, decay_steps: float
) -> Schedule:
  """`rate(t) = initial_rate * decay_rate ** (t / decay_steps)`."""

  def rate(step):
    return initial_rate * decay_rate ** (_float(step) / decay_steps)

  return rate


def staircase(
  initial_rate: float, decay_rate: float, decay_steps: float
) -> Schedule:
  """`rate(t) = initial_rate * decay_rate ** floor(t / decay_steps)`."""

  def rate(step):
    return initial_rate * decay_rate ** tf.floor(_float(step) / decay_steps)

  return rate


def inverse_time(
  initial_rate: float, decay_rate: float, decay_steps: float
) -> Schedule:
  """`rate(t) = initial_rate / (1 + decay_rate * t / decay_steps)`."""

  def rate(step):
    return initial_rate / (1.0 + decay_rate * _float(step) / decay_steps)

  return rate


def cosine(initial_rate: float, num_steps: float) -> Schedule:
  """`rate(t) = initial_rate * (1 + cos(pi * t / num_steps)) / 2`, then 0.

  Loshchilov and Hutter 2017, "SGDR", equation 5, without restarts.
  """

  def rate(step):
    done = tf.minimum(_float(step) / num_steps, 1.0)
    return initial_rate * (1.0 + tf.cos(math.pi * done)) / 2.0

  return rate


def one_cycle(highest_rate: float, num_steps: float) -> Schedule:
  """Linear from `highest_rate / 25` up for 30 % of the steps, then down to 0.

  After Smith and Topin 2018, "Super-Convergence", with the start and the rise
  of PyTorch's OneCycleLR, but linear, and with constant momentum.
  """

  def rate(step):
    done = tf.minimum(_float(step) / num_steps, 1.0)
    up = 1 / 25 + (1 - 1 / 25) * done / 0.3
    down = (1.0 - done) / (1.0 - 0.3)
    return highest_rate * tf.minimum(up, down)

  return rate


def warm_up(schedule: Schedule, warmup_steps: float) -> Schedule:
  """Rises linearly to `schedule(0)`, then follows `schedule` with that delay.

    rate(t) = schedule(0) * (t + 1) / (warmup_steps + 1)   if t < warmup_steps
    rate(t) = schedule(t - warmup_steps)                   from then on

  Large first steps can leave relu units negative for every image; then their
  gradient is 0 for good ("dying relu").
  """

  def rate(step):
    step = _float(step)
    rising = schedule(0) * (step + 1.0) / (warmup_steps + 1.0)
    return tf.where(
      step < warmup_steps,
      rising,
      schedule(tf.maximum(step - warmup_steps, 0.0)),
    )

  return rate


def _float(step):
  return tf.cast(step, tf.float32)
