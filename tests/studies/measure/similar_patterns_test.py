"""Tests of similar_patterns.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.studies.measure import similar_patterns


class SharesTest(tf.test.TestCase):
  def test_the_best_itself_does_not_count(self):
    scores = np.array([[2, 1, 1.5], [4, 10, 8]])
    share = similar_patterns.share_of_best(scores)
    self.assertAllClose(share, (0.5 + 0.75 + 0.4 + 0.8) / 4)

  def test_dead_maps_are_left_out(self):
    scores = np.array([[2.0, 1.0], [-3.0, -2.0]])
    self.assertEqual(similar_patterns.share_of_best(scores), 0.5)


class CorrelationTest(tf.test.TestCase):
  def test_equal_and_opposite_pixels_by_hand(self):
    # Equal from both starts; between the maps half of the pixels are equal.
    found = np.array([[[[1, 1]], [[1, 1]]], [[[1, 0]], [[1, 0]]]])
    self.assertAllClose([*similar_patterns.correlate(found, 0)], (1, 0))
    found = np.array([[[[1, 1, 1, 0]], [[1, 1, 1, 1]]]] * 2)
    self.assertAllClose([*similar_patterns.correlate(found, 0)], (0.5, 0.5))

  def test_patterns_from_the_same_start_are_not_compared(self):
    untouched = np.array([[[[1, 0]], [[0, 1]]]] * 3)
    found = similar_patterns.correlate(untouched, 0)
    self.assertAllClose([*found], (-1, -1))

  def test_a_pattern_that_moved_is_found_within_reach(self):
    random = np.random.default_rng(0)
    image = random.uniform(size=(12, 12))
    moved = np.roll(image, (2, -1), (0, 1))
    patterns = np.array([[image, moved]])
    for reach, equal in ((0, False), (1, False), (2, True), (3, True)):
      with self.subTest(reach):
        [one_map, _] = similar_patterns.correlate(patterns, reach)
        self.assertEqual(bool(one_map > 0.999), equal)
        self.assertLess(one_map, 1 + 1e-9)

  def test_only_the_common_pixels_are_compared(self):
    # Moved by one column, the common pixels are 1 0 and 1 0.
    patterns = np.array([[[[1.0, 0, 0]], [[1, 1, 0]]]])
    # Offsets on the rows leave no pixel of a single row, so two rows.
    patterns = np.repeat(patterns, 2, axis=2)
    one_map = similar_patterns.correlate(patterns, 1).one_map
    self.assertAllClose(one_map, 1)
    self.assertAllClose(similar_patterns.correlate(patterns, 0).one_map, 1 / 3)


if __name__ == '__main__':
  tf.test.main()
