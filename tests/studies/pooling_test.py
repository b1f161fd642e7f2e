"""Tests of pooling.py."""

from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.studies import pooling
from cnn_tf.studies import trained
from cnn_tf.studies.measure import shifts
from tests import miniature

# The multiplications of conv1 by width, those of conv2 and conv3 by its square.
_BY_HAND = {
  'maximum': (26**2 * 9, 11**2 * 18 + 3**2 * 36),
  'average': (26**2 * 9, 11**2 * 18 + 3**2 * 36),
  'stride 2': (13**2 * 9, 6**2 * 18 + 4**2 * 36),
  'only at the end': (26**2 * 9, 24**2 * 18 + 22**2 * 36),
}


def _costs(kind, width):
  specs = layers.parse(pooling.layers_of(kind, width))
  geometries = geometry.trace(specs, (28, 28, 1))
  run = mock.Mock(geometries=geometries)
  return geometries, *pooling._costs(run)


class CostsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.named_parameters((kind, kind) for kind in pooling.KINDS)
  def test_multiplications_and_parameters_by_hand(self, kind):
    for width in (5, 16):
      _, multiplications, parameters, _ = _costs(kind, width)
      first, others = _BY_HAND[kind]
      dense = 3 * 3 * 2 * width * 50 + 500
      self.assertEqual(
        multiplications, first * width + others * width**2 + dense
      )
      convs = 10 * width + (18 * width + 2) * width + (36 * width + 2) * width
      self.assertEqual(parameters, convs + dense + 50 + 10)

  def test_all_have_3x3_maps_below_the_dense_layer(self):
    fields = []
    for kind in pooling.KINDS:
      geometries, *_, field = _costs(kind, 16)
      self.assertEqual(geometries[-3].output_shape, (3, 3, 32))
      fields.append(field)
    self.assertEqual(fields, [18, 18, 15, 7])

  def test_the_compared_networks_are_equal_in_what_they_should_be(self):
    for widths in pooling.EQUAL_MULTIPLICATIONS:
      counts = [
        _costs(*key)[1] for key in zip(pooling.KINDS, widths, strict=True)
      ]
      self.assertLess(max(counts) / min(counts), 1.05)
    pairs = zip(pooling.KINDS, pooling.EQUAL_PARAMETERS, strict=True)
    self.assertEqual({_costs(*key)[2] for key in pairs}, {29008})


class ReportTest(tf.test.TestCase):
  def test_each_network_is_compared_with_maximum_pooling(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    with mock.patch.multiple(
      pooling,
      EQUAL_MULTIPLICATIONS=[(4, 4, 6, 2)],
      EQUAL_PARAMETERS=(4, 4, 6, 3),
    ):
      header, *rows = pooling.measure(plan).table
    self.assertLen(rows, 8)
    accuracies = {}
    for row in rows:
      kind, width = row[0].partition(': ')[2].split(', width ')
      cells = dict(zip(header[4:7], row[4:7], strict=True))
      [run] = trained.seeds(
        plan,
        layers=pooling.layers_of(kind, int(width)),
        precision=pooling.precision(),
      )
      train, test = (
        trained.accuracy(run.network, part)
        for part in (run.data.train, run.data.test)
      )
      accuracies[kind] = test
      with self.subTest(row[0]):
        self.assertEqual(cells['test accuracy (%)'], f'{100 * test:.2f}')
        gap = f'{100 * (train - test):.2f}'
        self.assertEqual(cells['train - test (points)'], gap)
        change = 100 * (test - accuracies['maximum'])
        shown = '' if kind == 'maximum' else f'{change:.2f}'
        self.assertEqual(cells['- maximum (points)'], shown)
        shifted = shifts.predictions(run.network, run.data.test, [2])
        self.assertEqual(row[7], f'{100 * shifted.agreement[0]:.1f}')

  def test_the_gap_and_the_shifts_are_those_of_the_first_images(self):
    examples = datasets.Examples(np.zeros((5, 28, 28)), np.arange(5))
    self.assertAllEqual(pooling._first(examples, 3).labels, [0, 1, 2])


if __name__ == '__main__':
  tf.test.main()
