"""Tests of ablation.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.studies import ablation
from tests import miniature
from tests import small_run


class AblationTest(tf.test.TestCase):
  def test_the_share_of_the_accuracy_is_corrected_for_chance(self):
    run = small_run.untrained(count=60)
    images = run.data.test.images
    answers = activity.log_probabilities(run.network, images).argmax(axis=1)
    black = ablation.ablation.with_output(run.network, 'conv1', tf.zeros_like)
    constant = activity.log_probabilities(black, images).argmax(axis=1)
    # Its own answers as labels: the whole network is always right.
    examples = datasets.Examples(images, answers)
    shares = ablation.shares_of(run, 'conv1', examples)
    right = np.mean(constant == answers)
    found = shares(np.array([[1, 1, 1, 1], [0, 0, 0, 0]]))
    self.assertAllClose(found, [1, (right - 0.1) / 0.9])

  @mock.patch.multiple(
    ablation, MOST=2, NUM_CHOOSING=50, NUM_FOR_MEANS=50, NUM_ORDERS=2
  )
  def test_the_report_has_all_layers_and_both_orders(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    header, *rows = ablation.measure(plan).table
    self.assertLen(rows, 4 * 4 + 3 * 2)
    for row in rows:
      self.assertLen(row, len(header))
    kinds = ablation.ZERO, ablation.MEAN, ablation.DIRECTION
    self.assertEqual(
      [row[1] for row in rows if row[0] == 'conv2'][:3], list(kinds)
    )


if __name__ == '__main__':
  tf.test.main()
