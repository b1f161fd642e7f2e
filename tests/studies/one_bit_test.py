"""Tests of one_bit.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.run import trainer
from cnn_tf.studies import one_bit
from tests import miniature


class OneBitTest(tf.test.TestCase):
  def test_all_cases_of_a_long_training(self):
    plan = one_bit.FULL
    first, second = (one_bit.cases(plan, seed) for seed in (0, 1))
    self.assertEqual(first.keys() - second, {one_bit.AGAIN, one_bit.DEAD})
    for epoch in (1, 3, 5):
      case = second[f'one ulp, after epoch {epoch}']
      self.assertEqual(case.departure.after, epoch)
    # No seed is used twice.
    others = [one_bit.cases(plan, seed)[one_bit.SEED] for seed in range(5)]
    self.assertEqual([x.changes['seed'] for x in others], [5, 6, 7, 8, 9])

  def test_elu_starts_with_the_kernels_of_relu(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    case = one_bit.cases(plan, 0)[one_bit.SMOOTH]
    wanted = one_bit.settings(plan, num_epochs=1, **case.both)
    data = trainer.load(wanted)
    usual = one_bit.settings(plan, num_epochs=1)
    found = [
      one_bit.train(plan, settings, data, one, set()).snapshots[0]
      for settings, one in (
        (usual, one_bit.Case()),
        (wanted, case._replace(departure=case.start)),
        (wanted, case),
      )
    ]
    self.assertAllEqual(found[0], found[1])
    self.assertEqual(np.sum(found[1] != found[2]), 1)

  def test_the_report(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    header, *rows = one_bit.measure(plan).table
    table = {name: dict(zip(header[1:], x, strict=True)) for name, *x in rows}
    for name in (one_bit.AGAIN, one_bit.ONE):  # the plan has one replica
      self.assertEqual(
        (table[name]['at the end'], table[name]['variables that differ']),
        ('0', '0'),
      )
      self.assertEqual(table[name]['predictions that differ (%)'], '0.00')
    self.assertEqual(table[one_bit.DEAD]['variables that differ'], '1')
    self.assertEqual(table[one_bit.DEAD]['predictions that differ (%)'], '0.00')
    at_end = {name: float(row['at the end']) for name, row in table.items()}
    self.assertBetween(at_end[one_bit.ULP], 1e-10, 1e-6)
    self.assertBetween(at_end[one_bit.SAME_64], 1e-10, 1e-6)
    self.assertBetween(at_end[one_bit.ULP_64], 1e-18, 1e-14)
    self.assertBetween(at_end[one_bit.BFLOAT16], 1e-5, 1e-2)
    self.assertBetween(at_end[one_bit.ORDER], 1e-3, 1e-1)
    self.assertAllClose(at_end[one_bit.SEED], 2**0.5, atol=0.1)


if __name__ == '__main__':
  tf.test.main()
