"""Tests of two_runs.py."""

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.run import config
from cnn_tf.studies import two_runs
from tests import miniature
from tests import small_run

_HIDDEN = ('conv1', 'conv2', 'conv3', 'dense1')


def _gram(features):
  return two_runs.view(features).gram


def _reference():
  """The reference network with biases that are not 0, and images for it."""
  run = small_run.untrained(config.REFERENCE_LAYERS, 200)
  return run.network, run.geometries, run.data.test.images


def _orders(network):
  random = np.random.default_rng(1)
  return {
    name: random.permutation(network.biases[name].shape[0]) for name in _HIDDEN
  }


class CkaTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    random = np.random.default_rng(0)
    self.features = random.normal(size=(50, 20)) + 3
    self.others = self.features[:, :8] ** 2 + random.normal(size=(50, 8))
    self.rotation, _ = np.linalg.qr(random.normal(size=(20, 20)))

  def test_it_is_1_for_equal_features(self):
    gram = _gram(self.features)
    self.assertAlmostEqual(two_runs.cka(gram, gram), 1, 12)

  def test_it_is_invariant_to_rotation_scale_and_mean(self):
    others = _gram(self.others)
    first = two_runs.cka(_gram(self.features), others)
    changed = 0.3 * self.features @ self.rotation + 7
    self.assertAlmostEqual(two_runs.cka(_gram(changed), others), first, 12)
    self.assertBetween(first, 0.1, 0.9)

  def test_it_is_not_invariant_to_other_linear_maps(self):
    stretched = self.features * np.arange(1, 21)
    self.assertLess(two_runs.cka(_gram(self.features), _gram(stretched)), 0.9)

  def test_gram_matrices_and_features_give_the_same_value(self):
    x, y = (a - a.mean(axis=0) for a in (self.features, self.others))
    by_features = np.sum((y.T @ x) ** 2) / np.sqrt(
      np.sum((x.T @ x) ** 2) * np.sum((y.T @ y) ** 2)
    )
    by_images = two_runs.cka(_gram(self.features), _gram(self.others))
    self.assertAlmostEqual(by_images, by_features, 12)

  def test_all_values_of_the_maps_of_an_image_are_its_features(self):
    maps = self.features.reshape(50, 2, 2, 5)
    self.assertAllClose(_gram(maps), _gram(self.features), 1e-12, 1e-12)


class SimilarityTest(tf.test.TestCase):
  def test_the_means_by_hand(self):
    matrix = np.array([[0.9, 0.8], [0.7, 0.1]])
    similarity = two_runs.Similarity(matrix, np.full((2, 2), True), None)
    self.assertAlmostEqual(similarity.same_index, (0.9 + 0.1) / 2)
    self.assertAlmostEqual(similarity.matched, (0.8 + 0.7) / 2)
    self.assertAlmostEqual(similarity.best, (0.9 + 0.7) / 2)

  def test_correlations_of_a_dead_filter_are_0(self):
    up, wave = np.arange(6.0), np.array([1.0, -1, 0, 0, -1, 1])
    dead = np.full(6, 0.1)
    self.assertNotEqual(dead.mean(), 0.1)  # rounding alone would not give 0
    first, second = (
      {'layer': two_runs.view(np.stack(columns, axis=1))}
      for columns in ([up, dead, wave], [dead, -5 * wave, 3 * up + 1])
    )
    similarity = two_runs.compare(first, second)['layer']
    expected = [[0, 0, 1], [0, 0, 0], [0, -1, 0]]
    self.assertAllClose(similarity.matrix, expected, 1e-12, 1e-12)
    self.assertAllEqual(similarity.live, [[1, 0, 1], [0, 1, 1]])
    self.assertAllEqual(two_runs.match(similarity.matrix), [2, 1, 0])
    self.assertAlmostEqual(similarity.matched, (1 + 0) / 2)
    self.assertAlmostEqual(similarity.same_index, 0)

  def test_a_layer_of_dead_filters_has_a_similarity_of_0(self):
    dead = {'layer': two_runs.view(np.ones([5, 3]))}
    similarity = two_runs.compare(dead, dead)['layer']
    self.assertEqual(
      (similarity.matched, similarity.best, similarity.cka), (0, 0, 0)
    )

  def test_each_position_is_an_example_for_the_correlation(self):
    random = np.random.default_rng(0)
    maps = random.normal(size=(7, 3, 2, 4))
    others = maps + random.normal(size=maps.shape)
    found = two_runs.view(maps).units.T @ two_runs.view(others).units
    flat = [values.reshape(-1, 4).T for values in (maps, others)]
    self.assertAllClose(found, np.corrcoef(*flat)[:4, 4:], 1e-12, 1e-12)


class PermutationTest(tf.test.TestCase):
  def test_a_network_has_similarity_1_with_itself(self):
    network, _, images = _reference()
    views = two_runs.views(network, images)
    for name, similarity in two_runs.compare(views, views).items():
      with self.subTest(name):
        live = similarity.live[0]
        self.assertAllClose(similarity.matrix.diagonal(), live * 1.0, 0, 1e-9)
        partners = two_runs.match(similarity.matrix)
        self.assertAllEqual(partners[live], np.flatnonzero(live))
        self.assertAlmostEqual(similarity.matched, 1, 9)
        if name != 'conv1, kernels':
          self.assertAlmostEqual(similarity.cka, 1, 12)

  def test_a_known_permutation_is_recovered(self):
    network, geometries, images = _reference()
    orders = _orders(network)
    shuffled = two_runs.permute(network, geometries, orders)
    found = two_runs.compare(
      two_runs.views(shuffled, images), two_runs.views(network, images)
    )
    orders['conv1, kernels'] = orders['conv1']
    for name, order in orders.items():
      with self.subTest(name):
        live = found[name].live[0]
        partners = two_runs.match(found[name].matrix)
        self.assertAllEqual(partners[live], order[live])
        self.assertGreater(np.mean(partners != np.arange(len(order))), 0.9)

  def test_permuted_filters_give_the_same_logits(self):
    network, geometries, images = _reference()
    shuffled = two_runs.permute(network, geometries, _orders(network))
    self.assertLess(two_runs.logits_change(network, shuffled, images), 1e-5)

  def test_permuting_a_layer_without_the_next_one_changes_the_logits(self):
    network, geometries, images = _reference()
    for name, order in _orders(network).items():
      following = list(network.kernels)[_HIDDEN.index(name) + 1]
      shuffled = two_runs.permute(network, geometries, {name: order})
      with self.subTest(name):
        shuffled.kernels[following].assign(network.kernels[following])
        change = two_runs.logits_change(network, shuffled, images)
        self.assertGreater(change, 0.05)

  def test_the_change_is_a_fraction_of_the_largest_logit(self):
    network, geometries, images = _reference()
    other = two_runs.permute(network, geometries, {})
    largest = np.abs(network(images[..., None] / np.float32(255))).max()
    other.biases['logits'].assign_add(10 * [0.25 * largest])
    change = two_runs.logits_change(network, other, images)
    self.assertAllClose(change, 0.25, rtol=1e-5)


class ReportTest(tf.test.TestCase):
  def test_an_odd_seed_is_left_out_and_permuted_filters_match_by_index(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=3)
    report = two_runs.measure(plan)
    self.assertLen(list(plan.networks.glob('*-seed?')), 2)
    self.assertFalse(list(plan.networks.glob('*-seed2')))
    *rows, (_, change, *_) = report.table[1:]
    self.assertLen(rows, 6 * 6)
    self.assertLess(float(change), 1e-5)
    table = {(name, layer): numbers for name, layer, _, *numbers in rows}
    for layer in _HIDDEN:
      matched = table[two_runs.TRAINED, layer][1]
      self.assertEqual(table[two_runs.PERMUTED, layer][0], matched)
      self.assertEqual(table[two_runs.ITSELF, layer], ['1.00'] * 4)
      self.assertLess(float(table[two_runs.TRAINED, layer][0]), float(matched))
    # With a single epoch, the checkpoint halfway is the last one.
    self.assertEqual(table[two_runs.HALFWAY, 'logits'], ['1.00'] * 4)

  def test_one_seed_makes_no_pair(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=1)
    with self.assertRaisesRegex(errors.UserError, '^two runs need two seeds'):
      two_runs.measure(plan)


if __name__ == '__main__':
  tf.test.main()
