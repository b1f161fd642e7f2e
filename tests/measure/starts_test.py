"""Tests of starts.py."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.measure import starts


class StartsTest(tf.test.TestCase, parameterized.TestCase):
  def test_seed_and_number_determine_the_start(self):
    first, again, second, other = (
      starts.draw((20, 31), seed, number).numpy()
      for seed, number in ((0, 0), (0, 0), (0, 1), (1, 0))
    )
    self.assertAllEqual(first, again)
    self.assertNotAllClose(first, second)
    self.assertNotAllClose(first, other)

  @parameterized.parameters((28, 28), (1, 1), (64, 5))
  def test_images_of_any_size_have_pixels_from_0_to_1(self, *size):
    image = starts.draw(size, 0, 0)
    self.assertEqual(image.shape, size)
    self.assertAllInRange(image, 0, 1)

  def test_the_correlation_of_pixels_decreases_with_their_distance(self):
    images = np.array([starts.draw((28, 28), 0, n) for n in range(200)])
    centred = images - images.mean()
    correlations = [
      np.mean(centred[:, :, : 28 - distance] * centred[:, :, distance:])
      / np.mean(centred**2)
      for distance in (1, 4, 7, 14)
    ]
    self.assertAllInRange(np.diff(correlations), -1, -0.05)
    self.assertGreater(correlations[0], 0.8)
    self.assertGreater(correlations[-1], 0.1)


if __name__ == '__main__':
  tf.test.main()
