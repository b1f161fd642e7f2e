"""Tests of dream.py."""

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.measure import dream
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers

GEOMETRIES = geometry.trace(
  layers.parse('conv 4 3x3, maxpool 2x2, conv 5 3x3, dense 6'), (28, 28, 1)
)
NETWORK = model.ConvNet(GEOMETRIES, seed=1)
CONV2 = GEOMETRIES[:3]  # receptive fields of 8x8 pixels


def picture(*size):
  return np.random.default_rng(0).random(size).astype('f4')


class DreamTest(tf.test.TestCase):
  def test_sizes_by_hand(self):
    self.assertEqual(
      dream.sizes(CONV2, (28, 14), 3), [(14, 7), (20, 10), (28, 14)][1:]
    )
    self.assertEqual(dream.sizes(CONV2, (8, 8), 9), [(8, 8)])
    # Dense layers fit one size.
    self.assertIsNone(dream.only_size(CONV2))
    self.assertEqual(dream.only_size(GEOMETRIES), (28, 28))
    self.assertEqual(dream.sizes(GEOMETRIES, (28, 28), 4), [(28, 28)])
    with self.assertRaisesRegex(
      errors.UserError, '9x7 pixels; conv2 needs 8x8'
    ):
      dream.sizes(CONV2, (9, 7), 4)
    with self.assertRaisesRegex(errors.UserError, 'logits needs 28x28'):
      dream.sizes(GEOMETRIES, (40, 40), 1)

  def test_a_rate_of_0_leaves_the_picture_to_the_bit(self):
    start = picture(31, 40)
    settings = dream.Settings(rate=0.0)
    found = dream.climb(NETWORK, CONV2, [0, 3], start, settings)
    self.assertEqual(
      [x.shape for x in found], dream.sizes(CONV2, start.shape, 4)
    )
    self.assertAllEqual(found[-1], start)

  def test_the_score_rises(self):
    start = picture(31, 40)
    part = model.ConvNet(CONV2, seed=1)  # the same kernels
    found = dream.climb(NETWORK, CONV2, [2], start, dream.Settings())[-1]
    before, after = (
      float(dream.score(part, tf.constant([2]), tf.constant(x[np.newaxis])))
      for x in (start, found)
    )
    self.assertGreater(after, 1.5 * before)
    self.assertAllInRange(found, 0, 1)

  def test_the_first_step_changes_a_pixel_by_the_rate(self):
    start = np.full([28, 28], 0.5, 'f4')
    settings = dream.Settings(num_sizes=1, num_steps=1, rate=0.03)
    [found] = dream.climb(NETWORK, CONV2, range(5), start, settings)
    change = found - start
    size = np.sqrt(np.mean(change[change != 0] ** 2))
    self.assertAllClose(size, 0.03, rtol=1e-5)

  def test_the_smaller_sizes_leave_their_trace(self):
    start = picture(28, 28)
    alone, after_another = (
      dream.climb(NETWORK, CONV2, [2], start, dream.Settings(count))[-1]
      for count in (1, 2)
    )
    self.assertGreater(np.abs(alone - after_another).max(), 0.05)

  def test_a_unit_below_0_is_climbed_too(self):
    start = picture(28, 28)
    logits = NETWORK(start[np.newaxis, ..., np.newaxis])[0]
    lowest = int(tf.argmin(logits))
    self.assertLess(logits[lowest], 0)
    [found] = dream.climb(
      NETWORK, GEOMETRIES, [lowest], start, dream.Settings(rate=0.001)
    )
    after = NETWORK(found[np.newaxis, ..., np.newaxis])[0]
    self.assertGreater(after[lowest], logits[lowest])


if __name__ == '__main__':
  tf.test.main()
