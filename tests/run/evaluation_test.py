"""Evaluation: every example once, against NumPy."""

import math

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import evaluation
from cnn_tf.run import layers


def _evaluate(network, examples):
  strategy = tf.distribute.get_strategy()
  return evaluation.Evaluation(network, examples, strategy)


def _totals(logits, labels):
  return evaluation.Totals.of_batch(tf.constant(logits), tf.constant(labels))


def _linear_network():
  """Softmax regression on images of 2x2, three classes."""
  geometries = geometry.trace(layers.parse('', num_classes=3), (2, 2, 1))
  return model.ConvNet(geometries, seed=5)


def _random_examples(count):
  draw = np.random.default_rng(count)
  images = draw.integers(0, 256, [count, 2, 2], np.uint8)
  return datasets.Examples(images, draw.integers(0, 3, count, np.uint8))


def _in_numpy(network, examples):
  """Cross-entropy and accuracy of `_linear_network`, all examples at once."""
  values = examples.images.reshape(-1, 4) / 255.0
  kernel, bias = network.kernels['logits'], network.biases['logits']
  logits = values @ kernel.numpy() + bias.numpy()
  powers = np.exp(logits)
  right = powers[np.arange(len(logits)), examples.labels] / powers.sum(axis=1)
  hits = logits.argmax(axis=1) == examples.labels
  return evaluation.Means(-np.log(right).mean(), hits.mean())


class EvaluationTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(1, 99, 100, 101, 200, 1203)
  def test_numpy_finds_the_same_for_any_number_of_examples(self, count):
    network, examples = _linear_network(), _random_examples(count)
    means = _evaluate(network, examples)()
    self.assertAllClose(means, _in_numpy(network, examples), rtol=1e-5)

  @parameterized.parameters(0, 99, 100, 499, 500, 501, 502)
  def test_every_example_counts_once(self, position):
    network = _linear_network()
    network.biases['logits'].assign([0.0, 100.0, 0.0])  # always says 1
    labels = np.zeros(503, np.uint8)
    labels[position] = 1
    examples = _random_examples(503)._replace(labels=labels)
    self.assertAllClose(_evaluate(network, examples)().accuracy, 1 / 503)

  def test_no_batch_is_empty_and_the_last_one_is_shorter(self):
    sizes = []

    def note(images):
      tf.py_function(lambda n: sizes.append(int(n)), [tf.shape(images)[0]], [])
      return tf.zeros([tf.shape(images)[0], 3])

    for count in (1, 100, 203):
      _evaluate(note, _random_examples(count))()
    self.assertEqual(sorted(sizes), [1, 3, 100, 100, 100])

  def test_sees_the_kernels_as_they_are_now(self):
    network, examples = _linear_network(), _random_examples(600)
    evaluate = _evaluate(network, examples)
    first = evaluate()
    network.kernels['logits'].assign_add(tf.reshape(tf.range(12.0), [4, 3]))
    second = evaluate()
    self.assertNotAllClose(first, second)
    self.assertAllClose(second, _in_numpy(network, examples), rtol=1e-5)


class TotalsTest(tf.test.TestCase):
  def test_an_uneven_batch_counts_by_its_size(self):
    three = _totals([[0.0, 0.0]] * 3, [0, 0, 0])
    one = _totals([[0.0, math.log(3)]], [1])
    means = evaluation.Totals.zero().plus(three).plus(one).means()
    # The mean of the two means would be (ln 2 + ln 4/3) / 2.
    self.assertAlmostEqual(
      means.cross_entropy, (3 * math.log(2) + math.log(4 / 3)) / 4, places=6
    )

  def test_accuracy_is_the_share_of_right_answers(self):
    totals = _totals([[2.0, 1.0, 0.0]] * 3 + [[0.0, 1.0, 2.0]], [0, 1, 0, 2])
    means = evaluation.Totals.zero().plus(totals).means()
    self.assertEqual(means.accuracy, 0.75)

  def test_a_million_small_terms_are_not_lost(self):
    totals = evaluation.Totals.zero().plus(
      _totals([[0.0, 30.0]] * 1000, [0] * 1000)
    )
    before = totals.cross_entropy.numpy()
    tiny = _totals([[0.0, 10.0]], [1])  # 4.5e-5 each
    after = totals.plus(tiny).cross_entropy.numpy()
    self.assertAllClose(after - before, math.log1p(math.exp(-10)), rtol=1e-3)

  def test_the_mean_of_nothing_is_not_a_number(self):
    means = evaluation.Totals.zero().means()
    self.assertAllEqual(np.isnan(means), [True, True])


class FlipsTest(tf.test.TestCase):
  def test_the_mean_of_the_probabilities_of_both_images(self):
    network = _linear_network()
    images = tf.random.stateless_uniform([5, 2, 2, 1], [1, 2])
    probabilities = tf.nn.softmax(evaluation.with_flips(network)(images))
    first = tf.nn.softmax(network(images))
    mirrored = tf.stack([images[:, :, 1], images[:, :, 0]], axis=2)
    second = tf.nn.softmax(network(mirrored))
    self.assertNotAllClose(first, second)
    self.assertAllClose(probabilities, (first + second) / 2)

  def test_probabilities_that_round_to_0_have_a_finite_cross_entropy(self):
    network = _linear_network()
    network.biases['logits'].assign([0.0, 1000.0, 2000.0])
    network.kernels['logits'].assign(tf.zeros([4, 3]))
    logits = evaluation.with_flips(network)(tf.zeros([1, 2, 2, 1]))
    self.assertAllClose(logits, [[-2000.0, -1000.0, 0.0]])

  def test_equal_images_give_equal_logits(self):
    predict = evaluation.with_flips(_linear_network())
    images = tf.random.stateless_uniform([5, 2, 2, 1], [1, 2])
    self.assertAllClose(predict(images), predict(images[:, :, ::-1]))


if __name__ == '__main__':
  tf.test.main()
