"""Tests of losses.py."""

import math

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.learning import losses


class CrossEntropyTest(tf.test.TestCase, parameterized.TestCase):
  def test_equal_logits_cost_the_logarithm_of_the_number_of_classes(self):
    cost = losses.cross_entropy(tf.fill([3, 10], 7.0), tf.constant([0, 5, 9]))
    self.assertAllClose(cost, [2.302585] * 3)

  def test_odds_of_three_to_one(self):
    logits = tf.constant([[math.log(3), 0.0], [math.log(3), 0.0]])
    cost = losses.cross_entropy(logits, tf.constant([0, 1]))
    self.assertAllClose(cost, [math.log(4 / 3), math.log(4)])

  def test_large_logits_do_not_overflow(self):
    logits = tf.constant([[1000.0, 0.0], [1000.0, 0.0], [-1000.0, -1e30]])
    cost = losses.cross_entropy(logits, tf.constant([0, 1, 0]))
    self.assertAllEqual(cost, [0.0, 1000.0, 0.0])

  @parameterized.parameters(np.uint8, np.int32, np.int64)
  def test_labels_may_be_any_integers(self, dtype):
    cost = losses.cross_entropy(tf.zeros([2, 200]), np.array([199, 0], dtype))
    self.assertAllClose(cost, [math.log(200)] * 2)

  def test_gradient_is_probability_minus_truth(self):
    numbers = np.random.default_rng(0).normal(size=[4, 3])
    logits = tf.constant(numbers, tf.float32)
    labels = tf.constant([2, 0, 1, 1])
    with tf.GradientTape() as tape:
      tape.watch(logits)
      cost = losses.cross_entropy(logits, labels)
    powers = np.exp(logits)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    self.assertAllClose(
      tape.gradient(cost, logits), probabilities - np.eye(3)[labels]
    )


class SmoothingTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(0.1, 0.5)
  def test_it_is_the_cross_entropy_with_smoothed_labels(self, s):
    numbers = np.random.default_rng(0).normal(size=[4, 3])
    logits, labels = tf.constant(numbers, tf.float32), np.array([2, 0, 1, 1])
    cost = losses.cross_entropy(logits, labels, s)
    targets = (1 - s) * np.eye(3)[labels] + s / 3
    powers = np.exp(numbers)
    logs = np.log(powers / powers.sum(axis=1, keepdims=True))
    self.assertAllClose(cost, -np.sum(targets * logs, axis=1))

  def test_it_adds_the_logit_of_the_label_minus_the_mean(self):
    logits = tf.constant([[3.0, 1.0, -1.0], [3.0, 1.0, 2.0]])
    labels = np.array([0, 1], np.uint8)
    plain, smoothed = (
      losses.cross_entropy(logits, labels, s) for s in (0, 0.5)
    )
    self.assertAllClose(smoothed - plain, [0.5 * 2.0, 0.5 * -1.0])


class L2PenaltyTest(tf.test.TestCase):
  def test_half_the_sum_of_squares_over_all_kernels(self):
    kernels = [tf.constant([[1.0, -2.0]]), tf.constant([[[[3.0]]]])]
    # 0.1 * (1 + 4 + 9) / 2
    self.assertAllClose(losses.l2_penalty(kernels, 0.1), 0.7)

  def test_gradient_is_the_scaled_kernel(self):
    kernels = {'conv1': tf.Variable([[1.5, -2.0]]), 'conv2': tf.Variable([3.0])}
    with tf.GradientTape() as tape:
      penalty = losses.l2_penalty(kernels.values(), 0.5)
    first, second = tape.gradient(penalty, list(kernels.values()))
    self.assertAllEqual(first, [[0.75, -1.0]])
    self.assertAllEqual(second, [1.5])

  def test_scale_zero_costs_nothing(self):
    self.assertAllEqual(losses.l2_penalty([tf.ones([5])], 0.0), 0.0)


if __name__ == '__main__':
  tf.test.main()
