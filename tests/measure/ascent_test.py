"""Tests of ascent.py: optima that are known exactly, and properties."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.measure import ascent
from cnn_tf.measure import fields
from cnn_tf.measure import patches
from cnn_tf.run import settings as settings_lib
from tests import small_run

_SIZE = (28, 28)


def _climb(run, name, position, maps, **settings):
  target = ascent.Target(name, position)
  return ascent.climb(
    run.network, target, maps, _SIZE, ascent.Settings(**settings)
  )


class StartTest(tf.test.TestCase, parameterized.TestCase):
  def test_seed_and_number_determine_the_start(self):
    first, again, second, other = (
      ascent.start((20, 31), seed, number).numpy()
      for seed, number in ((0, 0), (0, 0), (0, 1), (1, 0))
    )
    self.assertAllEqual(first, again)
    self.assertNotAllClose(first, second)
    self.assertNotAllClose(first, other)

  @parameterized.parameters((28, 28), (1, 1), (64, 5))
  def test_images_of_any_size_have_pixels_from_0_to_1(self, *size):
    image = ascent.start(size, 0, 0)
    self.assertEqual(image.shape, size)
    self.assertAllInRange(image, 0, 1)

  def test_the_correlation_of_pixels_decreases_with_their_distance(self):
    images = np.array([ascent.start((28, 28), 0, n) for n in range(200)])
    centred = images - images.mean()
    correlations = [
      np.mean(centred[:, :, : 28 - distance] * centred[:, :, distance:])
      / np.mean(centred**2)
      for distance in (1, 4, 7, 14)
    ]
    self.assertAllInRange(np.diff(correlations), -1, -0.05)
    self.assertGreater(correlations[0], 0.8)
    self.assertGreater(correlations[-1], 0.1)


class KnownOptimaTest(tf.test.TestCase, parameterized.TestCase):
  def test_the_best_patch_of_a_conv1_kernel_is_white_at_positive_weights(self):
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS)
    geometries = run.geometries[:1]
    position = fields.centre(geometries[0])
    found = _climb(run, 'conv1', position, range(32))
    kernel = run.network.kernels['conv1'].numpy()[:, :, 0]
    best = np.maximum(kernel, 0).sum((0, 1)) + run.network.biases['conv1']
    self.assertAllClose(found.scores, np.repeat(best[:, None], 4, 1), rtol=0.01)
    for number, images in enumerate(found.images):
      patch = patches.cut(images[0, -1], geometries, position)
      large = np.abs(kernel[..., number]) > 0.05
      self.assertAllClose(patch[large], kernel[..., number][large] > 0)

  @parameterized.parameters('', 'conv 3 5x5 linear, avgpool 2x2')
  def test_the_best_image_of_a_linear_network_is_white_at_positive_weights(
    self, layers
  ):
    run = small_run.untrained(layers)
    found = _climb(run, 'logits', None, range(10))
    black, *pixels = np.eye(785, 784, -1).reshape(785, *_SIZE)
    target = ascent.Target('logits', None)
    bias, *logits = ascent.score(
      run.network, target, tf.constant([black, *pixels], tf.float32)
    ).numpy()
    weights = np.array(logits) - bias  # [pixels, classes]
    best = np.maximum(weights, 0).sum(axis=0) + bias
    self.assertAllClose(found.scores.max(axis=1), best, rtol=0.01)
    # Pixels with tiny weights move too slowly to become black or white.
    images = found.images[:, 0, -1].reshape(10, 784).T
    large = np.abs(weights) > 0.05 * np.abs(weights).max()
    self.assertAllClose(images[large], weights[large] > 0)

  def test_the_best_mean_of_a_conv1_map_sums_the_positive_gradients(self):
    run = small_run.untrained('conv 4 3x3')
    found = _climb(run, 'conv1', None, range(4))
    kernel = run.network.kernels['conv1'].numpy()[:, :, 0]
    # The gradient of the mean over 26x26 nodes with respect to each pixel.
    gradient = np.zeros([28, 28, 4])
    for y, x in np.ndindex(26, 26):
      gradient[y : y + 3, x : x + 3] += kernel / 26**2
    best = np.maximum(gradient, 0).sum((0, 1)) + run.network.biases['conv1']
    self.assertAllClose(found.scores.max(axis=1), best, rtol=0.01)


class AscentTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    {}, {'jitter': 2}, {'smoothing': 0.3}, {'rate': 50.0}
  )
  def test_pixels_stay_between_black_and_white(self, **settings):
    run = small_run.untrained()
    found = _climb(run, 'conv2', None, range(6), num_steps=20, **settings)
    self.assertEqual(found.images.shape, (6, 4, 4, *_SIZE))
    self.assertEqual(found.steps, (0, 1, 10, 20))
    self.assertAllInRange(found.images, 0, 1)

  def test_the_score_rises_along_the_trajectory(self):
    run = small_run.untrained()
    found = _climb(run, 'dense1', None, [5, 2], num_steps=40)
    target = ascent.Target('dense1', None)
    for index, number in enumerate([5, 2]):
      first, second, _, last = (
        ascent.score(run.network, target, images)[:, number].numpy()
        for images in np.moveaxis(found.images[index], 1, 0)
      )
      self.assertAllGreater(second - first, 0)
      self.assertAllGreater(last - second, 0)
      self.assertAllClose(found.scores[index], last)

  def test_the_best_trajectory_starts_where_the_score_ends_highest(self):
    images = np.arange(12.0).reshape(2, 3, 2, 1, 1)
    scores = np.array([[1, 3, 2], [5, 4, 0]])
    found = ascent.Climb(scores, images, (0, 9))
    self.assertAllEqual(found.best_trajectory(0).ravel(), [2, 3])
    self.assertAllEqual(found.best_trajectory(1).ravel(), [6, 7])

  @parameterized.parameters(1.0, 1e-30)
  def test_the_direction_does_not_depend_on_the_size_of_the_gradient(self, c):
    gradient = c * tf.constant([[[3.0, 0.0], [0.0, 4.0]], [[0.0] * 2] * 2])
    direction = ascent.normalise(gradient)
    root = np.sqrt(25 / 2)  # of the mean square of two pixels
    expected = [[[3 / root, 0], [0, 4 / root]], [[0, 0], [0, 0]]]
    self.assertAllClose(direction, expected)

  def test_without_a_gradient_the_image_stays(self):
    run = small_run.untrained('dense 4')
    run.network.biases['dense1'].assign(tf.fill([4], -1e3))  # relu gives 0
    found = _climb(run, 'logits', None, [2, 7], num_steps=20)
    self.assertAllEqual(found.images[:, :, -1], found.images[:, :, 0])
    biases = run.network.biases['logits'].numpy()[[2, 7]]
    self.assertAllClose(found.scores, np.repeat(biases[:, np.newaxis], 4, 1))

  def test_the_objective_is_taken_before_the_activation_function(self):
    run = small_run.untrained()
    run.network.biases['conv1'].assign(tf.fill([4], -1.0))
    # A black image gives -1 everywhere: after relu the gradient would be zero.
    black = tf.zeros([1, *_SIZE])
    for position in (None, (3, 4)):
      target = ascent.Target('conv1', position)
      scores = ascent.score(run.network, target, black)
      self.assertAllClose(scores, [[-1.0] * 4])

  def test_the_result_for_a_map_does_not_depend_on_the_other_maps(self):
    run = small_run.untrained()
    together = _climb(run, 'conv2', None, range(6), num_steps=20, jitter=1)
    alone = _climb(run, 'conv2', None, [3], num_steps=20, jitter=1)
    self.assertAllClose(together.scores[3:4], alone.scores, rtol=1e-3)

  def test_smoothing_at_least_halves_the_differences_of_neighbours(self):
    run = small_run.untrained()
    rough, smooth = (
      np.abs(np.diff(_climb(run, 'logits', None, [1], **s).images[0, :, -1]))
      for s in ({}, {'smoothing': 0.5})
    )
    self.assertLess(smooth.mean(), rough.mean() / 2)


if __name__ == '__main__':
  tf.test.main()
