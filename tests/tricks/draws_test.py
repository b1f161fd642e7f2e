"""Draws: a part of a batch gets the numbers of the whole."""

import tensorflow as tf

from cnn_tf.tricks import draws


class DrawTest(tf.test.TestCase):
  def test_a_part_of_the_batch_gets_the_numbers_of_the_whole(self):
    step = tf.constant(4, tf.int64)
    whole = draws.draw_for(1, step, 6, tf.range(6))('flip', [2])
    places = tf.constant([5, 2, 2])
    part = draws.draw_for(1, step, 6, places)('flip', [2])
    self.assertAllEqual(part, tf.gather(whole, places))
    self.assertAllInRange(whole, 0.0, 1.0, open_upper_bound=True)

  def test_seed_step_and_purpose_each_change_the_numbers(self):
    steps = tf.constant([4, 5], tf.int64)
    drawn = {
      draws.draw_for(seed, step, 2, tf.range(2))(purpose, []).numpy().tobytes()
      for seed in (0, 1)
      for step in steps
      for purpose in ('flip', 'warp')
    }
    self.assertLen(drawn, 8)


if __name__ == '__main__':
  tf.test.main()
