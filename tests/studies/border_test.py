"""Tests of border.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.measure import fields
from cnn_tf.studies import border
from cnn_tf.studies import trained
from tests import miniature


class BorderTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.plan = miniature.plan(self.create_tempdir().full_path)

  def test_the_gradient_is_0_at_pixels_that_no_window_covers(self):
    run = next(trained.seeds(self.plan))
    unseen = fields.unseen(run.geometries)
    slopes = border.slopes(run.network, run.data.test.images)
    self.assertEqual(unseen.sum(), 108)
    self.assertAllEqual(slopes[unseen], np.zeros(108))
    self.assertAllGreater(slopes[2:24, 2:24], 0)

  def test_noise_in_unseen_pixels_leaves_the_logits_equal(self):
    run = next(trained.seeds(self.plan))
    images = run.data.test.images
    unseen = fields.unseen(run.geometries)
    self.assertTrue(border.same_with_noise(run.network, images, unseen))
    one_more = unseen.copy()
    one_more[25, 12] = True
    self.assertFalse(border.same_with_noise(run.network, images, one_more))

  def test_the_report_agrees_with_sums_over_the_unseen_pixels(self):
    report = border.measure(self.plan)
    table = {row[0]: row[1] for row in report.table}
    images = next(trained.seeds(self.plan)).data.test.images.astype(int)
    lost = images[:, 26:].sum() + images[:, :26, 26:].sum()
    self.assertEqual(table['unseen ink'], f'{lost / images.sum():.2%}')
    self.assertEqual(table['noise in unseen pixels'], 'logits equal')
    self.assertEqual(table['largest gradient, unseen pixels'], '0')
    self.assertRegex(table['difference, by seed'], r'^-?\d+\.\d\d points$')

  def test_shifted_images_move_up_and_left(self):
    before = next(trained.seeds(self.plan)).data.test.images
    border.look(self.plan)
    [workdir] = self.plan.networks.glob('digits-moved-*-seed0')
    after = trained.runs.load(workdir).data.test.images
    self.assertAllEqual(after[:, :27, :27], before[:, 1:, 1:])
    self.assertFalse(np.any(after[:, 27]))


if __name__ == '__main__':
  tf.test.main()
