"""Tests of centres.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.studies.measure import centres
from tests import small_data


class CentresTest(tf.test.TestCase):
  def test_distances_by_hand(self):
    images = np.array([[[255, 0]], [[0, 0]]], np.uint8)
    points = np.array([[1, 0], [0, 1], [0.6, 0.8]])
    self.assertAllClose(
      centres.distances(images, points),
      [[0, np.sqrt(2), np.sqrt(0.8)], [1, 1, 1]],
    )

  def test_black_and_white_are_two_clusters(self):
    black_and_white = np.repeat([0, 255], 50).astype(np.uint8)
    images = np.broadcast_to(black_and_white[:, None, None], [100, 4, 4])
    found = centres.k_means(images, 2, seed=0)
    order = found[:, 0].argsort()
    self.assertAllClose(found[order], [[0] * 16, [1] * 16])

  def test_centres_are_nearer_to_the_images_than_random_images_are(self):
    images = small_data.examples(640).images
    nearest = [
      centres.distances(images, find(images, 20, seed=0)).min(axis=1)
      for find in (centres.k_means, centres.random_images)
    ]
    for distances in nearest:  # a random image is at no distance from itself
      self.assertLess(
        np.mean(distances**2), np.mean(centres.pixels(images) ** 2) * 784
      )
    self.assertLess(np.mean(nearest[0] ** 2), 0.8 * np.mean(nearest[1] ** 2))
    # A random image is at no distance from itself, up to rounding.
    self.assertAllLess(np.sort(nearest[1])[:20], 0.1)


if __name__ == '__main__':
  tf.test.main()
