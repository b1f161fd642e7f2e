"""Tests of border.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.studies import border
from cnn_tf.studies import changed
from cnn_tf.studies import trained
from tests import miniature


class BorderTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.plan = miniature.plan(self.create_tempdir().full_path)

  def test_rows_and_columns_are_blackened_at_the_end(self):
    images = np.arange(1, 10, dtype=np.uint8).reshape(1, 3, 3)
    black = border.blacken(images, 1)
    self.assertAllEqual(black, [[[1, 2, 0], [4, 5, 0], [0, 0, 0]]])
    self.assertEqual(images.min(), 1)

  def test_kernels_are_equal_if_only_unseen_pixels_are_black(self):
    networks = []
    for count in (2, 3):
      folder = changed.write(
        self.plan, f'black{count}', lambda x, n=count: border.blacken(x, n)
      )
      networks.append(next(trained.seeds(self.plan, data_dir=folder)).network)
    original = next(trained.seeds(self.plan)).network
    self.assertTrue(border.same_kernels(original, networks[0]))
    self.assertFalse(border.same_kernels(original, networks[1]))

  def test_the_report_agrees_with_sums_over_the_unseen_pixels(self):
    report = border.measure(self.plan)
    table = {row[0]: row[1:] for row in report.table}
    images = next(trained.seeds(self.plan)).data.test.images.astype(int)
    total = images.sum()
    for name, seen in (
      ('original', images[:, :26, :26]),
      ('last 2 black', images[:, :26, :26]),
      ('last 6 black', images[:, :22, :22]),
      ('shifted by one', images[:, 1:27, 1:27]),
    ):
      lost = f'{100 * (1 - seen.sum() / total):.2f}'
      self.assertEqual(table[f'digits: {name}'][0], lost)
    self.assertEqual(table['digits: noise in unseen pixels'][0], 'logits equal')
    self.assertEqual(
      table['digits: trained on last 2 black'][0], 'kernels equal'
    )
    self.assertEqual(table['digits: last 2 black'][2], '0.00')
    self.assertEqual(table['digits: largest gradient, unseen pixels'][0], '0')
    original, black = (
      float(table[f'digits: {x}'][1]) for x in ('original', 'last 8 black')
    )
    difference = float(table['digits: last 8 black'][2])
    self.assertAlmostEqual(difference, black - original, delta=0.011)

  def test_shifted_images_move_up_and_left(self):
    before = next(trained.seeds(self.plan)).data.test.images
    after = border.up_and_left(before)
    self.assertAllEqual(after[:, :27, :27], before[:, 1:, 1:])
    self.assertFalse(np.any(after[:, 27]))


if __name__ == '__main__':
  tf.test.main()
