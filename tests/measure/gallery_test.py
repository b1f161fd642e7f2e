"""Tests of gallery.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.measure import gallery


class GalleryTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.labels = np.array([0, 1, 0, 1, 0, 0])
    shares = [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3], [0.1, 0.9]]
    self.log_probabilities = np.log([*shares, [0.8, 0.2]])

  def test_the_worst_mistake_comes_first(self):
    chosen = gallery.choose(self.log_probabilities, self.labels)
    self.assertEqual(chosen.mistakes, [4, 3, 2])

  def test_the_others_are_sorted_by_class(self):
    chosen = gallery.choose(self.log_probabilities, self.labels)
    self.assertEqual(chosen.of_classes, [0, 5, 1])

  def test_classes_take_turns_where_there_is_little_room(self):
    chosen = gallery.choose(self.log_probabilities, self.labels, 3, 1)
    self.assertEqual(chosen, ([0, 1], [4]))

  def test_no_mistake_is_no_error(self):
    right = np.log([[0.9, 0.1], [0.1, 0.9]])
    self.assertEqual(gallery.choose(right, np.array([0, 1])), ([0, 1], []))


if __name__ == '__main__':
  absltest.main()
