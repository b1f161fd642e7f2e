"""Tests of framing.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.measure import framing
from tests import small_data


def box(top, left, height, width):
  image = np.zeros((28, 28), np.uint8)
  image[top : top + height, left : left + width] = 200
  return image


class FramingTest(absltest.TestCase):
  def test_mnist_is_framed(self):
    self.assertTrue(framing.is_framed(small_data.examples(500).images))

  def test_a_box_of_20_in_the_centre_is_framed(self):
    # The centre of mass of rows 4 to 23 is 13.5, half a pixel before 14.
    self.assertTrue(framing.is_framed(box(4, 9, 20, 10)[np.newaxis]))

  def test_another_size_or_another_place_is_not(self):
    for image in (box(1, 1, 26, 26), box(0, 9, 20, 10), box(12, 12, 4, 4)):
      self.assertFalse(framing.is_framed(image[np.newaxis]))

  def test_black_images_are_not(self):
    self.assertFalse(framing.is_framed(np.zeros((3, 28, 28), np.uint8)))


if __name__ == '__main__':
  absltest.main()
