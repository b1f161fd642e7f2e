"""Tests of compare.py."""

import numpy as np
from absl.testing import absltest

from tests.search import compare


class RelativeErrorTest(absltest.TestCase):
  def test_it_is_relative_to_the_largest_value_of_all_arrays(self):
    actual, expected = [[1.0, 2.0], [[7.5]]], [[1.0, 2.5], [[8.0]]]
    self.assertEqual(compare.relative_error(actual, expected), 0.5 / 8)

  def test_equal_is_0_even_if_everything_is_0(self):
    self.assertEqual(compare.relative_error([np.zeros(2)], [np.zeros(2)]), 0)
    self.assertEqual(
      compare.relative_error([np.ones(2)], [np.zeros(2)]), np.inf
    )

  def test_another_shape_or_a_value_that_is_not_finite_is_infinitely_far(self):
    for actual in ([[1.0]], [1.0, np.nan], [np.inf, 1.0]):
      self.assertEqual(compare.relative_error([actual], [np.ones(2)]), np.inf)


if __name__ == '__main__':
  absltest.main()
