"""Tests of selection.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.studies import selection
from cnn_tf.studies import trained
from tests import miniature


class SelectionTest(tf.test.TestCase):
  def test_the_three_ways_of_reporting_by_hand(self):
    curves = selection.Curves(
      validation=np.array([[0.5, 0.7, 0.6], [0.8, 0.8, 0.1]]),
      test=np.array([[0.9, 0.4, 0.5], [0.2, 0.3, 0.1]]),
    )
    reported = selection.report(curves)
    self.assertAllEqual(reported.last, [0.5, 0.1])
    self.assertAllEqual(reported.chosen, [0.4, 0.2])  # the first of two equals
    self.assertAllEqual(reported.peeked, [0.9, 0.3])

  def test_each_epoch_is_scored_with_its_own_kernels(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=2)
    plan = plan._replace(epochs=3)
    run = next(trained.seeds(plan, **selection.USUAL))
    validation, test = selection.score(run)
    for done, accuracy in zip(run.epochs, test, strict=True):
      other = trained.runs.load(run.workdir, last=done.epoch)
      self.assertEqual(other.epoch, done.epoch)
      again = trained.accuracy(other.network, other.data.test)
      self.assertAlmostEqual(accuracy, again, places=6)
    self.assertEqual(validation[-1], run.epochs[-1].validation_accuracy)
    first, _ = trained.test_accuracies(plan, **selection.USUAL)
    self.assertEqual(test[-1], first)

  def test_selecting_the_epoch_on_the_test_set_never_loses(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=2)
    table = {row[0]: row[1:] for row in selection.measure(plan).table}
    self.assertGreaterEqual(
      float(table['best seed and epoch on test'][0]),
      float(table['best seed on test'][0]),
    )
    self.assertIn('standard deviation over samples of 200 images', table)


if __name__ == '__main__':
  tf.test.main()
