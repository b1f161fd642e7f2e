"""Tests of intervals.py."""

import math

import numpy as np
from absl.testing import absltest
from scipy import stats

from cnn_tf.measure import intervals


class IntervalsTest(absltest.TestCase):
  def test_numbers_by_hand(self):
    # Mean 2, deviation 1, and t = 4.303 for two degrees of freedom.
    found = intervals.describe([1.0, 2.0, 3.0])
    self.assertEqual((found.mean, found.deviation), (2.0, 1.0))
    self.assertAlmostEqual(found.high, 2 + 4.303 / math.sqrt(3))
    self.assertAlmostEqual(found.low, 2 - 4.303 / math.sqrt(3))

  def test_scipy_has_the_same_quantiles(self):
    for n in range(2, 32):
      found = intervals.describe([0.0] * (n - 1) + [1.0])
      standard_error = found.deviation / math.sqrt(n)
      quantile = (found.high - found.mean) / standard_error
      self.assertAlmostEqual(quantile, stats.t.ppf(0.975, n - 1), delta=5e-4)

  def test_with_more_values_the_interval_is_at_most_five_percent_too_wide(self):
    for n in (32, 50, 1000):
      found = intervals.describe([0.0] * (n - 1) + [1.0])
      quantile = (found.high - found.mean) / (found.deviation / math.sqrt(n))
      exact = stats.t.ppf(0.975, n - 1)
      self.assertBetween(quantile / exact, 1, 1.05)

  def test_one_value_has_no_interval(self):
    found = intervals.describe([5.0])
    self.assertEqual(found.mean, 5.0)
    self.assertTrue(math.isnan(found.low) and math.isnan(found.deviation))

  def test_equal_seeds_are_compared_with_each_other(self):
    # Differences 1, 2, 0: mean 1, deviation 1.
    found = intervals.difference([11.0, 32.0, 20.0], [10.0, 30.0, 20.0])
    self.assertEqual(found, intervals.describe([1.0, 2.0, 0.0]))
    self.assertEqual((found.mean, found.deviation), (1.0, 1.0))
    with self.assertRaises(ValueError):
      intervals.difference([1.0, 2.0], [1.0])

  def test_spread_by_hand(self):
    # Deviation sqrt(2), t(1, 0.975) = 12.706: 12.706 * sqrt(2) / sqrt(2).
    self.assertEqual(intervals.spread([1, 3]), '2.00 ± 12.71')
    self.assertEqual(intervals.spread([2.0], 1), '2.0')
    self.assertEqual(intervals.spread(np.array([1, 3])), '2.00 ± 12.71')
    # Deviation 1, t(2, 0.975) = 4.303: 4.303 / sqrt(3).
    self.assertEqual(intervals.percent([0.5, 0.51, 0.52]), '51.00 ± 2.48')


if __name__ == '__main__':
  absltest.main()
