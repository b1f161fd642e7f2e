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
from tests import miniature
from tests import small_data


def network(text='conv 4 3x3, maxpool 2x2, dense 20'):
  """An untrained network."""
  return model.ConvNet(geometry.trace(layers.parse(text), (28, 28, 1)), 0)


def random_labels(count):
  return np.random.default_rng(1).integers(10, size=count)


class ProbesTest(tf.test.TestCase):
  def test_ridge_of_two_examples_by_hand(self):
    # Centred and scaled, x is -1 and 1, and y is -2 and 2.
    x, y = np.array([[1.0], [5.0]]), np.array([[10.0], [14.0]])
    for alpha, linear in zip(probes.ALPHAS, probes.ridge(x, y), strict=True):
      weight = 4 / (2 + alpha) / 2
      self.assertAllClose(linear.weights, [[weight]])
      self.assertAllClose(linear.biases, [12 - 3 * weight])

  def test_features_of_zeros_change_nothing(self):
    x = np.random.default_rng(0).normal(size=[40, 30])
    wide = np.hstack(
      [x, np.zeros([40, 30])]
    )  # solved by the other formula, because it is wide
    for few, many in zip(
      probes.ridge(x, x**2), probes.ridge(wide, x**2), strict=True
    ):
      self.assertAllClose(few(x), many(wide))

  def test_the_scale_of_the_features_changes_nothing(self):
    x = np.random.default_rng(0).normal(size=[40, 30])
    for small, large in zip(
      probes.ridge(x, x**2), probes.ridge(1000 * x, x**2), strict=True
    ):
      self.assertAllClose(small(x), large(1000 * x))

  def test_one_hot_labels_are_predicted_perfectly(self):
    labels = random_labels(1000)
    x = np.eye(10, dtype=np.float32)[labels]
    for linear in probes.ridge(x[:500], x[:500]):
      self.assertEqual(probes.share_right(linear(x[500:]), labels[500:]), 1)

  def test_random_labels_are_predicted_at_chance(self):
    images, _ = small_data.examples(1000)
    x, labels = images.reshape(1000, -1) / np.float32(255), random_labels(1000)
    for linear in probes.ridge(x[:500], np.eye(10)[labels[:500]]):
      right = probes.share_right(linear(x[500:]), labels[500:])
      self.assertBetween(right, 0.05, 0.15)

  def test_r2_by_hand(self):
    values = np.array([[0, 0], [2, 4]])  # squares around the means: 2 + 8
    self.assertAlmostEqual(
      probes.explained(np.array([[0, 0], [2, 2]]), values), 1 - 4 / 10
    )
    self.assertEqual(probes.explained(values.mean(axis=0), values), 0)
    self.assertEqual(probes.explained(values, values), 1)

  def test_the_nearest_mean_by_hand(self):
    known = np.array([[0, 0], [0, 2], [10, 0], [10, 2]])
    classes = probes.nearest_mean(
      known,
      labels=np.array([7, 7, 3, 3]),
      new=np.array([[1, 5], [9, -3], [4.9, 1], [5.1, 1]]),
    )
    self.assertAllEqual(classes, [7, 3, 7, 3])

  def test_the_tensors_and_their_sizes(self):
    images, _ = small_data.examples(2)
    tensors = probes.features(network(), images)
    self.assertEqual(
      {name: tensor.shape[1] for name, tensor in tensors.items()},
      {
        'image': 784,
        'conv1': 26 * 26 * 4,
        'conv1/relu': 26 * 26 * 4,
        'pool1': 13 * 13 * 4,
        'dense1': 20,
        'dense1/relu': 20,
        'logits': 10,
      },
    )
    self.assertAllClose(tensors['image'], images.reshape(2, -1) / 255)

  def test_an_identity_probe_of_the_logits_has_the_accuracy_of_the_network(
    self,
  ):
    examples = small_data.examples(600)
    identity = probes.Linear(np.eye(10, dtype='f4'), np.zeros(10, 'f4'))
    [logits] = probes.read(
      network(), {'logits': identity}, examples.images
    ).values()
    self.assertEqual(
      probes.share_right(logits, examples.labels),
      trained.accuracy(network(), examples),
    )

  @mock.patch.multiple(probes, _NUM_TRAIN=700, _NUM_VALIDATION=100)
  def test_the_image_gives_its_pixels_and_alpha_is_best_on_validation(self):
    images, labels = small_data.examples(900)
    train, rest = datasets.hold_out(datasets.Examples(images, labels), 200)
    data = datasets.Dataset(train, rest, rest, 10)
    classes, pixels = probes.fit(network('dense 20'), data)
    [guesses] = probes.read(
      network('dense 20'), {'image': pixels['image']}, rest.images
    ).values()
    x, x_rest = (i.reshape(len(i), -1) / 255 for i in (train[0], rest[0]))
    self.assertGreater(probes.explained(guesses, x_rest), 0.98)
    scores = [
      np.mean(linear(x_rest[:100]).argmax(axis=1) == rest.labels[:100])
      for linear in probes.ridge(x, np.eye(10)[train.labels])
    ]
    self.assertGreater(max(scores), min(scores))
    predicted = classes['image'](x_rest[:100]).argmax(axis=1)
    self.assertEqual(np.mean(predicted == rest.labels[:100]), max(scores))

  @mock.patch.multiple(
    probes, _NUM_TRAIN=60, _NUM_VALIDATION=60, _NUM_PIXELS=60, _NUM_DENSE=600
  )
  def test_the_report_has_a_row_for_each_tensor_and_each_classifier(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    report = probes.measure(plan)
    table = {row[0]: row[1:] for row in report.table}
    self.assertLen(table, 1 + 12 + 3)
    size, right, untrained, close, untrained_close = table['digits: image']
    self.assertEqual((size, right, close), ('784', untrained, untrained_close))
    [accuracy] = trained.test_accuracies(plan)
    own = table['digits: own dense layers on the last maps'][1]
    self.assertEqual(own, f'{100 * accuracy:.2f}')
    means = table['digits: nearest mean on the last maps'][1:3]
    self.assertAllInRange([float(mean) for mean in means], 50, 95)


if __name__ == '__main__':
  tf.test.main()
