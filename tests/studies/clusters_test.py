"""Tests of clusters.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.run import build
from cnn_tf.run import replicas
from cnn_tf.studies import clusters
from cnn_tf.studies import study
from cnn_tf.studies import trained
from tests import miniature
from tests import small_data


def digits():
  """640 training and 100 validation examples, which are also the test set."""
  train, rest = datasets.hold_out(small_data.examples(740), 100)
  return datasets.Dataset(train, rest, rest, 10)


def settings(**changes):
  plan = study.Plan('mnist', epochs=2)
  return trained.settings(plan, layers=clusters.LAYERS, **changes)


class ClustersTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.strategy = replicas.make_strategy('1', settings().batch_size)

  def test_distances_by_hand(self):
    images = np.array([[[255, 0]], [[0, 0]]], np.uint8)
    centres = np.array([[1, 0], [0, 1], [0.6, 0.8]])
    self.assertAllClose(
      clusters.distances(images, centres),
      [[0, np.sqrt(2), np.sqrt(0.8)], [1, 1, 1]],
    )

  def test_a_cluster_is_named_after_its_most_frequent_class(self):
    names = clusters.majority(
      clusters=np.array([0, 0, 0, 1, 1, 3]),
      labels=np.array([2, 2, 1, 5, 4, 5], np.uint8),
      count=4,
    )
    self.assertAllEqual(names, [2, 4, 0, 5])

  def test_black_and_white_are_two_clusters(self):
    black_and_white = np.repeat([0, 255], 50).astype(np.uint8)
    images = np.broadcast_to(black_and_white[:, None, None], [100, 4, 4])
    labels = np.repeat([3, 1], 50)
    train = datasets.Examples(images, labels)
    test = train._replace(labels=np.where(np.arange(100) < 10, 1, labels))
    found = clusters.k_means(datasets.Dataset(train, test, test, 4), 2, seed=0)
    order = found.centres[:, 0].argsort()
    self.assertAllClose(found.centres[order], [[0] * 16, [1] * 16])
    self.assertAllEqual(found.names[order], [3, 1])
    self.assertAlmostEqual(found.right, 0.9)

  def test_the_input_of_the_network_has_mean_0_and_deviation_1(self):
    data = digits()
    centres = clusters.k_means(data, 5, seed=0).centres
    features = clusters.standardised(data, centres)
    train = datasets.to_float(features.train.images).numpy().reshape(-1, 5)
    self.assertAllClose(train.mean(axis=0), np.zeros(5), atol=1e-5)
    self.assertAllClose(train.std(axis=0), np.ones(5), atol=1e-5)
    # Test features are standardised by the numbers of the training set.
    raw, raw_test = (
      clusters.distances(part.images, centres) for part in (data[0], data[2])
    )
    self.assertAllClose(
      datasets.to_float(features.test.images)[:, 0, :, 0],
      (raw_test - raw.mean(axis=0)) / raw.std(axis=0),
      atol=1e-5,
    )

  def test_the_network_on_55_distances_has_6360_parameters(self):
    data = digits()
    centres = clusters.k_means(data, 55, seed=0).centres
    data = clusters.standardised(data, centres)
    geometries = build.plan(settings(), data)
    self.assertEqual(
      sum(layer.num_parameters for layer in geometries),
      55 * 70 + 70 + 70 * 30 + 30 + 30 * 10 + 10,
    )

  def test_equal_seeds_give_equal_accuracies(self):
    def curve(seed):
      data = digits()
      centres = clusters.k_means(data, 20, seed).centres
      features = clusters.standardised(data, centres)
      return clusters.train(settings(seed=seed), features, self.strategy)

    first, again, other = map(curve, (0, 0, 1))
    self.assertEqual(first, again)
    self.assertNotEqual(first, other)
    self.assertLen(first.validation, 2)
    self.assertGreater(first.test, 0.3)

  def test_it_trains_as_a_run_does(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    run = next(trained.seeds(plan, layers=clusters.LAYERS))
    curve = clusters.train(run.settings, run.data, self.strategy)
    [by_run] = clusters.of_runs(plan, layers=clusters.LAYERS).curves
    self.assertEqual(curve, by_run)

  def test_the_report_compares_five_networks(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    report = clusters.measure(plan)
    names = ['CNN', 'pixels', '40 distances', '55 distances', '70 distances']
    self.assertEqual([row[0] for row in report.table[1:]], names)
    parameters = [row[1] for row in report.table[1:]]
    self.assertEqual(
      parameters, ['114,454', '57,390', '36,670', '49,480', '62,290']
    )
    ratios = [float(row[-1]) for row in report.table[1:]]
    self.assertEqual(ratios[0], 1)
    self.assertAllGreater(ratios, 0)


if __name__ == '__main__':
  tf.test.main()
