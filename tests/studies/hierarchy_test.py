"""Tests of hierarchy.py."""

import functools
from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.measure import ascent
from cnn_tf.measure import fields
from cnn_tf.measure import patches
from cnn_tf.network import model
from cnn_tf.run import config
from cnn_tf.studies import hierarchy
from cnn_tf.studies import tensors
from cnn_tf.studies import trained
from tests import miniature
from tests import small_run

# A few steps, for tests that do not depend on where the ascent ends.
_SHORT = ascent.Settings(num_starts=2, num_steps=5)


@functools.cache
def _look():
  """A run with two maps that never rise above 0, and its results."""
  run = small_run.untrained()
  run.network.biases['conv2'].assign([0.1, -100, 0.1, 0.1, -100, 0.1])
  with mock.patch.object(hierarchy, 'CLIMB', _SHORT):
    return run, hierarchy.look(run)


class FieldTest(tf.test.TestCase):
  def test_outside_the_receptive_field_the_gradient_is_0(self):
    run = small_run.untrained(config.REFERENCE_LAYERS)
    images = run.data.test.images[:10]
    for index in (0, 2, 4):
      geometries = run.geometries[: index + 1]
      with self.subTest(geometries[-1].spec.name):
        found = hierarchy.effective_field(run.network, geometries, images)
        seen = fields.seen(geometries)
        self.assertAllEqual(found[~seen], np.zeros(np.sum(~seen)))
        for axis in (0, 1):  # inside, it reaches all sides
          self.assertAllEqual(found.any(axis), seen.any(axis))

  def test_the_field_of_the_first_layer_is_the_mean_squared_kernel(self):
    run = small_run.untrained(config.REFERENCE_LAYERS)
    found = hierarchy.effective_field(
      run.network, run.geometries[:1], run.data.test.images[:5]
    )
    kernel = run.network.kernels['conv1'].numpy()[:, :, 0]
    expected = np.zeros([28, 28])
    expected[13:16, 13:16] = np.mean(kernel**2, axis=-1)
    self.assertAllClose(found, expected, rtol=1e-5)

  def test_a_uniform_field_is_used_in_full(self):
    for count in (1, 9, 100):
      values = np.full(count, 0.1)
      self.assertEqual(hierarchy.share_used(values), 1)
    self.assertEqual(hierarchy.share_holding(np.ones(9)), 1)
    self.assertEqual(hierarchy.share_holding(np.ones(100)), 0.96)

  def test_the_fractions_by_hand(self):
    values = np.array([4.0, 100, 1, 5])  # 105 of 110 are 95.45 %
    self.assertEqual(hierarchy.share_used(values), 2 / 4)
    self.assertEqual(hierarchy.share_holding(values), 2 / 4)
    self.assertEqual(hierarchy.share_holding(np.array([1.0, 0, 0, 0])), 1 / 4)
    self.assertEqual(hierarchy.share_used(np.array([100, 4.6, 4.5])), 2 / 3)


class PatternsTest(tf.test.TestCase):
  def test_in_the_first_layer_every_start_ends_where_the_kernel_is_positive(
    self,
  ):
    run = small_run.untrained(config.REFERENCE_LAYERS)
    geometries = run.geometries[:1]
    climb = hierarchy.patterns(run.network, geometries, hierarchy.CLIMB)
    ends = climb.images[:, :, -1][..., fields.seen(geometries)]
    self.assertEqual(ends.shape, (32, 4, 9))
    kernel = run.network.kernels['conv1'].numpy().reshape(9, 32).T
    large = np.abs(kernel) > 0.05
    for start in range(4):
      self.assertAllClose(ends[:, start][large], kernel[large] > 0, 0, 1e-6)
    own, others = hierarchy.correlations(ends)
    self.assertAllClose(own, 1, 0.005)
    self.assertLess(abs(others), 0.2)
    self.assertEqual(hierarchy.share_arrived(climb.scores), 1)

  def test_correlation_counts_equal_and_opposite_pixels(self):
    # Equal from both starts; between the maps half of the pixels are equal.
    found = np.array([[[1, 1], [1, 1]], [[1, 0], [1, 0]]])
    self.assertAllClose(hierarchy.correlations(found), (1, 0))
    found = np.array([[[1, 1, 1, 0], [1, 1, 1, 1]]] * 2)
    self.assertAllClose(hierarchy.correlations(found), (0.5, 0.5))

  def test_patterns_from_the_same_start_are_not_compared(self):
    untouched = np.array([[[1, 0], [0, 1]]] * 3)
    self.assertAllClose(hierarchy.correlations(untouched), (-1, -1))

  def test_a_start_arrives_within_a_hundredth_of_the_best_score(self):
    scores = np.array([[1, 0.995, 0.98], [-1.005, -1, -2]])
    self.assertEqual(hierarchy.share_arrived(scores), 4 / 6)


class ReportTest(tf.test.TestCase):
  def test_maps_that_never_rise_above_0_are_dead(self):
    run, found = _look()
    images = run.data.test.images
    outputs = tensors.outputs(run.network, images, ['conv2'])['conv2']
    self.assertAllEqual(found['conv2']['after'].dead, ~outputs.any((0, 1, 2)))
    self.assertAllEqual(np.flatnonzero(found['conv2']['after'].dead), [1, 4])
    self.assertFalse(found['conv1']['after'].dead.any())
    self.assertFalse(found['conv2']['before'].dead.any())

  def test_patterns_and_fields_are_cut_to_the_receptive_field(self):
    run, found = _look()
    layer, geometries = found['conv2']['after'], run.geometries[:3]
    climb = hierarchy.patterns(run.network, geometries, _SHORT)
    expected = patches.cut(climb.images[4, 1, -1], geometries)
    self.assertEqual(expected.shape, (8, 8))
    self.assertAllEqual(layer.patterns[4, 1], expected)
    self.assertEqual(layer.field.shape, (8, 8))

  @mock.patch.object(hierarchy, 'CLIMB', _SHORT)
  @mock.patch.object(hierarchy, 'NUM_IMAGES', 5)
  def test_the_report_has_a_row_for_each_layer_before_and_after(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    report = hierarchy.measure(plan)
    names, *rows = report.table
    self.assertEqual(
      [row[:2] + [row[3]] for row in rows],
      [
        [layer, training, size]
        for layer, size in (
          ('conv1', '3x3'),
          ('conv2', '8x8'),
          ('conv3', '18x18'),
        )
        for training in ('before', 'after')
      ],
    )
    table = {tuple(row[:2]): dict(zip(names, row, strict=True)) for row in rows}
    first = table['conv1', 'before']
    self.assertEqual(first['dead maps'], '0.0 of 32')
    geometries = next(trained.seeds(plan)).geometries
    kernel = model.ConvNet(geometries, seed=0).kernels['conv1'].numpy()
    held = hierarchy.share_holding(np.mean(kernel**2, axis=(2, 3)).ravel())
    self.assertEqual(first['95.45 % in'], f'{100 * held:.1f} %')
    before, after = (list(row.values()) for row in list(table.values())[-2:])
    self.assertNotEqual(before[2:], after[2:])


if __name__ == '__main__':
  tf.test.main()
