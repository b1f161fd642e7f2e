"""Tests of scales.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.measure import scales
from tests import small_run


class ScalesTest(absltest.TestCase):
  def test_only_layers_with_negative_outputs_are_signed(self):
    run = small_run.untrained('conv 2 3x3, conv 2 3x3 tanh, avgpool 2x2')
    found = scales.of_layers(run.network, run.data.test.images)
    signed = {name: scale.is_signed for name, scale in found.items()}
    expected = dict(conv1=False, conv2=True, pool1=True, logits=True)
    self.assertEqual(signed, expected)
    self.assertBetween(found['conv2'].high, 0, 1)

  def test_a_layer_of_zeros_has_the_scale_1(self):
    run = small_run.untrained('conv 2 3x3')
    run.network.biases['conv1'].assign([-1.0, -1.0])
    black = np.zeros((2, 28, 28), np.uint8)
    found = scales.of_layers(run.network, black)
    self.assertEqual(found['conv1'], (1.0, False))


if __name__ == '__main__':
  absltest.main()
