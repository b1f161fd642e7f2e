"""Tests of shifts.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.studies.measure import shifts
from tests import small_run


def _noise(count):
  """Images without a dark border, so that pixels that move in are noticed."""
  random = np.random.default_rng(0)
  return random.integers(256, size=(count, 28, 28), dtype=np.uint8)


def _largest(image, y, x):
  return image[3 * y : 3 * y + 3, 3 * x : 3 * x + 3].max() / 255


class MoveTest(tf.test.TestCase):
  def test_by_hand(self):
    images = np.arange(1, 10, dtype=np.uint8).reshape(1, 3, 3)
    for (down, right), expected in {
      (0, 0): [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
      (1, 0): [[0, 0, 0], [1, 2, 3], [4, 5, 6]],
      (-1, 0): [[4, 5, 6], [7, 8, 9], [0, 0, 0]],
      (0, 2): [[0, 0, 1], [0, 0, 4], [0, 0, 7]],
      (1, -1): [[0, 0, 0], [2, 3, 0], [5, 6, 0]],
      (0, 3): [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
    }.items():
      with self.subTest(down=down, right=right):
        shifted = shifts.move(images, down, right)
        self.assertAllEqual(shifted[0], expected)
        self.assertEqual(shifted.dtype, np.uint8)

  def test_a_canvas_has_the_image_in_its_centre(self):
    images = np.ones((2, 3, 4), np.uint8)
    found = shifts.on_canvas(images, 8)
    self.assertEqual((found.shape, found.dtype), ((2, 8, 8), np.uint8))
    self.assertAllEqual(found[:, 2:5, 2:6], images)
    self.assertEqual(found.sum(), images.sum())


class PredictionsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.run_ = small_run.untrained('', count=200)
    self.test = self.run_.data.test
    self.bright = (self.test.images > 127).astype(int)

  def set_class_by_pixel(self):
    """Class 1 if row 14, column 12 is bright, otherwise class 0."""
    kernel, bias = np.zeros((784, 10)), np.zeros(10)
    kernel[14 * 28 + 12, 1] = 1.0
    bias[0] = 0.5
    self.run_.network.kernels['logits'].assign(kernel)
    self.run_.network.biases['logits'].assign(bias)

  def test_of_a_network_that_uses_one_pixel(self):
    self.set_class_by_pixel()
    distances = (0, 1, 3)
    found = shifts.predictions(self.run_.network, self.test, distances)
    for i, d in enumerate(distances):
      predicted = np.array(
        [self.bright[:, 14 + step, 12] for step in (d, -d)]
        + [self.bright[:, 14, 12 + step] for step in (d, -d)]
      )
      unshifted = self.bright[:, 14, 12]
      agreement = np.mean(predicted == unshifted)
      accuracy = np.mean(predicted == self.test.labels)
      self.assertAllClose(found.agreement[i], agreement)
      self.assertAllClose(found.accuracy[i], accuracy)

  def test_a_constant_network_agrees_at_any_distance(self):
    self.run_.network.kernels['logits'].assign(tf.zeros([784, 10]))
    found = shifts.predictions(self.run_.network, self.test, (0, 1, 6))
    self.assertAllEqual(found.agreement, np.ones(3))

  def test_a_network_that_moves_the_image_back_sees_no_shift(self):
    self.set_class_by_pixel()

    def of_shift(down, right):
      return lambda images: self.run_.network(
        tf.roll(images, (-down, -right), (1, 2))
      )

    # Ink that leaves the frame is lost, but not near row 14, column 12.
    found = shifts.predictions(
      self.run_.network, self.test, (0, 2, 5), of_shift
    )
    self.assertAllEqual(found.agreement, np.ones(3))


class EquivarianceTest(tf.test.TestCase):
  def error(self, layers, name, images, distance):
    run = small_run.untrained(layers)
    [layer] = [x for x in run.geometries if x.spec.name == name]

    def maps(images):
      return run.network.activations(datasets.to_float(images))[name].numpy()

    strides = layer.effective_stride
    return shifts.equivariance_error(maps, images, strides, distance)

  def test_layers_have_the_period_of_their_effective_stride(self):
    layers = 'conv 4 3x3, maxpool 2x2, conv 6 3x3, avgpool 2x2, conv 6 3x3'
    for name, period in {
      'conv1': 1,
      'pool1': 2,
      'conv2': 2,
      'pool2': 4,
      'conv3': 4,
    }.items():
      for distance in range(1, 9):
        error = self.error(layers, name, _noise(10), distance)
        with self.subTest(f'{name} at {distance}'):
          if distance % period:
            self.assertGreater(error, 0.05)
          else:
            self.assertEqual(error, 0)

  def test_between_two_nodes_it_equals_that_of_loops(self):
    images = _noise(2)
    for distance, nodes, first in ((1, 0, 1), (2, 1, 1), (5, 2, 2)):
      differences, size = 0.0, 0.0
      # Shifting right is shifting the transposed image down.
      for image in [*images, *images.transpose(0, 2, 1)]:
        moved = np.zeros((28, 28))
        moved[distance:] = image[:-distance]
        for y in range(first, 9):
          for x in range(9):
            a = _largest(moved, y, x)
            b = _largest(image, y - nodes, x)
            differences += (a - b) ** 2
            size += b**2
      error = self.error('maxpool 3x3 stride 3', 'pool1', images, distance)
      self.assertAllClose(error, (differences / size) ** 0.5)

  def test_a_bias_does_not_count(self):
    def pooled(images):
      pixels = images[:, ::2, ::2, np.newaxis] / 255
      return np.concatenate([pixels, pixels**2], axis=-1)

    def biased(images):
      return pooled(images) + [3.0, -50.0]

    first, second = (
      shifts.equivariance_error(maps, _noise(5), (2, 2), 1)
      for maps in (pooled, biased)
    )
    self.assertGreater(first, 0.5)
    self.assertAllClose(first, second)


if __name__ == '__main__':
  tf.test.main()
