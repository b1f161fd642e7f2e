"""Draws: a part of a batch gets the numbers of the whole."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.tricks import draws

_STEP = tf.constant(4, tf.int64)


class DrawTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters([[]], [[2]], [[16]], [[3, 3, 2]], [[5, 1, 65]])
  def test_a_part_of_the_batch_gets_the_numbers_of_the_whole(self, shape):
    whole = draws.draw_for(1, _STEP, tf.range(6))('flip', shape)
    self.assertEqual((whole.shape, whole.dtype), ((6, *shape), tf.uint8))
    for start, end in [(0, 6), (0, 1), (2, 5), (5, 6)]:
      part = draws.draw_for(1, _STEP, tf.range(start, end))('flip', shape)
      self.assertAllEqual(part, whole[start:end])

  def test_no_two_images_share_numbers(self):
    drawn = draws.draw_for(1, _STEP, tf.range(300))('dense1', [100]).numpy()
    blocks = drawn[:, :96].reshape(-1, 16)  # of one counter each
    self.assertLen({block.tobytes() for block in blocks}, len(blocks))

  def test_every_byte_is_equally_frequent_at_every_place(self):
    drawn = draws.draw_for(1, _STEP, tf.range(20_000))('conv1', [16]).numpy()
    for column in drawn.T:
      counts = np.bincount(column, minlength=256)
      chi_squared = np.sum((counts - 20_000 / 256) ** 2 / (20_000 / 256))
      # 255 +- 23 is expected.
      self.assertBetween(chi_squared, 255 - 5 * 23, 255 + 5 * 23)
    neighbours = np.corrcoef(drawn[:, :-1].ravel(), drawn[:, 1:].ravel())
    self.assertLess(abs(neighbours[0, 1]), 5 / np.sqrt(drawn.size))

  def test_seed_step_and_purpose_each_change_the_numbers(self):
    steps = tf.constant([4, 5], tf.int64)
    drawn = {
      draws.draw_for(seed, step, tf.range(2))(purpose, [9]).numpy().tobytes()
      for seed in (0, 1)
      for step in steps
      for purpose in ('flip', 'warp')
    }
    self.assertLen(drawn, 8)


if __name__ == '__main__':
  tf.test.main()
