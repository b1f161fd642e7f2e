"""Tests of benchmarks/peers.py."""

from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import absltest
from absl.testing import parameterized

from benchmarks import peers


class PeersTest(parameterized.TestCase):
  def test_steps_that_warm_up_come_first_and_do_not_count(self):
    with mock.patch.object(peers.time, 'perf_counter') as clock:
      clock.return_value = 0.0
      counts = []

      def train(num_steps):
        counts.append(num_steps)
        clock.return_value += num_steps

      self.assertEqual(peers._timed(train)(50), 50)
    self.assertEqual(counts, [peers.WARM_UP_STEPS, 50])

  def test_no_image_is_twice_in_the_batches_of_a_turn(self):
    batches = peers._batches(50)
    self.assertEqual(batches.shape, (50, 128))
    self.assertLen(np.unique(batches), 50 * 128)
    self.assertBetween(batches.max(), 54000, 54999)

  def test_names(self):
    names = list(map(str, peers.PEERS))
    self.assertContainsSubset(['ours, auto replicas', 'PyTorch'], names)
    self.assertLen(set(names), len(names))

  @parameterized.parameters(*peers.PRECISIONS)
  def test_keras_has_the_reference_network_with_float32_variables(
    self, precision
  ):
    policy = tf.keras.mixed_precision.global_policy()
    try:
      network = peers._keras_network(precision)
    finally:
      tf.keras.mixed_precision.set_global_policy(policy)
    self.assertEqual(network.count_params(), 114_454)
    self.assertEqual({v.dtype for v in network.weights}, {'float32'})
    self.assertEqual(network.layers[0].compute_dtype, precision)
    images = np.zeros([2, 28, 28, 1], np.float32)
    self.assertEqual(network(images).dtype, tf.float32)

  def test_the_penalty_of_keras_is_half_the_sum_of_squares(self):
    network = peers._keras_network('float32')
    squares = sum(
      float(tf.reduce_sum(v**2)) for v in network.weights if v.ndim > 1
    )
    self.assertAlmostEqual(
      float(sum(network.losses)), peers.L2_SCALE * squares / 2, places=5
    )


if __name__ == '__main__':
  absltest.main()
