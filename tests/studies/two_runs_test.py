"""Tests of two_runs.py."""

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.studies import two_runs
from tests import miniature


class TwoRunsTest(tf.test.TestCase):
  def test_the_report(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=3)
    header, *rows, last = two_runs.measure(plan).table
    self.assertLen(list(plan.networks.glob('*-seed?')), 2)  # seed 2 is left out
    self.assertEqual(header[1:], ['n = 1 pairs', *_HIDDEN])
    table = {(kind, name): np.array(x, float) for kind, name, *x in rows}
    by_index, one_to_one, best, cka, cosine = (
      {name: x for (kind, name), x in table.items() if kind == title}
      for title in two_runs.TITLES.values()
    )
    # After one epoch on 640 images, a network resembles its initial kernels,
    # and filters of different initial kernels have nothing in common.
    for found in (by_index, one_to_one, best, cka):
      self.assertAllGreater(found[two_runs.START][:2], 0.6)
    for null in (two_runs.TWO, two_runs.UNTRAINED, two_runs.ROTATED):
      self.assertAllGreater(one_to_one[two_runs.START] - one_to_one[null], 0)
    self.assertAllInRange(by_index[two_runs.TWO], -0.4, 0.4)
    self.assertAllGreater(by_index[two_runs.SAME_KERNELS][:2], 0.6)
    self.assertAllLess(by_index[two_runs.SAME_ORDER], 0.4)
    self.assertAllGreater(cosine[two_runs.START], 0.6)
    self.assertAllInRange(cosine[two_runs.TWO], -0.4, 0.4)
    # The inputs of the first layer are the image, before and after training.
    self.assertEqual(by_index[two_runs.RESET][0], by_index[two_runs.START][0])
    gains = by_index[two_runs.RESET] - by_index[two_runs.START]
    self.assertAllGreater(gains[1:], 0)
    lost, lost_untrained = (
      one_to_one[first] - one_to_one[second]
      for first, second in (
        (two_runs.TWO, two_runs.ROTATED),
        (two_runs.UNTRAINED, two_runs.UNTRAINED_ROTATED),
      )
    )
    self.assertAllClose(
      one_to_one[two_runs.LOST], lost - lost_untrained, atol=0.021
    )
    self.assertNotIn(two_runs.WITHIN, by_index)
    self.assertNotIn(two_runs.ROTATED, cka)
    self.assertLess(float(last[2]), 1e-5)

  def test_one_seed_makes_no_pair(self):
    plan = miniature.plan(self.create_tempdir().full_path, seeds=1)
    with self.assertRaisesRegex(errors.UserError, '^two runs need two seeds'):
      two_runs.measure(plan)


_HIDDEN = ('conv1', 'conv2', 'conv3', 'dense1')


if __name__ == '__main__':
  tf.test.main()
