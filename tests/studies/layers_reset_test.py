"""Tests of layers_reset.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.studies import layers_reset
from cnn_tf.studies import trained
from cnn_tf.studies.measure import tensors
from tests import miniature

_TINY = 'conv 4 3x3, maxpool 2x2, conv 6 3x3, maxpool 2x2, dense 8'
_SOME_PARTS = {
  name: layers_reset.PARTS[name]
  for name in (layers_reset.LEARNED, layers_reset.CONVOLUTIONS)
}
_SOME_NULLS = {
  name: layers_reset.NULLS[name]
  for name in (layers_reset.DENSE, layers_reset.CLUSTERS)
}


def bytes_of(network):
  return [
    variables[name].numpy().tobytes()
    for variables in (network.kernels, network.biases)
    for name in network.kernels
  ]


def logits(network, images):
  return tensors.of_layers(network, images, ['logits'])['logits']


class ResetTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    plan = miniature.plan(self.create_tempdir().full_path)
    [self.run_] = trained.seeds(plan, layers=_TINY)
    self.images = self.run_.data.test.images

  def reset(self, *layers, seed=0):
    return layers_reset.reset(self.run_, layers, seed)

  def test_resetting_no_layer_changes_no_logit(self):
    self.assertAllEqual(
      logits(self.reset(), self.images),
      logits(self.run_.network, self.images),
    )

  def test_resetting_all_layers_gives_the_untrained_network(self):
    found = self.reset(*self.run_.network.kernels)
    self.assertEqual(bytes_of(found), bytes_of(self.run_.untrained()))
    self.assertNotEqual(bytes_of(found), bytes_of(self.run_.network))

  def test_only_the_layer_is_reset_and_the_run_stays_as_it_is(self):
    before = bytes_of(self.run_.network)
    found = self.reset('conv2')
    self.assertEqual(bytes_of(self.run_.network), before)
    for name, kernel in found.kernels.items():
      source = self.run_.untrained() if name == 'conv2' else self.run_.network
      self.assertAllEqual(kernel, source.kernels[name])
      self.assertAllEqual(found.biases[name], source.biases[name])

  def test_another_seed_draws_another_kernel(self):
    found = self.reset('conv1', seed=1000)
    other = model.ConvNet(self.run_.geometries, 1000)
    self.assertAllEqual(found.kernels['conv1'], other.kernels['conv1'])
    own = self.run_.untrained().kernels['conv1']
    self.assertNotAllEqual(found.kernels['conv1'], own)

  def test_each_layer_is_put_back_to_two_kernels(self):
    found = layers_reset.resets(self.run_)
    self.assertLen(found, 2 * 4)  # conv1, conv2, dense1, logits
    own = trained.accuracy(self.reset('dense1'), self.run_.data.test)
    self.assertEqual(found['dense1', layers_reset.OWN], own)


class FrozenTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.plan = miniature.plan(self.create_tempdir().full_path)
    [self.run_] = trained.seeds(self.plan, layers=_TINY)

  def train(self, *frozen, filters=None):
    variant = layers_reset.Variant(frozen, _TINY, filters)
    return layers_reset.train(
      self.plan, variant, self.run_.settings, self.run_.data
    )

  def test_frozen_layers_keep_their_bytes_and_the_rest_learns(self):
    start = self.run_.untrained()
    for frozen in (('conv1',), ('conv1', 'conv2')):
      network = self.train(*frozen)
      for name in network.kernels:
        for field in ('kernels', 'biases'):
          kept = np.array_equal(
            getattr(network, field)[name], getattr(start, field)[name]
          )
          self.assertEqual(kept, name in frozen, (frozen, name, field))

  def test_filters_are_frozen_in_the_place_of_the_initial_ones(self):
    def ones(images, like, seed):
      return np.ones_like(like)

    network = self.train('conv1', filters=ones)
    self.assertAllEqual(network.kernels['conv1'], np.ones([3, 3, 1, 4]))

  def test_trained_parameters_by_hand(self):
    network = self.train()
    dense = 5 * 5 * 6 * 8 + 8 + 8 * 10 + 10
    conv2 = 3 * 3 * 4 * 6 + 6
    for frozen, expected in (
      ((), 3 * 3 * 4 + 4 + conv2 + dense),
      (('conv1',), conv2 + dense),
      (('conv1', 'conv2'), dense),
    ):
      self.assertEqual(layers_reset.num_trained(network, frozen), expected)


class LayersResetTest(tf.test.TestCase):
  def test_the_rate_is_chosen_on_validation(self):
    by_rate = {0.03: (0.8, 0.5), 0.1: (0.9, 0.4), 0.3: (0.7, 0.6)}
    scores = {
      ('conv1 frozen', rate): [layers_reset.Scores(*x)]
      for rate, x in by_rate.items()
    }
    found = layers_reset.Found({}, scores, {})
    self.assertEqual(layers_reset.chosen(found, 'conv1 frozen'), 0.1)

  def test_nulls_have_about_as_many_trained_parameters(self):
    counts = {}
    for name, variant in (layers_reset.PARTS | layers_reset.NULLS).items():
      specs = layers.parse(variant.layers, num_classes=10)
      network = model.ConvNet(geometry.trace(specs, (28, 28, 1)), seed=0)
      counts[name] = layers_reset.num_trained(network, variant.frozen)
    for part, null in (
      ('conv1 and conv2 frozen', 'narrower, as conv1 and conv2 frozen'),
      (
        layers_reset.CONVOLUTIONS,
        'narrower, as all convolutions frozen',
      ),
      (layers_reset.CONVOLUTIONS, layers_reset.DENSE),
    ):
      self.assertAllClose(counts[null] / counts[part], 1.0, atol=0.02)

  def test_the_report_has_all_variants(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    with mock.patch.multiple(
      layers_reset,
      RATES=(0.1,),
      PARTS=_SOME_PARTS,
      NULLS=_SOME_NULLS,
      WIDTHS={},
      _draw=mock.DEFAULT,
    ):
      header, *rows = layers_reset.measure(plan).table
    table = {row[0]: row for row in rows}
    self.assertEqual([*table][10:], [*_SOME_PARTS, *_SOME_NULLS])
    for row in rows:
      self.assertLen(row, len(header))
    learned = float(table[layers_reset.LEARNED][2])
    for row in rows:
      if row[0] != layers_reset.LEARNED:
        self.assertAllClose(float(row[3]), float(row[2]) - learned, atol=0.02)


if __name__ == '__main__':
  tf.test.main()
