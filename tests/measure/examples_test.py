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
