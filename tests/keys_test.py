"""Keys: equal for equal words, today and tomorrow, and otherwise different."""

import tensorflow as tf

from cnn_tf import keys


def _draw(*words):
  return tf.random.stateless_normal([8], keys.key(*words))


class KeyTest(tf.test.TestCase):
  def test_equal_words_give_equal_numbers_whatever_was_drawn_between(self):
    first = _draw(7, 'conv1/kernel')
    _draw(7, 'conv2/kernel')
    tf.random.normal([8])
    self.assertAllEqual(first, _draw(7, 'conv1/kernel'))

  def test_seed_purpose_and_step_each_change_the_numbers(self):
    words = [(0, 'order'), (1, 'order'), (0, 'dropout'), (0, 'order', 1)]
    draws = {tuple(_draw(*some).numpy()) for some in words}
    self.assertLen(draws, len(words))

  def test_a_hundred_steps_have_a_hundred_keys(self):
    drawn = {tuple(_draw(0, 'order', step).numpy()) for step in range(100)}
    self.assertLen(drawn, 100)

  def test_the_step_may_be_a_variable_in_a_graph(self):
    step = tf.Variable(0, dtype=tf.int64)
    in_graph = tf.function(lambda: keys.key(3, 'order', step))
    for value in (0, 5):
      step.assign(value)
      self.assertAllEqual(in_graph(), keys.key(3, 'order', value))

  def test_a_key_is_the_same_in_every_process(self):
    # Python's own hash() of a text is another one in each process.
    self.assertAllEqual(keys.key(0, 'order'), [6562145507113579739, 0])


if __name__ == '__main__':
  tf.test.main()
