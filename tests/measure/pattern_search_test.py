"""Tests of pattern_search.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.measure import ascent
from cnn_tf.measure import pattern_search
from tests import small_run

_QUICK = ascent.Settings(num_starts=2, num_steps=40)


class PatternSearchTest(tf.test.TestCase):
  def test_patterns_beat_the_best_of_the_training_set(self):
    run = small_run.untrained()
    found, steps = pattern_search.find(run, 'conv2', [4, 1], _QUICK)
    self.assertEqual([x.number for x in found], [4, 1])
    self.assertEqual(steps, (0, 2, 20, 40))
    for x in found:
      self.assertEqual(x.status, 'converged')
      self.assertGreater(x.node_scores.max(), x.patch_scores[0])
      self.assertEqual(x.pattern.shape, (8, 8))
      self.assertEqual({patch.shape for patch in x.patches}, {(8, 8)})
      self.assertEqual(x.trajectory.shape, (4, 28, 28))
      self.assertBetween(np.max(x.patches), 0.5, 1.0)

  def test_a_climb_of_one_step_is_reported_as_not_converged(self):
    run = small_run.untrained()
    short = ascent.Settings(num_starts=1, num_steps=1, rate=0.0)
    found, _ = pattern_search.find(run, 'logits', range(10), short)
    self.assertIn('not converged', {x.status for x in found})

  def test_a_map_that_nothing_excites_is_reported_as_dead(self):
    run = small_run.untrained()
    run.network.biases['conv2'][3].assign(-1e3)
    found, _ = pattern_search.find(run, 'conv2', [2, 3], _QUICK)
    self.assertEqual([x.status for x in found], ['converged', 'dead'])

  def test_a_unit_has_one_objective_only(self):
    run = small_run.untrained()
    [x], _ = pattern_search.find(run, 'dense1', [5], _QUICK)
    self.assertIsNone(x.pattern)
    self.assertAllEqual(x.map_scores, x.node_scores)
    self.assertEqual(x.image_score, x.patch_scores[0])


if __name__ == '__main__':
  tf.test.main()
