"""Tests of ablation.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.network import model
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies.measure import ablation
from tests import small_run


class AblationTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    run = small_run.untrained(settings_lib.REFERENCE_LAYERS, count=20)
    self.network = run.network
    self.images = datasets.to_float(run.data.test.images)
    self.tensors = self.network.activations(self.images)

  def test_the_two_parts_are_the_network_bit_for_bit(self):
    for name in ('conv1', 'pool1', 'conv3'):
      with self.subTest(name):
        maps = ablation.below(self.network, name)(self.images)
        output = {'pool1': 'pool1'}.get(name, f'{name}/relu')
        self.assertAllEqual(maps, self.tensors[output])
        logits = ablation.above(self.network, name)(maps)
        self.assertAllEqual(logits, self.network(self.images))

  def test_the_network_itself_is_not_changed(self):
    before = self.network(self.images)
    count = len(self.network.layers)
    ablation.below(self.network, 'conv1')
    ablation.above(self.network, 'conv1')
    self.assertLen(self.network.layers, count)
    self.assertAllEqual(self.network(self.images), before)

  def test_the_parts_have_the_variables_of_the_network(self):
    part = ablation.above(self.network, 'conv3')
    self.assertIsInstance(part, model.ConvNet)
    self.network.kernels['logits'].assign(tf.zeros([100, 10]))
    self.network.biases['logits'].assign(np.arange(10))
    logits = part(self.tensors['conv3/relu'])
    self.assertAllEqual(logits, [np.arange(10)] * 20)

  def test_a_map_set_to_0_does_what_a_kernel_of_0_above_it_does(self):
    mask = np.ones(64, np.float32)
    mask[5] = 0
    changed = ablation.with_output(self.network, 'pool2', lambda x: x * mask)
    found = changed(self.images)
    self.assertNotAllClose(found, self.network(self.images))
    kernel = self.network.kernels['conv3']
    values = kernel.numpy()
    values[:, :, 5] = 0
    kernel.assign(values)
    self.assertAllClose(found, self.network(self.images), atol=1e-5)


if __name__ == '__main__':
  tf.test.main()
