"""Tests of starts.py."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.measure import starts


class StartsTest(tf.test.TestCase, parameterized.TestCase):
  def test_a_seed_gives_its_starts_and_another_one_others(self):
    first, again, second, other = (
      starts.draw((20, 31), seed, number).numpy()
      for seed, number in ((0, 0), (0, 0), (0, 1), (1, 0))
    )
    self.assertAllEqual(first, again)
    self.assertNotAllClose(first, second)
    self.assertNotAllClose(first, other)

  @parameterized.parameters((28, 28), (1, 1), (64, 5))
  def test_any_size_of_image_is_filled_with_pixels(self, *size):
    image = starts.draw(size, 0, 0)
    self.assertEqual(image.shape, size)
    self.assertAllInRange(image, 0, 1)

  def test_pixels_are_the_less_alike_the_further_they_lie_apart(self):
    images = np.array([starts.draw((28, 28), 0, n) for n in range(200)])
    centre = images - images.mean()
    likeness = [
      np.mean(centre[:, :, : 28 - distance] * centre[:, :, distance:])
      / np.mean(centre**2)
      for distance in (1, 4, 7, 14)
    ]
    self.assertAllInRange(np.diff(likeness), -1, -0.05)
    self.assertGreater(likeness[0], 0.8)
    self.assertGreater(likeness[-1], 0.1)


if __name__ == '__main__':
  tf.test.main()
