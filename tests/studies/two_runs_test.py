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
  """The reference network, its biases not 0, and images for it."""
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

  def test_it_is_1_for_a_layer_and_itself(self):
    gram = _gram(self.features)
    self.assertAlmostEqual(two_runs.cka(gram, gram), 1, 12)

  def test_it_knows_no_rotation_no_factor_and_no_mean(self):
    others = _gram(self.others)
    first = two_runs.cka(_gram(self.features), others)
    changed = 0.3 * self.features @ self.rotation + 7
    self.assertAlmostEqual(two_runs.cka(_gram(changed), others), first, 12)
    self.assertBetween(first, 0.1, 0.9)

  def test_it_knows_other_linear_maps(self):
    stretched = self.features * np.arange(1, 21)
    self.assertLess(two_runs.cka(_gram(self.features), _gram(stretched)), 0.9)

  def test_it_is_what_the_features_themselves_say(self):
    x, y = (a - a.mean(axis=0) for a in (self.features, self.others))
    by_features = np.sum((y.T @ x) ** 2) / np.sqrt(
      np.sum((x.T @ x) ** 2) * np.sum((y.T @ y) ** 2)
    )
    by_images = two_runs.cka(_gram(self.features), _gram(self.others))
    self.assertAlmostEqual(by_images, by_features, 12)

  def test_of_maps_all_values_of_an_image_are_its_features(self):
    maps = self.features.reshape(50, 2, 2, 5)
    self.assertAllClose(_gram(maps), _gram(self.features), 1e-12, 1e-12)


class LikenessTest(tf.test.TestCase):
  def test_the_means_are_those_of_paper(self):
    matrix = np.array([[0.9, 0.8], [0.7, 0.1]])
    likeness = two_runs.Likeness(matrix, np.full((2, 2), True), None)
    self.assertAlmostEqual(likeness.same_number, (0.9 + 0.1) / 2)
    self.assertAlmostEqual(likeness.matched, (0.8 + 0.7) / 2)
    self.assertAlmostEqual(likeness.best, (0.9 + 0.7) / 2)

  def test_a_dead_filter_correlates_with_nothing(self):
    up, wave = np.arange(6.0), np.array([1.0, -1, 0, 0, -1, 1])
    dead = np.full(6, 0.1)
    self.assertNotEqual(dead.mean(), 0.1)  # but for rounding
    first, second = (
      {'layer': two_runs.view(np.stack(columns, axis=1))}
      for columns in ([up, dead, wave], [dead, -5 * wave, 3 * up + 1])
    )
    likeness = two_runs.compare(first, second)['layer']
    expected = [[0, 0, 1], [0, 0, 0], [0, -1, 0]]
    self.assertAllClose(likeness.matrix, expected, 1e-12, 1e-12)
    self.assertAllEqual(likeness.live, [[1, 0, 1], [0, 1, 1]])
    self.assertAllEqual(two_runs.match(likeness.matrix), [2, 1, 0])
    self.assertAlmostEqual(likeness.matched, (1 + 0) / 2)
    self.assertAlmostEqual(likeness.same_number, 0)

  def test_a_layer_of_dead_filters_has_no_likeness(self):
    dead = {'layer': two_runs.view(np.ones([5, 3]))}
    likeness = two_runs.compare(dead, dead)['layer']
    self.assertEqual((likeness.matched, likeness.best, likeness.cka), (0, 0, 0))

  def test_positions_are_examples_of_a_correlation(self):
    random = np.random.default_rng(0)
    maps = random.normal(size=(7, 3, 2, 4))
    others = maps + random.normal(size=maps.shape)
    found = two_runs.view(maps).units.T @ two_runs.view(others).units
    flat = [values.reshape(-1, 4).T for values in (maps, others)]
    self.assertAllClose(found, np.corrcoef(*flat)[:4, 4:], 1e-12, 1e-12)


class OrderTest(tf.test.TestCase):
  def test_a_network_is_like_itself(self):
    network, _, images = _reference()
    views = two_runs.views(network, images)
    for name, likeness in two_runs.compare(views, views).items():
      with self.subTest(name):
        live = likeness.live[0]
        self.assertAllClose(likeness.matrix.diagonal(), live * 1.0, 0, 1e-9)
        partners = two_runs.match(likeness.matrix)
        self.assertAllEqual(partners[live], np.flatnonzero(live))
        self.assertAlmostEqual(likeness.matched, 1, 9)
        if name != 'conv1, kernels':
          self.assertAlmostEqual(likeness.cka, 1, 12)

  def test_a_known_order_is_found_back(self):
    network, geometries, images = _reference()
    orders = _orders(network)
    shuffled = two_runs.reorder(network, geometries, orders)
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

  def test_filters_in_another_order_give_the_same_logits(self):
    network, geometries, images = _reference()
    shuffled = two_runs.reorder(network, geometries, _orders(network))
    self.assertLess(two_runs.logits_change(network, shuffled, images), 1e-5)

  def test_they_do_not_if_the_next_layer_does_not_know(self):
    network, geometries, images = _reference()
    for name, order in _orders(network).items():
      following = list(network.kernels)[_HIDDEN.index(name) + 1]
      shuffled = two_runs.reorder(network, geometries, {name: order})
      with self.subTest(name):
        shuffled.kernels[following].assign(network.kernels[following])
        change = two_runs.logits_change(network, shuffled, images)
        self.assertGreater(change, 0.05)

  def test_the_change_is_a_share_of_the_largest_logit(self):
    network, geometries, images = _reference()
    other = two_runs.reorder(network, geometries, {})
    largest = np.abs(network(images[..., None] / np.float32(255))).max()
    other.biases['logits'].assign_add(10 * [0.25 * largest])
    change = two_runs.logits_change(network, other, images)
    self.assertAllClose(change, 0.25, rtol=1e-5)


class ReportTest(tf.test.TestCase):
  def test_an_odd_seed_is_left_out_and_in_one_order_numbers_are_matched(self):
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
      self.assertEqual(table[two_runs.ORDERED, layer][0], matched)
      self.assertEqual(table[two_runs.ITSELF, layer], ['1.00'] * 4)
      self.assertLess(float(table[two_runs.TRAINED, layer][0]), float(matched))
    # After its only epoch, a run is half-way and at its end.
    self.assertEqual(table[two_runs.HALF_WAY, 'logits'], ['1.00'] * 4)

  def test_one_seed_makes_no_pair(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=1)
    with self.assertRaisesRegex(errors.UserError, '^two runs need two seeds'):
      two_runs.measure(plan)


if __name__ == '__main__':
  tf.test.main()
