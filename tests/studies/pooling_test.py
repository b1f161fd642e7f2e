"""Tests of pooling.py."""

from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.studies import pooling
from cnn_tf.studies import trained
from tests import miniature

# Sums over conv1, conv2, conv3, the dense layer and the logits.
_COSTS = {
  'maximum': (
    160 + 4640 + 9248 + 14450 + 510,
    26**2 * 144 + 11**2 * 4608 + 3**2 * 9216 + 288 * 50 + 500,
    784 + 10816 + 2704 + 3872 + 800 + 288 + 50 + 10,
    18,
  ),
  'average': (29008, 752756, 19324, 18),
  'stride 2': (
    160 + 4640 + 9248 + 25650 + 510,
    13**2 * 144 + 6**2 * 4608 + 4**2 * 9216 + 512 * 50 + 500,
    784 + 2704 + 1152 + 512 + 50 + 10,
    15,
  ),
  'none': (
    160 + 4640 + 9248 + 774450 + 510,
    26**2 * 144 + 24 * 24 * 9 * 16 * 32 + 22**2 * 9216 + 15488 * 50 + 500,
    784 + 10816 + 18432 + 15488 + 50 + 10,
    7,
  ),
  # The squares of 2, 4, ..., 24 add up to 2600.
  'none, 13 deep': (
    160 + 12 * 2320 + 3250 + 510,
    26**2 * 144 + 2600 * 2304 + 64 * 50 + 500,
    784 + (26**2 + 2600) * 16 + 50 + 10,
    27,
  ),
}


class PoolingTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.plan = miniature.plan(self.create_tempdir().full_path)

  def run_of(self, text):
    return next(trained.seeds(self.plan, layers=text))

  @parameterized.named_parameters((name, name) for name in pooling.LAYERS)
  def test_costs_by_hand(self, name):
    specs = layers.parse(pooling.LAYERS[name])
    geometries = geometry.trace(specs, (28, 28, 1))
    self.assertEqual(tuple(pooling.costs(geometries)), _COSTS[name])

  def test_agreement_of_a_network_that_uses_one_pixel(self):
    run = self.run_of('')
    kernel, bias = np.zeros((784, 10)), np.zeros(10)
    kernel[14 * 28 + 12, 1] = 1.0  # class 1 if row 14, column 12 is bright
    bias[0] = 0.5
    run.network.kernels['logits'].assign(kernel)
    run.network.biases['logits'].assign(bias)
    test = run.data.test
    bright = (test.images > 127).astype(int)
    unshifted = bright[:, 14, 12]
    for distance in (0, 1, 3):
      predicted = np.array(
        [bright[:, 14 + d, 12] for d in (distance, -distance)]
        + [bright[:, 14, 12 + d] for d in (distance, -distance)]
      )
      shifted = pooling.when_shifted(run.network, test, [distance])
      self.assertAllClose(shifted.agreement, [np.mean(predicted == unshifted)])
      self.assertAllClose(shifted.accuracy, [np.mean(predicted == test.labels)])

  def test_agreement_is_1_without_a_shift_and_for_a_constant_network(self):
    run = self.run_of('')
    shifted = pooling.when_shifted(run.network, run.data.test, (0, 5))
    self.assertEqual(shifted.agreement[0], 1.0)
    self.assertLess(shifted.agreement[1], 1.0)
    self.assertEqual(
      shifted.accuracy[0], trained.accuracy(run.network, run.data.test)
    )
    run.network.kernels['logits'].assign(tf.zeros([784, 10]))
    constant = pooling.when_shifted(run.network, run.data.test, (0, 1, 3, 6))
    self.assertAllEqual(constant.agreement, np.ones(4))

  def test_a_network_is_constant_if_all_its_agreements_are_1(self):
    for shares, expected in (
      ([[1, 1], [1, 1]], True),
      ([[1, 1], [1, 0.9]], False),
    ):
      found = pooling.Pooling((0, 0, 0, 0), [0.1], [0.1], np.array(shares))
      self.assertEqual(found.is_constant, expected)

  def test_ten_times_the_multiplications_take_more_time(self):
    examples = self.run_of('').data.train
    texts = {name: pooling.LAYERS[name] for name in ('maximum', 'none')}
    with mock.patch.object(pooling, '_NUM_ROUNDS', 3):
      times = pooling.step_times(texts, examples)
    self.assertEqual(times['maximum'], 1.0)
    self.assertBetween(times['none'], 1.5, 100.0)

  def test_the_report_has_a_row_for_each_network(self):
    narrow = {
      name: pooling.LAYERS[name].replace('16', '4').replace('32', '8')
      for name in ('maximum', 'stride 2', 'none')
    }
    with (
      mock.patch.object(pooling, 'LAYERS', narrow),
      mock.patch.object(pooling, '_NUM_ROUNDS', 2),
    ):
      header, *rows = pooling.measure(self.plan).table
    self.assertEqual([row[0] for row in rows], list(narrow))
    row = dict(zip(header, rows[1], strict=True))
    run = self.run_of(narrow['stride 2'])
    train, test = (
      trained.accuracy(run.network, part)
      for part in (run.data.train, run.data.test)
    )
    self.assertEqual(row['field'], '15x15')
    self.assertEqual(row['test accuracy (%)'], f'{100 * test:.2f}')
    gap = f'{100 * (train - test):.2f}'
    self.assertEqual(row['train - test (points)'], gap)
    shifted = pooling.when_shifted(run.network, run.data.test, [3])
    agreement = f'{100 * shifted.agreement[0]:.1f}'
    self.assertEqual(row['agree at 3 (%)'], agreement)


if __name__ == '__main__':
  tf.test.main()
