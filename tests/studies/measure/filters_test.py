"""Tests of filters.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.studies.measure import filters
from tests import small_data


def initial():
  return np.random.default_rng(5).normal(size=[3, 3, 1, 16])


class PatchesTest(tf.test.TestCase):
  def test_they_are_parts_of_the_images(self):
    image = np.zeros([1, 3, 4], np.uint8)
    image[0, 0] = [255, 51, 0, 102]  # 1, 0.2, 0 and 0.4
    found = filters.patches(image, 3, 50, seed=0)
    rows = np.unique(found[:, :3], axis=0)
    self.assertAllClose(rows, [[0.2, 0, 0.4], [1, 0.2, 0]])
    self.assertAllEqual(found[:, 3:], np.zeros([50, 6]))

  def test_patches_of_one_grey_are_left_out(self):
    images = small_data.examples(20).images
    found = filters.patches(images, 3, 1000, seed=0)
    self.assertBetween(len(found), 200, 900)  # most of a digit is black
    self.assertGreaterEqual(np.ptp(found, axis=1).min(), 1 / 256)


class FiltersTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.images = small_data.examples(200).images

  def test_equal_norms_and_the_norm_of_the_other_kernel(self):
    for make in (
      filters.of_clusters,
      filters.of_components,
      filters.of_patches,
      filters.without_means,
      filters.of_equal_norms,
    ):
      found = make(self.images, initial(), seed=0)
      self.assertEqual((found.shape, found.dtype), ((3, 3, 1, 16), np.float32))
      norms = np.linalg.norm(found.reshape(9, 16), axis=0)
      self.assertAllClose(norms, [np.linalg.norm(initial()) / 4] * 16)

  def test_clusters_are_filters_without_a_mean_and_all_different(self):
    found = filters.of_clusters(self.images, initial(), 0).reshape(9, 16)
    self.assertAllClose(found.mean(axis=0), np.zeros(16), atol=1e-6)
    cosines = np.corrcoef(found.T) - np.eye(16)
    self.assertLess(cosines.max(), 0.99)

  def test_patches_are_filters_without_a_mean(self):
    found = filters.of_patches(self.images, initial(), 0).reshape(9, 16)
    self.assertAllClose(found.mean(axis=0), np.zeros(16), atol=1e-6)
    patch = filters.patches(self.images, 3, 20000, seed=0)[0]
    self.assertAllClose(np.corrcoef(found[:, 0], patch)[0, 1], 1)

  def test_random_filters_without_their_means(self):
    found = filters.without_means(self.images, initial(), 0).reshape(9, 16)
    self.assertAllClose(found.mean(axis=0), np.zeros(16), atol=1e-6)
    before = initial().reshape(9, 16)
    for index in range(16):
      cosine = np.corrcoef(found[:, index], before[:, index])[0, 1]
      self.assertAllClose(cosine, 1)

  def test_random_filters_of_equal_norms_keep_their_directions(self):
    found = filters.of_equal_norms(self.images, initial(), 0).reshape(9, 16)
    before = initial().reshape(9, 16)
    units = before / np.linalg.norm(before, axis=0)
    self.assertAllClose(found / np.linalg.norm(found, axis=0), units)

  def test_components_are_orthogonal_and_have_negatives(self):
    found = filters.of_components(self.images, initial(), 0).reshape(9, 16)
    self.assertAllEqual(found[:, :8], -found[:, 8:])
    products = found[:, :8].T @ found[:, :8]
    self.assertAllClose(products, products[0, 0] * np.eye(8), atol=1e-5)

  def test_the_last_component_is_the_grey_of_a_patch(self):
    # Pixels of a patch are alike, so their sum varies most.
    found = filters.of_components(self.images, initial(), 0).reshape(9, 16)
    last = found[:, 7] / np.linalg.norm(found[:, 7])
    self.assertGreater(abs(last.sum()) / 3, 0.95)

  def test_pixels_stay_in_their_order(self):
    # Everything that differs is in the row at the top.
    images = np.zeros([50, 3, 3], np.uint8)
    images[:, 0] = np.random.default_rng(0).integers(256, size=[50, 3])
    found = filters.of_clusters(images, initial(), 0)
    below = found[1:].reshape(6, 16)
    self.assertAllClose(below, np.tile(below[:1], [6, 1]), atol=1e-6)
    self.assertGreater(np.ptp(found[0, :, 0], axis=0).min(), 0.1)


if __name__ == '__main__':
  tf.test.main()
