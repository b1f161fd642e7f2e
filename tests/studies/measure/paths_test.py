"""Tests of paths.py."""

import math

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import evaluation
from cnn_tf.run import layers
from cnn_tf.studies.measure import paths
from cnn_tf.studies.measure import trajectory
from tests import small_data

GEOMETRIES = geometry.trace(
  layers.parse('conv 4 3x3, maxpool 2x2'), (28, 28, 1)
)


def network(seed):
  return model.ConvNet(GEOMETRIES, seed)


def path(one, two):
  return paths.Path(GEOMETRIES, one, two)


class PathsTest(tf.test.TestCase):
  def test_the_ends_are_the_networks_to_the_bit(self):
    examples = small_data.examples(50)
    both = network(0), network(1)
    images = datasets.to_float(examples.images)
    for share, end in zip((0, 1), both, strict=True):
      found = path(*both).at(share)
      self.assertAllEqual(found(images), end(images))
      self.assertAllEqual(trajectory.flat(found), trajectory.flat(end))
    scores = paths.scores(path(*both), (0, 1), examples)
    for one, end in zip(scores, both, strict=True):
      logits = activity.log_probabilities(end, examples.images)
      self.assertEqual(one, paths.score(logits, examples.labels))

  def test_a_quarter_of_the_way(self):
    one, two = network(0), network(1)
    found = trajectory.flat(path(one, two).at(0.25))
    expected = 0.75 * trajectory.flat(one) + 0.25 * trajectory.flat(two)
    self.assertAllEqual(found, expected)

  def test_a_score_by_hand(self):
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
    found = paths.score(logits, np.array([1, 2]))
    self.assertAllClose(found.accuracy, 0.5)
    self.assertAllClose(
      found.cross_entropy, -(math.log(0.25) + math.log(0.8)) / 2
    )

  def test_the_rise_by_hand(self):
    # The line between 1 and 2 is at 1.5 in the middle.
    self.assertAllClose(paths.barrier((0, 0.5, 1), (1, 3, 2)), 1.5)
    self.assertEqual(paths.barrier((0, 0.5, 1), (1, 1, 2)), 0)

  def test_the_variances(self):
    images = small_data.examples(20).images
    one, opposite = network(0), network(0)
    for kernel in opposite.kernels.values():
      kernel.assign(-kernel)
    self.assertAllClose(paths.variances(path(one, one), images), {'conv1': 1})
    self.assertEqual(paths.variances(path(one, opposite), images), {'conv1': 0})

  def test_a_line_by_hand(self):
    points = [evaluation.Means(1.0, 0.8)] * 10 + [evaluation.Means(2.0, 0.6)]
    points[5] = evaluation.Means(4.5, 0.1)
    line = paths.Line(points, points[0], {})
    self.assertAllClose((line.ends, line.change), (0.7, -0.6))
    self.assertAllClose(line.barrier, 3.0)
    self.assertEqual(line.middle, points[5])

  def test_the_ensemble_of_two_opposite_opinions(self):
    # One is certain of class 3, the other of class 4: half the probability.
    both = network(0), network(0)
    for label, one in zip((3, 4), both, strict=True):
      one.kernels['logits'].assign(tf.zeros_like(one.kernels['logits']))
      one.biases['logits'].assign(100.0 * tf.one_hot(label, 10))
    images = small_data.examples(7).images
    test = datasets.Examples(images, np.full(7, 3, np.uint8))
    found = paths.measure(path(*both), test, images)
    self.assertAllClose(found.ensemble.cross_entropy, math.log(2))
    self.assertAllClose(found.middle.cross_entropy, math.log(2))
    self.assertEqual(found.points[0].accuracy, 1)
    self.assertEqual(found.points[-1].accuracy, 0)


if __name__ == '__main__':
  tf.test.main()
