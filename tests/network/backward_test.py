"""Backpropagation by hand: against the tape, and against differences."""

import random
import types

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.network import backward
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import reference
from cnn_tf.network import specs
from cnn_tf.network import windows
from cnn_tf.run import config
from cnn_tf.run import layers


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


def _random_text(draw):
  """Up to three layers with windows, and up to one hidden dense layer."""

  def pair(most):
    return f'{draw.randint(1, most)}x{draw.randint(1, most)}'

  def options():
    stride = f'stride {pair(2)} ' if draw.random() < 0.5 else 'stride 1 '
    return stride + draw.choice(windows.PADDINGS)

  parts = []
  for _ in range(draw.randint(0, 3)):
    if draw.random() < 0.6:
      activation = draw.choice(specs.ACTIVATIONS)
      filters = draw.randint(1, 4)
      parts.append(f'conv {filters} {pair(3)} {options()} {activation}')
    else:
      kind = draw.choice(['maxpool', 'avgpool'])
      parts.append(f'{kind} {pair(3)} {options()}')
  if draw.random() < 0.5:
    activation = draw.choice(specs.ACTIVATIONS)
    parts.append(f'dense {draw.randint(1, 9)} {activation}')
  return ', '.join(parts)


def _random_networks(count):
  """Text, image shape and network of `count` possible networks."""
  draw, found = random.Random(28), []
  while len(found) < count:
    text = _random_text(draw)
    shape = draw.randint(4, 12), draw.randint(4, 12), draw.choice([1, 2])
    try:
      found.append((text, shape, _network(text, shape, len(found))))
    except errors.UserError:
      continue  # a window that does not fit
  return found


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
    network = _network(config.REFERENCE_LAYERS)
    self.assert_the_tape_agrees(network, *_batch(4, (28, 28, 1)))

  def test_the_tape_agrees_on_twenty_random_networks(self):
    for text, shape, network in _random_networks(20):
      with self.subTest(layers=text, image_shape=shape):
        self.assert_the_tape_agrees(network, *_batch(3, shape))

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
