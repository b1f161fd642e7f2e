"""Tests of similarity.py."""

import itertools

import numpy as np
import tensorflow as tf

from cnn_tf.run import settings as settings_lib
from cnn_tf.studies.measure import similarity
from cnn_tf.studies.measure import tensors
from tests import small_run


class CkaTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    random = np.random.default_rng(0)
    self.features = random.normal(size=(50, 20)) + 3
    self.others = self.features[:, :8] ** 2 + random.normal(size=(50, 8))

  def test_the_cosine_by_hand(self):
    first, second = np.array([[3.0, 0], [0, 4]]), np.array([[0.0, 1], [0, 1]])
    self.assertAllClose(similarity.cosine(first, second), 4 / 5 / 2**0.5)
    self.assertAllClose(similarity.cosine(first, -2 * first), -1)
    self.assertEqual(similarity.cosine(first, 0 * first), 0)

  def test_hsic_is_the_mean_over_all_groups_of_four_images(self):
    random = np.random.default_rng(0)
    first = similarity.gram(random.normal(size=(7, 3)))
    second = similarity.gram(random.normal(size=(7, 2)))
    terms = [
      first[a, b] * (second[a, b] + second[c, d] - 2 * second[a, c])
      for a, b, c, d in itertools.permutations(range(7), 4)
    ]
    self.assertAlmostEqual(similarity.hsic(first, second), np.mean(terms), 9)

  def test_it_is_1_for_equal_features(self):
    gram = similarity.gram(self.features)
    self.assertAlmostEqual(similarity.cka(gram, gram), 1, 12)

  def test_it_is_invariant_to_rotation_scale_and_mean(self):
    others = similarity.gram(self.others)
    first = similarity.cka(similarity.gram(self.features), others)
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(20, 20)))
    changed = similarity.gram(0.3 * self.features @ rotation + 7)
    self.assertAlmostEqual(similarity.cka(changed, others), first, 6)
    self.assertBetween(first, 0.1, 0.9)

  def test_it_is_not_invariant_to_other_linear_maps(self):
    grams = map(
      similarity.gram, (self.features, self.features * np.arange(1, 21))
    )
    self.assertLess(similarity.cka(*grams), 0.9)

  def test_it_is_0_on_average_for_independent_features(self):
    random = np.random.default_rng(0)
    found = [
      similarity.cka(
        *(similarity.gram(random.normal(size=(20, 200))) for _ in range(2))
      )
      for _ in range(100)
    ]
    # Without debiasing, it is about 0.9 here.
    self.assertBetween(np.mean(found), -0.03, 0.03)

  def test_features_that_do_not_vary_have_no_similarity(self):
    grams = map(similarity.gram, (np.ones([5, 3]), self.features[:5]))
    self.assertEqual(similarity.cka(*grams), 0)


class PartnersTest(tf.test.TestCase):
  def test_a_dead_filter_correlates_with_nothing(self):
    up, wave = np.arange(6.0), np.array([1.0, -1, 0, 0, -1, 1])
    dead = np.full(6, 0.1)
    self.assertNotEqual(dead.mean(), 0.1)  # rounding alone would not give 0
    first = np.stack([up, dead, wave], axis=1)
    second = np.stack([dead, -5 * wave, 3 * up + 1], axis=1)
    matrix = similarity.correlations(first, second)
    self.assertAllClose(matrix, [[0, 0, 1], [0, 0, 0], [0, -1, 0]])
    self.assertAllEqual(similarity.match(matrix), [2, 1, 0])

  def test_each_position_is_an_example(self):
    random = np.random.default_rng(0)
    maps = random.normal(size=(7, 3, 2, 4))
    others = maps + random.normal(size=maps.shape)
    found = similarity.correlations(maps, others)
    flat = [values.reshape(-1, 4).T for values in (maps, others)]
    self.assertAllClose(found, np.corrcoef(*flat)[:4, 4:])

  def test_the_order_of_filters_does_not_matter_to_partners(self):
    values = np.random.default_rng(0).normal(size=(40, 5))
    found = similarity.partners(values, values[:, [1, 2, 3, 4, 0]])
    self.assertAllClose([found.one_to_one, found.best], [1, 1])
    self.assertLess(found.by_index, 0.5)

  def test_a_filter_that_two_others_resemble_is_paired_once(self):
    random = np.random.default_rng(0)
    values = random.normal(size=(400, 3))
    twice = np.stack(
      [values[:, 0], values[:, 0] + 0.1 * values[:, 1], values[:, 2]], axis=1
    )
    found = similarity.partners(twice, values)
    self.assertBetween(found.best, 0.99, 1)
    self.assertBetween(found.one_to_one, 0.6, 0.8)

  def test_a_rotated_layer_mixes_all_filters_alike(self):
    random = np.random.default_rng(0)
    values = random.normal(size=(4000, 8)) * 10.0 ** np.arange(8)
    found = similarity.rotated(values, random)
    self.assertAllClose(np.cov(found, rowvar=False), np.eye(8), atol=0.1)
    matrix = np.abs(similarity.correlations(values, found))
    self.assertAllLess(matrix.max(axis=1), 0.9)
    self.assertAllClose(np.sum(matrix**2, axis=1), np.ones(8), rtol=0.1)

  def test_noise_has_no_partner_in_noise(self):
    first, second = np.random.default_rng(0).normal(size=(2, 40, 100))
    where_chosen = similarity.correlations(first[:20], second[:20])
    self.assertGreater(where_chosen.max(axis=1).mean(), 0.4)
    found = similarity.partners(first, second)
    self.assertAllInRange(found, -0.1, 0.1)

  def test_no_filter_is_its_own_partner(self):
    values = np.random.default_rng(0).normal(size=(200, 4))
    values[:, 1] = values[:, 0]
    found = similarity.partners(values, values, is_itself=True)
    self.assertIsNone(found.by_index)
    self.assertBetween(found.best, 0.4, 0.6)  # 1 for two filters, else about 0


class ReorderedTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS, 200)
    self.network, self.geometries = run.network, run.geometries
    self.images = run.data.test.images
    random = np.random.default_rng(1)
    self.orders = {
      name: random.permutation(self.network.biases[name].shape[0])
      for name in ('conv1', 'conv2', 'conv3', 'dense1')
    }

  def _reordered(self, orders):
    return similarity.reordered(self.network, self.geometries, orders)

  def _change(self, other):
    """The largest change of a logit, as a fraction of the largest logit."""
    before, after = (
      tensors.of_layers(network, self.images, ['logits'])['logits']
      for network in (self.network, other)
    )
    return np.abs(after - before).max() / np.abs(before).max()

  def test_the_logits_stay_the_same(self):
    self.assertLess(self._change(self._reordered(self.orders)), 1e-5)

  def test_reordering_a_layer_without_the_next_one_changes_the_logits(self):
    names = list(self.network.kernels)
    for name, order in self.orders.items():
      following = names[names.index(name) + 1]
      network = self._reordered({name: order})
      with self.subTest(name):
        network.kernels[following].assign(self.network.kernels[following])
        self.assertGreater(self._change(network), 0.05)

  def test_a_known_order_is_found(self):
    first, second = (
      tensors.pre_activations(network, self.images)
      for network in (self._reordered(self.orders), self.network)
    )
    for name, order in self.orders.items():
      matrix = similarity.correlations(first[name], second[name])
      varies = np.ptp(first[name].reshape(-1, len(order)), axis=0) > 0
      with self.subTest(name):
        found = similarity.match(matrix)
        self.assertAllEqual(found[varies], order[varies])
        self.assertGreater(np.mean(order != np.arange(len(order))), 0.9)


if __name__ == '__main__':
  tf.test.main()
