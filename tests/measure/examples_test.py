"""Tests of examples.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.measure import examples
from tests import small_data


def box(top, left, height, width):
  image = np.zeros((28, 28), np.uint8)
  image[top : top + height, left : left + width] = 200
  return image


class GalleryTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.labels = np.array([0, 1, 0, 1, 0, 0])
    shares = [[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3], [0.1, 0.9]]
    self.log_probabilities = np.log([*shares, [0.8, 0.2]])

  def test_the_worst_mistake_comes_first(self):
    chosen = examples.choose(self.log_probabilities, self.labels)
    self.assertEqual(chosen.mistakes, [4, 3, 2])

  def test_the_others_are_sorted_by_class(self):
    chosen = examples.choose(self.log_probabilities, self.labels)
    self.assertEqual(chosen.of_classes, [0, 5, 1])

  def test_classes_take_turns_where_there_is_little_room(self):
    chosen = examples.choose(self.log_probabilities, self.labels, 3, 1)
    self.assertEqual(chosen, ([0, 1], [4]))

  def test_no_mistake_is_no_error(self):
    right = np.log([[0.9, 0.1], [0.1, 0.9]])
    self.assertEqual(examples.choose(right, np.array([0, 1])), ([0, 1], []))


class NearlyMistakenTest(absltest.TestCase):
  def test_it_is_right_with_the_smallest_margin(self):
    shares = [[0.6, 0.3, 0.1], [0.1, 0.5, 0.4], [0.2, 0.2, 0.6]]
    labels = np.array([0, 1, 2])
    self.assertEqual(examples.nearly_mistaken(np.log(shares), labels), 1)
    # The smallest difference of all belongs to a mistake.
    labels[1] = 2
    self.assertEqual(examples.nearly_mistaken(np.log(shares), labels), 0)

  def test_if_all_are_wrong_it_is_the_first(self):
    shares = [[0.6, 0.4], [0.9, 0.1]]
    labels = np.array([1, 1])
    self.assertEqual(examples.nearly_mistaken(np.log(shares), labels), 0)

  def test_a_single_class_has_no_margin(self):
    found = examples.nearly_mistaken(np.zeros([2, 1]), np.array([0, 0]))
    self.assertEqual(found, 0)


class ClassesTest(absltest.TestCase):
  def test_the_first_of_a_class(self):
    labels = np.array([3, 1, 3, 3, 0])
    self.assertEqual(examples.of_class(labels, 3, 2).tolist(), [0, 2])
    self.assertEqual(examples.of_class(labels, 2, 2).tolist(), [])

  def test_mistakes_in_both_directions_count(self):
    # 0 is taken for 1 once; 0 for 2 once, and 2 for 0 once.
    labels = np.array([0, 0, 0, 1, 2, 2])
    answers = np.array([0, 1, 2, 1, 0, 2])
    found = examples.confused(np.log(0.8 * np.eye(3)[answers] + 0.1), labels)
    self.assertEqual(found.tolist(), [2, 0, 0])

  def test_without_mistakes_the_probabilities_decide(self):
    shares = [[0.7, 0.1, 0.2], [0.1, 0.8, 0.1], [0.2, 0.0, 0.8]]
    with np.errstate(divide='ignore'):
      found = examples.confused(np.log(shares), np.arange(3))
    self.assertEqual(found.tolist(), [2, 0, 0])

  def test_one_mistake_weighs_more_than_all_probabilities(self):
    # The third is the only mistake: 1 for 2.
    shares = [[0.51, 0.48, 0.01], [0.49, 0.5, 0.01], [0.3, 0.3, 0.4]]
    found = examples.confused(np.log(shares), np.array([0, 1, 1]))
    self.assertEqual(found.tolist(), [1, 2, 1])

  def test_a_class_that_is_alone_is_paired_with_itself(self):
    found = examples.confused(np.zeros([2, 1]), np.array([0, 0]))
    self.assertEqual(found.tolist(), [0])


class FramingTest(absltest.TestCase):
  def test_mnist_is_framed(self):
    self.assertTrue(examples.is_framed(small_data.examples(500).images))

  def test_a_box_of_20_in_the_centre_is_framed(self):
    # The centre of mass of rows 4 to 23 is 13.5, half a pixel before 14.
    self.assertTrue(examples.is_framed(box(4, 9, 20, 10)[np.newaxis]))

  def test_another_size_or_another_place_is_not(self):
    for image in (box(1, 1, 26, 26), box(0, 9, 20, 10), box(12, 12, 4, 4)):
      self.assertFalse(examples.is_framed(image[np.newaxis]))

  def test_black_images_are_not(self):
    self.assertFalse(examples.is_framed(np.zeros((3, 28, 28), np.uint8)))


if __name__ == '__main__':
  absltest.main()
