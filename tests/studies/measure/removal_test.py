"""Tests of removal.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.studies.measure import removal


def logits(answers):
  """Certain of these answers, `[..., 3]`."""
  return 9.0 * np.eye(3)[np.array(answers)]


class RemovalTest(tf.test.TestCase):
  def test_the_losses_by_hand(self):
    # All eight answers are right. Without the first map, half of the 0s and a
    # 2 become 1; without the second one, nothing changes.
    labels = np.array([0, 0, 1, 2, 0, 0, 1, 2])
    first = [0, 1, 1, 2, 1, 0, 1, 1]
    found = removal.loss(logits(labels), logits([first, labels]), labels)
    self.assertAllClose(found.mean, -3 / 8 / 2)
    self.assertAllClose(found.unchanged, 1 / 2)
    # Where 0 is chosen, it is the worst class; on the others, 2 would be.
    self.assertAllClose(found.worst_where_chosen, -1 / 2 / 2)
    self.assertAllClose(found.worst, -1 / 2 / 2)
    self.assertAllClose(found.most_missed, -2 / 4)
    self.assertAllClose(found.cross_entropy, 9 * 3 / 8 / 2)

  def test_the_map_missed_most_is_chosen_on_the_first_half(self):
    labels = np.zeros(8, int)
    first, second = [1, 1, 0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 1, 1, 1, 0]
    found = removal.loss(logits(labels), logits([first, second]), labels)
    self.assertAllClose(found.most_missed, -1 / 4)

  def test_the_worst_class_is_not_worse_on_other_images_by_chance(self):
    random = np.random.default_rng(0)
    labels = random.integers(3, size=2000)
    is_wrong = random.random([50, 2000]) < 0.1  # in all classes alike
    answers = np.where(is_wrong, (labels + 1) % 3, labels)
    found = removal.loss(logits(labels), logits(answers), labels)
    self.assertLess(found.worst_where_chosen, -0.11)
    self.assertAllClose(found.worst, -0.1, atol=0.005)

  def test_greedy_takes_the_best_map_at_each_step(self):
    values = np.array([1.0, 3, 2, 0])

    def score(kept):  # maps 1 and 2 say the same
      return kept @ values - 2 * kept[:, 1] * kept[:, 2]

    self.assertEqual(removal.greedy(score, 4, 3), [1, 0, 2])
    self.assertAllEqual(
      removal.growing([1, 0, 2], 4), [[0, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]]
    )

  def test_how_many_maps_have_half(self):
    self.assertEqual(removal.needed(np.array([0.1, 0.4, 0.5, 0.9])), 3)
    self.assertEqual(removal.needed(np.array([0.1, 0.4])), 3)


if __name__ == '__main__':
  tf.test.main()
