"""Tests of tensors.py."""

import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.studies.measure import tensors
from tests import small_data
from tests import small_run


class TensorsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.network = small_run.untrained().network
    self.images = small_data.examples(
      501
    ).images  # one full batch, and one image

  def all_tensors(self, images):
    return self.network.activations(datasets.to_float(images))

  def test_all_images_appear_once_and_in_order(self):
    found = tensors.collect(self.all_tensors, self.images)
    alone = self.all_tensors(self.images[500:])
    self.assertEqual(list(found), list(alone))
    for name, tensor in alone.items():
      self.assertEqual(found[name].shape, (501, *tensor.shape[1:]))
      self.assertAllClose(found[name][500:], tensor, rtol=1e-5, atol=1e-6)

  def test_outputs_are_taken_after_the_activation_function(self):
    every = tensors.collect(self.all_tensors, self.images)
    found = tensors.of_layers(self.network, self.images, ['pool1', 'conv2'])
    self.assertEqual(list(found), ['pool1', 'conv2'])
    self.assertAllClose(found['pool1'], every['pool1'])
    self.assertAllClose(found['conv2'], every['conv2/relu'])


if __name__ == '__main__':
  tf.test.main()
