"""Tests of augment.py: hand numbers, NumPy, and what no draw may break."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.tricks import augment
from cnn_tf.tricks import draws
from tests import small_data

_ALL = augment.Augmentation(2, True, 10.0, 0.1, 5.0, 0.5)


def _images(*grids):
  """Grids of numbers -> `[batch, height, width, 1]`."""
  return tf.constant(grids, tf.float32)[..., tf.newaxis]


def _draw(count, step=0):
  return draws.draw_for(3, tf.constant(step, tf.int64), tf.range(count))


def _random_images(count, height=9, width=7):
  return tf.random.stateless_uniform([count, height, width, 1], [1, 2], 0.1)


class ShiftTest(tf.test.TestCase, parameterized.TestCase):
  def test_one_down_and_two_to_the_left_moves_a_pixel_there(self):
    images = np.zeros([1, 6, 6, 1], np.float32)
    images[0, 3, 4] = 0.3
    shifted = augment.shift(tf.constant(images), tf.constant([[1, -2]]))
    self.assertAllEqual(np.argwhere(shifted), [[0, 4, 2, 0]])
    self.assertAllEqual(shifted[0, 4, 2, 0], images[0, 3, 4, 0])

  def test_zeros_come_in_and_each_image_has_its_own_shift(self):
    grid = [[1, 2, 3], [4, 5, 6]]
    pixels = tf.constant([[0, 0], [1, 0], [0, -1], [-1, 2], [2, 0], [0, 3]])
    shifted = augment.shift(_images(*[grid] * 6), pixels)
    expected = [
      grid,
      [[0, 0, 0], [1, 2, 3]],
      [[2, 3, 0], [5, 6, 0]],
      [[0, 0, 4], [0, 0, 0]],
      [[0, 0, 0], [0, 0, 0]],
      [[0, 0, 0], [0, 0, 0]],
    ]
    self.assertAllEqual(shifted[..., 0], expected)

  def test_every_shift_is_equally_probable(self):
    images = np.zeros([9000, 5, 5, 1], np.float32)
    images[:, 2, 2] = 1
    most = augment.Augmentation(shift=1)
    changed = augment.augment(tf.constant(images), most, _draw(9000))
    counts = np.sum(changed[..., 0], axis=0)
    self.assertAllEqual(counts[1:4, 1:4].sum(), 9000)
    self.assertAllInRange(counts[1:4, 1:4], 900, 1100)  # 1,000 expected


class FlipTest(tf.test.TestCase):
  def test_left_and_right_change_places(self):
    images = _images([[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]])
    flipped = augment.flip(images, tf.constant([True, False]))
    self.assertAllEqual(flipped[0, :, :, 0], [[3, 2, 1], [6, 5, 4]])
    self.assertAllEqual(flipped[1], images[1])

  def test_twice_is_the_identity(self):
    images, both = _random_images(2), tf.constant([True, True])
    again = augment.flip(augment.flip(images, both), both)
    self.assertAllEqual(again, images)

  def test_half_of_the_images_are_flipped(self):
    images = _images(*[[[1.0, 0.0]]] * 2000)
    most = augment.Augmentation(flip=True)
    flipped = augment.augment(images, most, _draw(2000))
    self.assertBetween(np.sum(flipped[:, 0, 1]), 900, 1100)


def _in_numpy(image, angle, factor, shear):
  """Each output pixel from the point that moves there, by loops."""
  a, k = np.deg2rad(angle), np.tan(np.deg2rad(shear))
  rotation = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
  back = np.linalg.inv(factor * rotation @ np.array([[1, k], [0, 1]]))
  height, width = image.shape
  middle = np.array([width - 1, height - 1]) / 2
  output = np.zeros_like(image)
  for y, x in np.ndindex(height, width):
    from_x, from_y = back @ (np.array([x, y]) - middle) + middle
    for i, j in np.ndindex(height, width):
      weight = max(0, 1 - abs(from_y - i)) * max(0, 1 - abs(from_x - j))
      output[y, x] += weight * image[i, j]
  return output


class WarpTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(8, 9)
  def test_a_quarter_turn_is_that_of_numpy(self, size):
    image = _random_images(1, size, size)
    turned = augment.warp(image, *tf.constant([[90.0], [1.0], [0.0]]))
    expected = np.rot90(image[0, :, :, 0])
    self.assertAllClose(turned[0, :, :, 0], expected, atol=1e-5)

  def test_no_warp_does_not_change_a_bit(self):
    images = _random_images(3, 28, 28)
    zeros, ones = tf.zeros(3), tf.ones(3)
    self.assertAllEqual(augment.warp(images, zeros, ones, zeros), images)

  def test_twice_as_large(self):
    # The corners of the image are 0.5 from the middle, so the output pixels
    # are at 0.25 and 0.75 of the way from one to the other.
    image = _images([[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]])
    enlarged = augment.warp(image, *tf.constant([[0.0], [2.0], [0.0]]))
    middle = [[1.75, 2.25], [2.75, 3.25]]
    self.assertAllClose(enlarged[0, 1:3, 1:3, 0], middle)
    self.assertAllClose(enlarged[0, 0, 1, 0], 0.75 * 1.25)

  def test_a_shear_leans_a_vertical_line(self):
    image = np.zeros([1, 5, 5, 1], np.float32)
    image[0, :, 2] = 1
    leaning = augment.warp(
      tf.constant(image), *tf.constant([[0.0], [1.0], [45.0]])
    )
    self.assertAllClose(leaning[0, :, :, 0], np.eye(5), atol=1e-5)

  @parameterized.parameters(
    (17.0, 1.0, 0.0), (0.0, 0.8, 0.0), (0.0, 1.3, -20.0), (-33.0, 1.2, 12.0)
  )
  def test_numpy_finds_the_same(self, angle, factor, shear):
    images = _random_images(2)
    angles, factors, shears = ([x, -x] for x in (angle, factor, shear))
    factors[1] = factor
    warped = augment.warp(images, *map(tf.constant, (angles, factors, shears)))
    for number in range(2):
      expected = _in_numpy(
        images[number, :, :, 0].numpy(),
        angles[number],
        factors[number],
        shears[number],
      )
      self.assertAllClose(warped[number, :, :, 0], expected, atol=1e-5)


class EraseTest(tf.test.TestCase, parameterized.TestCase):
  def test_covers_the_rectangle_and_nothing_else(self):
    images = _random_images(2, 6, 5)
    boxes, greys = tf.constant([[1, 2, 3, 2], [0, 0, 0, 0]]), [0.05, 0.07]
    erased = augment.erase(images, boxes, tf.constant(greys))
    expected = images.numpy()
    expected[0, 1:4, 2:4] = 0.05
    self.assertAllEqual(erased, expected)

  def test_every_rectangle_is_inside_and_of_the_documented_size(self):
    images = tf.fill([4000, 28, 28, 1], 2.0)
    most = augment.Augmentation(erase=1.0)
    erased = augment.augment(images, most, _draw(4000))[..., 0].numpy() < 2
    rows, columns = erased.any(axis=2), erased.any(axis=1)
    heights, widths = rows.sum(axis=1), columns.sum(axis=1)
    self.assertAllEqual(erased.sum(axis=(1, 2)), heights * widths)
    self.assertAllEqual(np.unique(heights), range(3, 15))
    self.assertAllEqual(np.unique(widths), range(3, 15))
    for first in (rows.argmax(axis=1), columns.argmax(axis=1)):
      self.assertEqual((first.min(), first.max()), (0, 25))
    # Each value of a side has the same probability.
    self.assertBetween(heights.mean(), 8.3, 8.7)

  def test_the_probability_is_that_of_an_erased_image(self):
    images = tf.fill([4000, 8, 8, 1], 2.0)
    most = augment.Augmentation(erase=0.25)
    changed = augment.augment(images, most, _draw(4000)).numpy() < 2
    self.assertBetween(changed.any(axis=(1, 2, 3)).mean(), 0.22, 0.28)

  def test_the_smallest_image_can_be_erased(self):
    most = augment.Augmentation(erase=1.0)
    erased = augment.augment(tf.fill([5, 1, 1, 1], 2.0), most, _draw(5))
    self.assertAllLess(erased, 1.0)


class AugmentTest(tf.test.TestCase, parameterized.TestCase):
  def test_off_by_default(self):
    images = _random_images(3)
    self.assertIs(augment.augment(images, augment.NONE, _draw(3)), images)

  def test_every_image_and_every_step_is_changed_in_its_own_way(self):
    image = small_data.examples(1).images[0] / np.float32(255)
    images = _images(*[image] * 20)
    changed = [
      augment.augment(images, _ALL, _draw(20, step)).numpy() for step in (0, 1)
    ]
    ways = {image.tobytes() for image in np.concatenate(changed)}
    self.assertLen(ways, 40)
    self.assertAllInRange(changed, 0.0, 1.0 + 1e-6)

  @parameterized.parameters(
    {'shift': 2},
    {'flip': True},
    {'rotate': 9.0},
    {'scale': 0.1},
    {'shear': 9.0},
    {'erase': 0.5},
    _ALL._asdict(),
  )
  def test_a_shard_is_changed_as_within_the_whole_batch(self, **most):
    images, most = _random_images(12), augment.Augmentation(**most)
    whole = augment.augment(images, most, _draw(12))
    self.assertNotAllClose(whole, images)
    places = tf.constant([4, 5, 6, 7])
    draw = draws.draw_for(3, tf.constant(0, tf.int64), places)
    self.assertAllEqual(augment.augment(images[4:8], most, draw), whole[4:8])


if __name__ == '__main__':
  tf.test.main()
