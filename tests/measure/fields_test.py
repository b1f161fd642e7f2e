"""Tests of fields.py."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.measure import fields
from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib


def _trace(text, size=(28, 28)):
  return geometry.trace(layers.parse(text), (*size, 1))


class FieldsTest(tf.test.TestCase, parameterized.TestCase):
  def test_the_fields_of_the_reference_network_are_3_4_8_10_18_26(self):
    geometries = _trace(settings_lib.REFERENCE_LAYERS)
    found = fields.of_layers(geometries)
    sizes = [(f.seen.any(1).sum(), f.seen.any(0).sum()) for f in found]
    self.assertEqual(sizes, [(n, n) for n in (3, 4, 8, 10, 18, 26)])
    self.assertEqual([f.layer for f in found][-1], 'dense1')
    unseen = fields.unseen(geometries)
    self.assertEqual(unseen.sum(), 108)
    self.assertTrue(unseen[26:].all() and unseen[:, 26:].all())

  @parameterized.parameters(
    (settings_lib.REFERENCE_LAYERS, (28, 28)),
    ('conv 3 3x3 same, conv 3 3x3, maxpool 2x2, conv 3 3x3 same', (28, 28)),
    ('conv 2 5x3 stride 2x1 same tanh, avgpool 2x2 same, dense 3', (20, 31)),
    ('conv 2 1x1 stride 3, conv 2 2x2, maxpool 2x2 stride 1', (17, 13)),
    ('maxpool 3x2 stride 2 same, conv 2 4x4 stride 2 same selu', (28, 28)),
    ('dense 4, dense 3', (9, 7)),
    ('', (5, 6)),
  )
  def test_arithmetic_and_gradient_agree(self, text, size):
    for field in fields.of_layers(_trace(text, size)):
      self.assertAllEqual(field.gradient > 0, field.seen, field.layer)

  def test_a_stride_larger_than_the_window_leaves_gaps(self):
    seen = fields.seen(_trace('conv 1 1x1 stride 3, conv 1 2x2')[:2], (0, 1))
    self.assertAllEqual(np.argwhere(seen), [[0, 3], [0, 6], [3, 3], [3, 6]])


if __name__ == '__main__':
  tf.test.main()
