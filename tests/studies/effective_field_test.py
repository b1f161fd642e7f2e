"""Tests of effective_field.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.network import model
from cnn_tf.studies import effective_field
from cnn_tf.studies import trained
from tests import miniature
from tests import small_run


class EffectiveFieldTest(tf.test.TestCase):
  def test_of_equal_values_95_percent_of_the_pixels_hold_95_percent(self):
    self.assertEqual(effective_field.share(np.ones([10, 10])), 0.95)
    self.assertEqual(effective_field.share(np.ones([3, 3])), 1)

  def test_the_share_by_hand(self):
    # 95 % of 100 are 95; the three largest values have a sum of 97.
    values = np.array([[3.0, 60], [30, 7]])
    self.assertEqual(effective_field.share(values), 3 / 4)
    self.assertEqual(effective_field.share(values, 0.5), 1 / 4)
    self.assertEqual(effective_field.share(values, 0.61), 2 / 4)
    self.assertEqual(effective_field.share(np.array([[1.0, 0], [0, 0]])), 1 / 4)

  def test_the_radius_by_hand(self):
    # Equal values: the squared distances have mean 4 / 3 on 3x3.
    self.assertAllClose(effective_field.radius(np.ones([3, 3])), 1)
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    self.assertAllClose(effective_field.radius(cross), np.sqrt(3 / 4))
    dot = np.zeros([5, 5])
    dot[1, 3] = 7.0
    self.assertAllClose(effective_field.radius(dot), 0)

  def test_the_number_of_paths_by_hand(self):
    found = effective_field.look(small_run.untrained())
    # On one axis, through a window of 3, one of 2, and three that start 2
    # pixels apart: 1, 2, 2, 1 ways into the pooling, and three of these.
    paths = [1, 2, 3, 3, 3, 3, 2, 1]
    expected = np.outer(paths, paths)
    values = found['conv2', 'number of paths'].values
    self.assertEqual(values.shape, (8, 8))
    self.assertAllClose(values / values.sum(), expected / expected.sum())

  @mock.patch.object(effective_field, 'NUM_IMAGES', 5)
  def test_the_report_has_a_row_for_each_layer_and_its_kernels(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    names, *rows = effective_field.measure(plan).table
    self.assertEqual(
      [row[:3] for row in rows],
      [
        [layer, size, kind]
        for layer, size in (
          ('conv1', '3x3'),
          ('conv2', '8x8'),
          ('conv3', '18x18'),
        )
        for kind in effective_field.KINDS
      ],
    )
    geometries = next(trained.seeds(plan)).geometries
    kernel = model.ConvNet(geometries, seed=0).kernels['conv1'].numpy()
    squares = np.mean(kernel**2, axis=(2, 3))
    share = 100 * effective_field.share(squares)
    self.assertEqual(rows[1][3], f'{share:.1f}')
    half = 100 * effective_field.share(squares, 0.5)
    self.assertEqual(rows[1][5], f'{half:.1f}')
    self.assertEqual(rows[1][7], f'{effective_field.radius(squares):.3f}')
    initial, trained_ = rows[-2:]
    difference = float(trained_[3]) - float(initial[3])
    self.assertAlmostEqual(float(trained_[4]), difference, delta=0.11)


if __name__ == '__main__':
  tf.test.main()
