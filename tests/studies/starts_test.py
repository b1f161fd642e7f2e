"""Tests of starts.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.measure import ascent
from cnn_tf.studies import starts
from tests import miniature
from tests import small_run

_SHORT = ascent.Settings(num_starts=2, num_steps=5)


class StartsTest(tf.test.TestCase):
  def test_a_start_has_its_length_scale_and_the_usual_contrast(self):
    for scales in starts.SCALES.values():
      images = starts.starts((28, 28), range(30), scales).numpy() - 0.5
      self.assertAllInRange(images.std(), 0.14, 0.22)  # clipped, interpolated
      steps = np.abs(np.diff(images, axis=2)).mean()
      if scales == (1,):
        rough = steps
      elif scales == (28,):
        smooth = steps
    self.assertGreater(rough, 5 * smooth)

  @mock.patch.object(starts, 'CLIMB', _SHORT)
  def test_where_the_activation_is_0_only_the_pre_activation_can_be_climbed(
    self,
  ):
    run = small_run.untrained()
    biases = run.network.biases['conv1']
    biases.assign(tf.fill(biases.shape, -100.0))
    found = starts.climb(run.network, run.geometries[:1], [0, 1], (4,))
    self.assertTrue(found.silent.all())
    self.assertTrue(found.stuck.all())
    self.assertAllLess(found.scores, 0)
    images = starts.starts((28, 28), range(2), (4,))
    before, _ = starts.targets(run.geometries[0])
    first = ascent.score(run.network, before, images).numpy()[:, :2]
    self.assertAllGreater(found.scores - first.T, 0)

  @mock.patch.object(starts, 'NUM_SCREENED', 8)
  @mock.patch.object(starts, 'CLIMB', _SHORT._replace(rate=0.0))
  def test_screening_keeps_the_best_start_of_each_map(self):
    run = small_run.untrained()
    maps = range(run.geometries[0].output_shape[-1])
    found = starts.screen(run.network, run.geometries[:1], maps)
    images = starts.starts((28, 28), range(2, 10), starts.SCALES[starts.MIXED])
    before, _ = starts.targets(run.geometries[0])
    scores = ascent.score(run.network, before, images).numpy()
    self.assertAllClose(found, scores.max(axis=0))

  @mock.patch.multiple(starts, CLIMB=_SHORT, NUM_MAPS=3, NUM_SCREENED=4)
  def test_the_report(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    header, *rows = starts.measure(plan).table
    table = {(layer, name): cells for layer, name, *cells in rows}
    self.assertLen(table, 3 * (len(starts.SCALES) + 3))
    for row in rows:
      self.assertLen(row, len(header))
    # In the first layer, every start ends at the same pattern.
    for scale in starts.SCALES:
      self.assertGreater(float(table['conv1', scale][4]), 0.5)
    self.assertLess(float(table['conv1', starts.MIXED][3]), 100.01)


if __name__ == '__main__':
  tf.test.main()
