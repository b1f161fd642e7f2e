"""Tests of clusters.py."""

import functools
from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.run import trainer
from cnn_tf.studies import clusters
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import centres
from tests import miniature
from tests import small_data


def digits():
  """640 training and 100 validation examples, which are also the test set."""
  train, rest = datasets.hold_out(small_data.examples(740), 100)
  return datasets.Dataset(train, rest, rest, 10)


def pixels(images):
  return images.reshape(len(images), -1) / 255


class ClustersTest(tf.test.TestCase):
  def test_the_input_of_the_network_is_as_long_as_an_image(self):
    data = digits()
    found = centres.random_images(data.train.images, 5, seed=0)
    distances = functools.partial(centres.distances, centres=found)
    inputs = clusters.scaled(data, distances)
    train = datasets.to_float(inputs.train.images).numpy().reshape(-1, 5)
    self.assertAllClose(train.mean(axis=0), np.zeros(5), atol=1e-4)
    squares = np.sum(pixels(data.train.images) ** 2)
    self.assertAllClose(np.sum(train**2), squares, rtol=1e-4)
    # Test inputs are centred and scaled by the numbers of the training set.
    raw, raw_test = (distances(x.images) for x in (data.train, data.test))
    factor = np.sqrt(squares / np.sum((raw - raw.mean(axis=0)) ** 2))
    self.assertAllClose(
      datasets.to_float(inputs.test.images)[:, 0, :, 0],
      factor * (raw_test - raw.mean(axis=0)),
      atol=1e-4,
    )

  def test_the_parameters_on_100_features(self):
    data = digits()
    settings = trained.settings(study.Plan(), layers=clusters.LAYERS)
    distances = functools.partial(
      centres.distances, centres=np.zeros([100, 784])
    )
    inputs = clusters.scaled(data, distances)
    self.assertEqual(
      sum(x.num_parameters for x in trainer.geometries(settings, inputs)),
      100 * 70 + 70 + 70 * 30 + 30 + 30 * 10 + 10,
    )

  @mock.patch.object(clusters, 'COUNTS', (20, 2000))
  def test_the_report(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    table = clusters.measure(plan).table
    names = [row[0] for row in table[1:]]
    self.assertEqual(names[:2], [clusters.CNN, clusters.PIXELS])
    self.assertEqual([row[1] for row in table[3:7]], ['20', '640'] * 2)
    self.assertEqual([row[1] for row in table[7:]], ['20', '784'])
    parameters = [row[2] for row in table[1:4]]
    own = 20 * 70 + 70 + 70 * 30 + 30 + 30 * 10 + 10 + 20 * 784
    self.assertEqual(parameters, ['114,454', '57,390', f'{own:,}'])
    of_means, of_random = (float(table[row][4]) for row in (3, 5))
    self.assertAlmostEqual(float(table[3][5]), of_means - of_random, delta=0.01)
    for row in table[1:]:
      self.assertBetween(float(row[4]), 20, 100)


if __name__ == '__main__':
  tf.test.main()
