"""Tests of probes.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.studies import probes
from cnn_tf.studies import trained
from cnn_tf.studies.measure import linear
from tests import miniature
from tests import small_data


def network(text='conv 4 3x3, maxpool 2x2, dense 20'):
  """An untrained network."""
  return model.ConvNet(geometry.trace(layers.parse(text), (28, 28, 1)), 0)


class ProbesTest(tf.test.TestCase):
  def test_the_tensors_and_their_sizes(self):
    images, _ = small_data.examples(2)
    found = probes.features(network())(images)
    self.assertEqual(
      {name: tensor.shape[1] for name, tensor in found.items()},
      {
        'image': 784,
        'conv1': 26 * 26 * 4,
        'pool1': 13 * 13 * 4,
        'dense1': 20,
        'logits': 10,
      },
    )
    self.assertAllClose(found['image'], images.reshape(2, -1) / 255)
    self.assertAllGreaterEqual(found['conv1'], 0)  # after relu
    self.assertAllInSet(np.sign(found['logits']), [-1, 1])

  def test_an_identity_probe_of_the_logits_has_the_accuracy_of_the_network(
    self,
  ):
    examples = small_data.examples(600)
    identity = linear.Linear(np.eye(10, dtype='f4'), np.zeros(10, 'f4'))
    found = linear.read(
      probes.features(network()), {'logits': identity}, examples.images
    )
    self.assertEqual(
      linear.accuracy(found['logits'], examples.labels),
      trained.accuracy(network(), examples),
    )

  @mock.patch.multiple(probes, NUM_RIDGE=700, NUM_CHOICE=100)
  def test_the_image_gives_its_pixels(self):
    train, rest = datasets.hold_out(small_data.examples(900), 200)
    data = datasets.Dataset(train, rest, rest, 10)
    of_batch = probes.features(network('dense 20'))
    maps = probes.restoring(of_batch, data)
    restored = linear.read(of_batch, maps, rest.images)
    pixels = rest.images.reshape(200, -1) / 255
    self.assertGreater(linear.explained(restored['image'], pixels), 0.98)
    self.assertBetween(linear.explained(restored['dense1'], pixels), 0.1, 0.7)

  def test_accuracies_need_no_validation_images(self):
    train, rest = datasets.hold_out(small_data.examples(900), 200)
    nothing = datasets.Examples(rest.images[:0], rest.labels[:0])
    data = datasets.Dataset(train, nothing, rest, 10)
    one = network('conv 4 3x3, dense 20')
    found = probes.accuracies(one, data)
    self.assertEqual(
      list(found),
      ['image', 'conv1', 'dense1', 'logits', probes.NEAREST, probes.OWN],
    )
    self.assertEqual(found[probes.OWN], trained.accuracy(one, rest))
    self.assertGreater(found['image'], 0.5)
    self.assertGreater(found[probes.NEAREST], 0.5)

  def test_components_and_class_means_restore_some_of_an_image(self):
    train, rest = datasets.hold_out(small_data.examples(900), 200)
    found = probes.without_a_network(datasets.Dataset(train, rest, rest, 10))
    by_class, few, many = found.values()
    self.assertBetween(by_class, 0.1, 0.4)
    self.assertBetween(few, by_class, 0.6)
    self.assertBetween(many, 0.8, 0.95)

  @mock.patch.multiple(probes, NUM_RIDGE=60, NUM_CHOICE=60, NUM_RESTORED=60)
  def test_the_report_has_a_row_for_each_tensor_and_each_classifier(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    table = {row[0]: row[1:] for row in probes.measure(plan).table}
    self.assertLen(table, 1 + 8 + 2 + 3)
    size, right, gain, untrained, change, *pixels = table['digits: image']
    self.assertEqual(change, '0.00')
    self.assertEqual((size, right), ('784', untrained))
    self.assertEqual((pixels[0], float(pixels[2])), (pixels[1], 0))
    [accuracy] = trained.test_accuracies(plan)
    own = table[f'digits: {probes.OWN}'][1:3]
    self.assertEqual(own, [f'{100 * accuracy:.2f}', '0.00'])
    self.assertAllClose(float(gain), float(right) - 100 * accuracy, atol=0.01)
    means = table[f'digits: {probes.NEAREST}'][1:4:2]
    self.assertAllInRange([float(mean) for mean in means], 50, 95)


if __name__ == '__main__':
  tf.test.main()
