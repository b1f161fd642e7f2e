"""Tests of uphill.py."""

from unittest import mock

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.studies import uphill
from tests import miniature


class UphillTest(tf.test.TestCase):
  def test_one_seed_has_no_other_network(self):
    with self.assertRaisesRegex(errors.UserError, '--seeds=2'):
      uphill.measure(uphill.QUICK._replace(seeds=1))

  @mock.patch.multiple(
    uphill, EPSILONS=(0.0, 0.1), NUM_IMAGES=100, NUM_STARTS=1, TRAINING_STEPS=1
  )
  def test_the_report(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=2)
    header, *rows = uphill.measure(plan).table
    self.assertEqual(header, ['by epsilon', '0', '0.1'])
    table = {title: cells for title, *cells in rows}
    self.assertEqual([len(cells) for cells in table.values()], [2] * len(table))
    names = uphill.SIGNS, uphill.FGSM, uphill.PGD, uphill.ROUNDED
    self.assertLen({table[f'{x}: accuracy (%)'][0] for x in names}, 1)
    self.assertNotEqual(*table[f'{uphill.PGD}: accuracy (%)'])
    # The pixels that no logit sees are an exact null.
    self.assertEqual(table['largest gradient of an unseen pixel'][0], '0')
    self.assertEqual(table['logits with noise in unseen pixels'][0], 'equal')


if __name__ == '__main__':
  tf.test.main()
