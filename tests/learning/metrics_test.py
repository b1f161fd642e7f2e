"""Sums over examples, and their means."""

import math

import numpy as np
import tensorflow as tf

from cnn_tf.learning import metrics


def _batch(logits, labels):
  return metrics.of_batch(
    tf.constant(logits), tf.constant(labels), tf.ones(len(labels))
  )


class TotalsTest(tf.test.TestCase):
  def test_an_uneven_batch_counts_by_its_size(self):
    three = _batch([[0.0, 0.0]] * 3, [0, 0, 0])
    one = _batch([[0.0, math.log(3)]], [1])
    means = metrics.no_examples().plus(three).plus(one).means()
    # The mean of the two means would be (ln 2 + ln 4/3) / 2.
    self.assertAlmostEqual(
      means.cross_entropy, (3 * math.log(2) + math.log(4 / 3)) / 4, places=6
    )

  def test_accuracy_is_the_share_of_right_answers(self):
    totals = _batch([[2.0, 1.0, 0.0]] * 3 + [[0.0, 1.0, 2.0]], [0, 1, 0, 2])
    means = metrics.no_examples().plus(totals).means()
    self.assertEqual(means.accuracy, 0.75)

  def test_an_example_of_weight_0_does_not_count(self):
    logits = tf.constant([[0.0, 0.0], [50.0, 0.0]])
    weights = tf.constant([1.0, 0.0])
    totals = metrics.of_batch(logits, tf.constant([0, 1]), weights)
    means = metrics.no_examples().plus(totals).means()
    self.assertAllClose(means, metrics.Means(math.log(2), 1.0))

  def test_a_million_small_terms_are_not_lost(self):
    totals = metrics.no_examples().plus(
      _batch([[0.0, 30.0]] * 1000, [0] * 1000)
    )
    before = totals.cross_entropy.numpy()
    tiny = _batch([[0.0, 10.0]], [1])  # 4.5e-5 each
    after = totals.plus(tiny).cross_entropy.numpy()
    self.assertAllClose(after - before, math.log1p(math.exp(-10)), rtol=1e-3)

  def test_the_mean_of_nothing_is_not_a_number(self):
    self.assertAllEqual(np.isnan(metrics.no_examples().means()), [True, True])


if __name__ == '__main__':
  tf.test.main()
