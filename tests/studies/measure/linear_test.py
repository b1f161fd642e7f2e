"""Tests of linear.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.studies.measure import linear
from tests import small_data


def _pixels(images):
  return {'pixels': tf.reshape(datasets.to_float(images), [-1, 784])}


class RidgeTest(tf.test.TestCase):
  def test_two_examples_by_hand(self):
    # Centred and scaled, x is -1 and 1, and y is -2 and 2.
    x, y = np.array([[1.0], [5.0]]), np.array([[10.0], [14.0]])
    for alpha, one in zip(linear.ALPHAS, linear.ridge(x, y), strict=True):
      weight = 4 / (2 + alpha) / 2
      self.assertAllClose(one.weights, [[weight]])
      self.assertAllClose(one.biases, [12 - 3 * weight])

  def test_features_of_zeros_change_nothing(self):
    x = np.random.default_rng(0).normal(size=[40, 30])
    wide = np.hstack([x, np.zeros([40, 30])])  # solved by the other formula
    for few, many in zip(
      linear.ridge(x, x**2), linear.ridge(wide, x**2), strict=True
    ):
      self.assertAllClose(few(x), many(wide))

  def test_the_scale_of_the_features_changes_nothing(self):
    x = np.random.default_rng(0).normal(size=[40, 30])
    for small, large in zip(
      linear.ridge(x, x**2), linear.ridge(1000 * x, x**2), strict=True
    ):
      self.assertAllClose(small(x), large(1000 * x))

  def test_r2_by_hand(self):
    values = np.array([[0, 0], [2, 4]])  # squares around the means: 2 + 8
    self.assertAlmostEqual(
      linear.explained(np.array([[0, 0], [2, 2]]), values), 1 - 4 / 10
    )
    self.assertEqual(linear.explained(values.mean(axis=0), values), 0)
    self.assertEqual(linear.explained(values, values), 1)


class SoftmaxRegressionTest(tf.test.TestCase):
  def test_a_class_that_is_one_pixel_is_read_from_noise(self):
    random = np.random.default_rng(0)
    images = random.integers(10, size=(1000, 28, 28)).astype(np.uint8)
    labels = random.integers(10, size=1000).astype(np.uint8)
    images[range(1000), 0, labels] = 255
    found = linear.softmax_regressions(
      _pixels, datasets.Examples(images[:700], labels[:700]), 10, 30
    )
    scores = linear.read(_pixels, found, images[700:])['pixels']
    self.assertGreater(linear.accuracy(scores, labels[700:]), 0.99)

  def test_random_labels_are_read_at_chance(self):
    images, _ = small_data.examples(1000)
    labels = np.random.default_rng(1).integers(10, size=1000).astype(np.uint8)
    found = linear.softmax_regressions(
      _pixels, datasets.Examples(images[:500], labels[:500]), 10, 5
    )
    scores = linear.read(_pixels, found, images[500:])['pixels']
    self.assertBetween(linear.accuracy(scores, labels[500:]), 0.05, 0.15)

  def test_scale_and_shift_of_the_features_change_nothing(self):
    train = small_data.examples(400)

    def changed(images):
      pixels = _pixels(images)['pixels']
      return {'pixels': pixels, 'changed': 500 * pixels - 100}

    found = linear.softmax_regressions(changed, train, 10, 2)
    scores = linear.read(changed, found, train.images)
    self.assertGreater(linear.accuracy(scores['pixels'], train.labels), 0.8)
    self.assertAllClose(scores['pixels'], scores['changed'], 0.1, 0.1)

  def test_a_minimum_has_no_gradient(self):
    # With one feature of two values, softmax regression fits the frequencies
    # of the classes among the examples of each value.
    images = np.zeros([1280, 28, 28], np.uint8)
    images[640:] = 255
    labels = np.zeros(1280, np.uint8)
    labels[:160] = labels[640:1120] = 1  # a quarter, and three quarters

    def one_pixel(images):
      return {'pixel': datasets.to_float(images)[:, 0, 0]}

    examples = datasets.Examples(images, labels)
    found = linear.softmax_regressions(one_pixel, examples, 2, 40)
    scores = linear.read(one_pixel, found, images[[0, -1]])['pixel']
    shares = tf.nn.softmax(scores)[:, 1]
    self.assertAllClose(shares, [0.25, 0.75], atol=0.02)


class MeansTest(tf.test.TestCase):
  def test_the_nearest_mean_by_hand(self):
    known = np.array([[0, 0], [0, 2], [10, 0], [10, 2]])
    means = linear.class_means(known, np.array([1, 1, 0, 0]))
    self.assertAllEqual(means, [[10, 1], [0, 1]])
    new = np.array([[1, 5], [9, -3], [4.9, 1], [5.1, 1]])
    found = linear.closeness(new, means).argmax(axis=1)
    self.assertAllEqual(found, [1, 0, 1, 0])

  def test_two_components_restore_a_plane(self):
    random = np.random.default_rng(0)
    plane = random.normal(size=(2, 5))
    known = random.normal(size=(50, 2)) @ plane + 3
    new = random.normal(size=(10, 2)) @ plane + 3
    basis, mean = linear.components(known, 2), known.mean(axis=0)
    self.assertAllClose(mean + (new - mean) @ basis @ basis.T, new)
    one, centred = linear.components(known, 1), known - mean
    # No direction explains more: the largest singular value has its share.
    sizes = np.linalg.svd(centred)[1] ** 2
    self.assertAlmostEqual(
      linear.explained(centred @ one @ one.T, centred),
      sizes[0] / sizes.sum(),
      9,
    )


if __name__ == '__main__':
  tf.test.main()
