"""Tests of precision.py."""

from unittest import mock

import tensorflow as tf

from cnn_tf.measure import intervals
from cnn_tf.run import storage
from cnn_tf.studies import precision
from tests import miniature


class PairsTest(tf.test.TestCase):
  def test_differences_are_paired_by_seed(self):
    found = precision.Accuracies([0.9, 0.8, 0.7], [0.91, 0.78, 0.7], [0.92])
    self.assertAllClose(found.differences['bfloat16'], [1, -2, 0])
    self.assertAllClose(found.differences['one replica'], [2])


class PlanTest(tf.test.TestCase):
  def test_mnist_has_10_pairs_and_the_nulls_10_and_3(self):
    fashion, mnist = precision.FULL.by_dataset().values()
    self.assertEqual(fashion.seeds, 30)
    mnist = precision.a_third(mnist)
    self.assertEqual(mnist.seeds, 10)
    self.assertEqual(precision.a_third(fashion).seeds, 10)
    self.assertEqual(precision.a_third(mnist).seeds, 3)


class ReportTest(tf.test.TestCase):
  def test_the_report_agrees_with_the_runs(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=2)
    with mock.patch.object(precision, 'NUM_ROUNDS', 3):  # of the times
      report = precision.measure(plan)
    table = {row[0]: row[1:] for row in report.table}
    accuracies = {}
    for name in precision.PRECISIONS:
      accuracies[name] = []
    for result in sorted(plan.networks.glob('*/result.json')):
      used = storage.read_settings(result.parent)
      accuracy = storage.read_result(result.parent)['test_accuracy']
      accuracies[used.precision].append((used.seed, accuracy))
    self.assertLen(list(plan.networks.glob('one_replica/*/result.json')), 1)
    for name, pairs in accuracies.items():
      values = [accuracy for _, accuracy in sorted(pairs)]
      self.assertLen(values, 2)
      self.assertEqual(
        table[f'digits: test accuracy, {name} (%)'][0],
        intervals.percent(values),
      )
    # Both runs of the null have one replica here: the same bits.
    null = table['digits: one replica - float32 (points, 1 pairs)']
    self.assertEqual(null[0], '0.00')
    eight, two = (
      float(cell.partition(' ')[0])
      for cell in (
        table[f'digits: weights of {bits} bits - float32 (points, 2 networks)'][
          0
        ]
        for bits in (8, 2)
      )
    )
    self.assertBetween(eight, -1, 1)
    self.assertLess(two, -5)
    self.assertEqual(table['bfloat16, gradient: error (bits)'][1:], [''] * 7)
    self.assertRegex(table['bfloat16, output alone: error (bits)'][1], r'\(8\.')


if __name__ == '__main__':
  tf.test.main()
