"""Tests of contents.py."""

import json

import numpy as np
from absl.testing import absltest

from cnn_tf.data import datasets
from cnn_tf.measure import patches
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.page import arrays
from cnn_tf.page import contents
from cnn_tf.run import settings as settings_lib
from tests import small_run


class _Kept(runs.Run):
  """A run of 60 epochs with all its networks."""

  def networks(self):
    return {
      epoch: model.ConvNet(self.geometries, seed=epoch)
      for epoch in (0, 1, 2, 4, 8, 16, 32, 60)
    }


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

  def test_kernels_in_between_are_small_and_those_at_the_ends_exact(self):
    run = _Kept(*small_run.untrained(settings_lib.REFERENCE_LAYERS))
    found = contents.network(run)
    self.assertEqual(
      found['epochs'],
      {'initial': 0, '1': 1, '2': 2, '4': 4, '8': 8, '16': 16, '32': 32}
      | {'trained': 60},
    )
    types = {
      name: of_layers['conv3']['kernel']['type']
      for name, of_layers in found['parameters'].items()
    }
    self.assertEqual(types.pop('initial'), 'float32')
    self.assertEqual(types.pop('trained'), 'float32')
    self.assertEqual(set(types.values()), {'int8'})
    scales = found['layers'][0]['scales']
    self.assertEqual(found['parameters'].keys(), scales.keys())
    # Six epochs add less than the two at the ends, and the whole leaves room
    # for the patterns and patches of all layers: 4 MB in all.
    sizes = {k: len(json.dumps(v)) for k, v in found['parameters'].items()}
    self.assertLess(sum(sizes[k] for k in types), 0.9e6)
    self.assertLess(len(json.dumps(found)), 2.1e6)

  def test_a_dozen_images_of_each_class_are_there(self):
    found = self.found['ofClasses']
    test = self.run_.data.test
    images = arrays.decode(found['images'])
    np.testing.assert_array_equal(images, test.images[found['numbers']])
    self.assertEqual(found['labels'], test.labels[found['numbers']].tolist())
    counts = np.bincount(test.labels, minlength=10)
    self.assertEqual(
      np.bincount(found['labels']).tolist(), np.minimum(counts, 12).tolist()
    )
    self.assertLen(found['confused'], 10)

  def test_the_first_sight_is_the_correct_image_nearest_to_a_mistake(self):
    found = self.found['examples']
    images = datasets.to_float(arrays.decode(found['images']))
    logits = self.run_.network(images).numpy()
    margins = {}
    for number, (row, label) in enumerate(
      zip(logits, found['labels'], strict=True)
    ):
      margin = row[label] - np.delete(row, label).max()
      if margin > 0:
        margins[number] = margin
    self.assertEqual(found['first'], min(margins, key=margins.get))

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
