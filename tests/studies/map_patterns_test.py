"""Tests of map_patterns.py."""

import functools
from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.measure import ascent
from cnn_tf.measure import fields
from cnn_tf.measure import patches
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies import map_patterns
from cnn_tf.studies.measure import tensors
from tests import miniature
from tests import small_run

# A few steps, for tests that do not depend on where the ascent ends.
_SHORT = ascent.Settings(num_starts=2, num_steps=5)


@functools.cache
def _look():
  """A run with two maps that never rise above 0, and its results."""
  run = small_run.untrained()
  run.network.biases['conv2'].assign([0.1, -100, 0.1, 0.1, -100, 0.1])
  with mock.patch.object(map_patterns, 'CLIMB', _SHORT):
    return run, map_patterns.look(run)


class PatternsTest(tf.test.TestCase):
  def test_in_the_first_layer_every_start_ends_where_the_kernel_is_positive(
    self,
  ):
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS)
    layer = map_patterns._of_layer(run.network, run.geometries[:1], 0.0)
    self.assertEqual(layer.patterns.shape, (32, 4, 3, 3))
    kernel = run.network.kernels['conv1'].numpy()[:, :, 0].transpose(2, 0, 1)
    large = np.abs(kernel) > 0.05
    for start in range(4):
      ends = layer.patterns[:, start][large]
      self.assertAllClose(ends, kernel[large] > 0, 0, 1e-6)
    self.assertAllClose(layer.correlation.one_map, 1, 0.005)
    self.assertLess(abs(layer.correlation.two_maps), 0.2)
    self.assertAllClose(layer.others, 1, 0.005)

  def test_maps_that_never_rise_above_0_are_dead(self):
    run, found = _look()
    images = run.data.test.images
    outputs = tensors.of_layers(run.network, images, ['conv2'])['conv2']
    self.assertEqual((~outputs.any((0, 1, 2))).sum(), 2)
    self.assertEqual(found['conv2', 'after'].dead, 2 / 6)
    self.assertEqual(found['conv1', 'after'].dead, 0)
    self.assertEqual(found['conv2', 'before'].dead, 0)

  def test_patterns_are_cut_to_the_receptive_field(self):
    run, found = _look()
    geometries = run.geometries[:3]
    target = ascent.Target('conv2', fields.centre(geometries[-1]))
    climb = ascent.climb(run.network, target, range(6), (28, 28), _SHORT)
    expected = patches.cut(climb.images[4, 1, -1], geometries)
    self.assertEqual(expected.shape, (8, 8))
    self.assertAllEqual(found['conv2', 'after'].patterns[4, 1], expected)


class ReportTest(tf.test.TestCase):
  @mock.patch.object(map_patterns, 'CLIMB', _SHORT)
  def test_the_report_has_a_row_for_each_layer_before_and_after(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    _, *rows = map_patterns.measure(plan).table
    self.assertEqual(
      [row[:2] + [row[6]] for row in rows],
      [
        [layer, training, reach]
        for layer, reach in (('conv1', '0'), ('conv2', '2'), ('conv3', '4'))
        for training in ('before', 'after')
      ],
    )
    first, *_, before, after = rows
    self.assertEqual(first[2], '0.0')
    self.assertEqual(first[4:6], first[7:9])  # conv1: no offset within reach
    self.assertNotEqual(before[3:], after[3:])
    for row in rows[2:]:
      self.assertGreaterEqual(float(row[7]), float(row[4]))
      self.assertGreater(float(row[8]), float(row[5]))


if __name__ == '__main__':
  tf.test.main()
