"""Tests of schedules.py."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.learning import schedules

# All over 60 steps, from or to a rate of 0.8; with the formula in NumPy.
_CASES = {
  'constant': (schedules.constant(0.8), lambda t: 0.8 + 0 * t),
  'exp': (
    schedules.exponential(0.8, 0.5, 10.0),
    lambda t: 0.8 * 0.5 ** (t / 10),
  ),
  'step': (
    schedules.staircase(0.8, 0.5, 10.0),
    lambda t: 0.8 * 0.5 ** (t // 10),
  ),
  'inverse_time': (
    schedules.inverse_time(0.8, 0.5, 10.0),
    lambda t: 0.8 / (1 + 0.5 * t / 10),
  ),
  'cosine': (
    schedules.cosine(0.8, 60.0),
    lambda t: 0.4 * (1 + np.cos(np.pi * t / 60)),
  ),
  'one_cycle': (
    schedules.one_cycle(0.8, 60.0),
    lambda t: np.interp(t, [0, 18, 60], [0.8 / 25, 0.8, 0]),
  ),
}
_CONTINUOUS = sorted(_CASES.keys() - {'step'})
_FINE = np.linspace(0.0, 70.0, 70_001)  # 1/1000 of a step apart


class SchedulesTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    ('constant', 1e6, 0.8),
    ('exp', 0, 0.8),
    ('exp', 10, 0.4),
    ('exp', 20, 0.2),
    ('step', 0, 0.8),
    ('step', 9.99, 0.8),
    ('step', 10, 0.4),
    ('step', 20, 0.2),
    ('inverse_time', 0, 0.8),
    ('inverse_time', 20, 0.4),
    ('inverse_time', 60, 0.2),
    ('cosine', 0, 0.8),
    ('cosine', 20, 0.6),
    ('cosine', 30, 0.4),
    ('cosine', 60, 0.0),
    ('cosine', 61, 0.0),
    ('one_cycle', 0, 0.032),
    ('one_cycle', 18, 0.8),
    ('one_cycle', 39, 0.4),
    ('one_cycle', 60, 0.0),
    ('one_cycle', 61, 0.0),
  )
  def test_rates_worked_out_by_hand(self, name, step, rate):
    self.assertAllClose(_CASES[name][0](step), rate)

  @parameterized.parameters(*_CASES)
  def test_fractions_of_a_step_follow_the_formula(self, name):
    schedule, formula = _CASES[name]
    steps = np.random.default_rng(0).uniform(0, 60, 1000).astype(np.float32)
    self.assertAllClose(schedule(steps), formula(steps))

  @parameterized.parameters(*_CASES)
  def test_a_step_may_be_of_any_type(self, name):
    schedule, formula = _CASES[name]
    for step in (25, 25.0, np.int64(25), tf.Variable(25, dtype=tf.int64)):
      rate = schedule(step)
      self.assertAllClose(rate, formula(25))
      self.assertEqual((rate.dtype, rate.shape), (tf.float32, []))

  @parameterized.parameters(*_CONTINUOUS)
  def test_continuous_in_the_step(self, name):
    self.assertLess(_largest_jump(_CASES[name][0]), 2e-4)

  @parameterized.parameters(*_CONTINUOUS)
  def test_continuous_after_a_warm_up(self, name):
    warm = schedules.warm_up(_CASES[name][0], 7.5)
    self.assertLess(_largest_jump(warm), 2e-4)

  def test_only_the_staircase_jumps(self):
    self.assertAllClose(_largest_jump(_CASES['step'][0]), 0.4)

  def test_one_cycle_is_highest_at_30_percent(self):
    rates = _CASES['one_cycle'][0](_FINE)
    self.assertAllClose(_FINE[np.argmax(rates)], 18.0)
    self.assertAllClose(np.max(rates), 0.8)


class WarmUpTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(*_CASES)
  def test_a_straight_line_and_then_the_schedule(self, name):
    schedule, formula = _CASES[name]
    warm = schedules.warm_up(schedule, 4.0)
    rising = formula(0) * np.array([1, 2, 3, 4, 5]) / 5
    self.assertAllClose(warm(np.arange(5)), rising)
    self.assertAllClose(warm(4 + 25.5), formula(25.5))


def _largest_jump(schedule):
  return np.abs(np.diff(schedule(_FINE))).max()


if __name__ == '__main__':
  tf.test.main()
