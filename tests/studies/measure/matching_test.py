"""Tests of matching.py."""

import itertools

import numpy as np
import tensorflow as tf

from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.studies.measure import matching
from cnn_tf.studies.measure import similarity
from cnn_tf.studies.measure import tensors
from cnn_tf.studies.measure import trajectory
from tests import small_data

GEOMETRIES = geometry.trace(
  layers.parse('conv 6 3x3, maxpool 4x4, conv 5 3x3, maxpool 2x2, dense 20'),
  (28, 28, 1),
)
HIDDEN = ('conv1', 'conv2', 'dense1')


def network(seed):
  """Initial kernels, and biases that are not zero."""
  found = model.ConvNet(GEOMETRIES, seed)
  random = np.random.default_rng(seed)
  for bias in found.biases.values():
    bias.assign(random.normal(size=bias.shape, scale=0.1))
  return found


def reordered(one, orders):
  return similarity.reordered(one, GEOMETRIES, orders)


def total(one, two):
  """The sum of the products of all weights and biases."""
  return trajectory.flat(one) @ trajectory.flat(two)


class MatchingTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.images = small_data.examples(60).images

  def find(self, one, two):
    return {
      'weights': matching.by_weights(one, two),
      'activations': matching.by_activations(one, two, self.images),
    }

  def test_a_random_order_has_each_filter_once(self):
    orders = matching.at_random(network(0), seed=1)
    self.assertEqual(tuple(orders), HIDDEN)
    for order, count in zip(orders.values(), (6, 5, 20), strict=True):
      self.assertAllEqual(np.sort(order), np.arange(count))
      self.assertNotAllEqual(order, np.arange(count))

  def test_matching_undoes_a_random_order(self):
    for seed in range(5):
      one = network(seed)
      orders = matching.at_random(one, seed)
      shuffled = reordered(one, orders)
      for kind, found in self.find(one, shuffled).items():
        for name, order in orders.items():
          self.assertAllEqual(found[name], np.argsort(order), f'{kind}, {name}')
        restored = reordered(shuffled, found)
        self.assertAllEqual(trajectory.flat(restored), trajectory.flat(one))
        self.assertNotAllEqual(
          trajectory.flat(restored), trajectory.flat(shuffled)
        )

  def test_a_reordered_network_gives_the_same_logits(self):
    one, two = network(0), network(1)
    before = tensors.of_layers(two, self.images, ['logits'])['logits']
    for orders in self.find(one, two).values():
      after = tensors.of_layers(
        reordered(two, orders), self.images, ['logits']
      )['logits']
      self.assertAllClose(after, before, rtol=1e-5, atol=1e-5)

  def test_no_exchange_of_two_filters_gives_a_larger_sum(self):
    one, two = network(0), network(1)
    matched = reordered(two, matching.by_weights(one, two))
    best = total(one, matched)
    self.assertGreater(best, total(one, two) + 10)
    for name in HIDDEN:
      count = one.biases[name].shape[0]
      for pair in itertools.combinations(range(count), 2):
        order = np.arange(count)
        order[[*pair]] = order[[*pair]][::-1]
        other = total(one, reordered(matched, {name: order}))
        self.assertLessEqual(other, best + 1e-3, (name, pair))


if __name__ == '__main__':
  tf.test.main()
