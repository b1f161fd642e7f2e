"""Backpropagation by hand: against the tape, and against differences."""

import types

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.network import backward
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import reference
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from tests.search import networks


def _network(text, image_shape=(28, 28, 1), seed=0):
  network = model.ConvNet(geometry.trace(layers.parse(text), image_shape), seed)
  draw = np.random.default_rng(seed)
  for bias in network.biases.values():  # zeros hide mistakes
    bias.assign(draw.normal(scale=0.1, size=bias.shape))
  return network


def _batch(size, image_shape, seed=0):
  draw = np.random.default_rng(seed)
  images = draw.uniform(size=(size, *image_shape)).astype(np.float32)
  return images, draw.integers(0, 10, size)


class BackwardTest(tf.test.TestCase, parameterized.TestCase):
  def assert_the_tape_agrees(self, network, images, labels):
    with tf.GradientTape() as tape:
      losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
        labels, network.activations(images)['logits']
      )
      loss = tf.reduce_mean(losses)
    expected = tape.gradient(loss, [network.kernels, network.biases])
    actual = backward.backward(network, images, labels)
    largest = max(tf.reduce_max(tf.abs(g)) for g in tf.nest.flatten(expected))
    for by_tape, by_hand in zip(expected, actual, strict=True):
      self.assertCountEqual(by_hand, by_tape)
      for name, gradient in by_tape.items():
        self.assertAllClose(by_hand[name], gradient, 0, 1e-5 * largest, name)

  def test_the_tape_agrees_on_the_reference_network(self):
    network = _network(settings_lib.REFERENCE_LAYERS)
    self.assert_the_tape_agrees(network, *_batch(4, (28, 28, 1)))

  def test_the_tape_agrees_on_twenty_random_networks(self):
    for seed in range(20):
      case = networks.random_case(seed, most_layers=3, most_pixels=12)
      case = case._replace(precision='float32')
      with self.subTest(str(case)):
        self.assert_the_tape_agrees(*networks.make(case))

  @parameterized.parameters(
    'conv 2 3x2 stride 2x1 same tanh, avgpool 2x2 stride 1 same, dense 3 selu',
    'conv 2 2x2 sigmoid, conv 2 1x1 stride 2 elu, maxpool 2x2 stride 1',
    'conv 3 3x3, maxpool 2x2, dense 4',
    '',
  )
  def test_central_differences_agree(self, text):
    network = _network(text, (7, 6, 2))
    images, labels = _batch(3, (7, 6, 2))
    values = {
      kind: {name: v.numpy().astype(float) for name, v in variables.items()}
      for kind, variables in (
        ('kernels', network.kernels),
        ('biases', network.biases),
      )
    }
    gradients = backward.backward(network, images, labels)._asdict()
    for kind, arrays in values.items():
      for name, array in arrays.items():
        slopes = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
          losses = []
          for step in (1e-6, -1e-6):
            moved = array.copy()
            moved[place] += step
            changed = {**values, kind: {**arrays, name: moved}}
            losses.append(_loss(network.layers, changed, images, labels))
          slopes[place] = (losses[0] - losses[1]) / 2e-6
        largest = max(np.abs(g).max() for g in gradients[kind].values())
        difference = np.abs(gradients[kind][name] - slopes).max()
        self.assertLess(difference, 1e-6 * max(largest, 1), f'{kind}/{name}')


def _loss(specs_of_layers, values, images, labels):
  network = types.SimpleNamespace(layers=specs_of_layers, **values)
  logits, _ = backward.forward(network, images)
  return reference.cross_entropy(logits, labels).mean()


if __name__ == '__main__':
  tf.test.main()
