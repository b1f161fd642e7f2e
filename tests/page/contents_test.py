"""Tests of contents.py."""

import json

import numpy as np
from absl.testing import absltest

from cnn_tf.data import datasets
from cnn_tf.measure import patches
from cnn_tf.page import arrays
from cnn_tf.page import contents
from tests import small_run


class ContentsTest(absltest.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.run_ = small_run.untrained()
    cls.found = contents.of_run(cls.run_)

  def test_it_is_json_and_small(self):
    text = json.dumps(self.found, allow_nan=False)
    self.assertLess(len(text), 300_000)

  def test_kernels_keep_their_bits(self):
    trained = self.found['parameters']['trained']
    for name, kernel in self.run_.network.kernels.items():
      decoded = arrays.decode(trained[name]['kernel'])
      self.assertEqual(decoded.tobytes(), kernel.numpy().tobytes())

  def test_initial_kernels_are_those_of_the_seed(self):
    initial = self.found['parameters']['initial']['conv1']
    trained = self.found['parameters']['trained']['conv1']
    # The run is untrained but has another seed, and its biases are not 0.
    self.assertNotEqual(initial['kernel'], trained['kernel'])
    self.assertEqual(arrays.decode(initial['bias']).tolist(), [0] * 4)

  def test_without_validation_images_there_are_no_means(self):
    train = self.run_.data.train
    none = datasets.Examples(train.images[:0], train.labels[:0])
    data = self.run_.data._replace(validation=none)
    found = contents.of_run(self.run_._replace(data=data))
    self.assertIsNone(found['means'])
    self.assertEqual(found['patches'], self.found['patches'])

  def test_layers_are_described_in_the_words_of_the_flag(self):
    run = small_run.untrained(
      'conv 2 3x3 stride 2x1 same linear, avgpool 2x3 stride 1, dense 3 elu'
    )
    found = [layer['what'] for layer in contents.network(run)['layers']]
    self.assertEqual(
      found,
      [
        'conv 2 3x3 stride 2x1 same',
        'avgpool 2x3 stride 1x1',
        'dense 3 elu',
        'dense 10',
      ],
    )

  def test_patches_name_the_image_and_the_node(self):
    found = self.found['patches']
    images = arrays.decode(found['images'])
    layer = found['layers']['conv2']
    best = patches.search(
      self.run_.network, self.run_.geometries[:3], self.run_.data.train.images
    )
    numbers = arrays.decode(layer['images'])
    expected = self.run_.data.train.images[best.images]
    np.testing.assert_array_equal(images[numbers], expected)
    nodes = arrays.decode(layer['nodes'])
    np.testing.assert_array_equal(nodes, best.positions)

  def test_examples_end_with_the_mistakes(self):
    found = self.found['examples']
    self.assertLen(found['numbers'], 50)
    self.assertEqual(found['mistakes'], 10)
    labels = self.run_.data.test.labels[found['numbers']]
    self.assertEqual(found['labels'], labels.tolist())


if __name__ == '__main__':
  absltest.main()
