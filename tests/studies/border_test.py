"""Tests of border.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.measure import fields
from cnn_tf.network import geometry
from cnn_tf.run import layers
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
      (border.WHOLE, images),
      (border.CUT, images[:, :26, :26]),
    ):
      lost = f'{100 * (1 - seen.sum() / total):.2f}'
      self.assertEqual(table[f'digits: {name}'][0], lost)
    self.assertEqual(table['digits: noise in unseen pixels'][0], 'logits equal')
    self.assertEqual(
      table['digits: trained on last 2 black'][0], 'kernels equal'
    )
    self.assertEqual(table['digits: last 2 black'][3], '0.00')
    self.assertEqual(table['digits: largest gradient, unseen pixels'][0], '0')
    for name, other in (
      ('last 8 black', 'original'),
      (border.CUT, border.WHOLE),
    ):
      accuracies = [float(table[f'digits: {x}'][2]) for x in (name, other)]
      difference = float(table[f'digits: {name}'][3])
      self.assertAlmostEqual(difference, np.subtract(*accuracies), delta=0.011)

  def test_differences_are_paired_whatever_the_numbers_of_seeds(self):
    accuracy = {name: [0.5, 0.7] for name in border.CHANGES}
    accuracy |= {border.NULL: [0.5], 'last 4 black': [0.4, 0.7]}
    accuracy |= {border.WHOLE: [0.5] * 8, border.CUT: [0.4, *[0.5] * 7]}
    found = border.Border(
      np.zeros([2, 2], bool),
      np.ones([2, 2]),
      True,
      True,
      np.ones([2, 2]),
      dict.fromkeys(border.CHANGES, 0.1),
      accuracy,
    )
    table = {row[0]: row[2:] for row in border._table({'digits': found})}
    for name, count, difference in (
      ('original', '2', ''),
      (border.NULL, '1', '0.00'),
      ('last 4 black', '2', '-5.00 ± 63.53'),
      (border.WHOLE, '8', ''),
      (border.CUT, '8', '-1.25 ± 2.96'),
    ):
      cells = table[f'digits: {name}']
      self.assertEqual((cells[0], cells[2]), (count, difference))

  def test_every_pixel_of_the_canvas_is_seen(self):
    canvas = border.on_canvas(np.full([1, 28, 28], 9, np.uint8))
    self.assertEqual(canvas.shape, (1, 30, 30))
    self.assertEqual(canvas.sum(), 9 * 28 * 28)
    self.assertFalse(np.any(canvas[0, [0, -1]]))
    specs = layers.parse(border.LAYERS)
    for side, unseen in (28, 108), (30, 0):
      found = fields.unseen(geometry.trace(specs, (side, side, 1)))
      self.assertEqual(found.sum(), unseen)


if __name__ == '__main__':
  tf.test.main()
