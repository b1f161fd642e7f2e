"""The shortcuts: the same logits as the forward pass in order."""

from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.network import faster
from cnn_tf.network import geometry
from cnn_tf.network import ops
from cnn_tf.network import reach
from cnn_tf.network import specs
from cnn_tf.run import layers
from cnn_tf.run import settings

_TEXTS = (
  '',
  'dense 5',
  'maxpool 2x2, maxpool 2x2',
  'maxpool 3x2, maxpool 2x5',
  'conv 4 3x3, maxpool 2x2, conv 4 3x3, avgpool 2x2',
  'conv 4 3x3, maxpool 3x3 stride 2 same, conv 4 3x3 linear, maxpool 2x2',
  'conv 4 3x3 dropout 0.5, maxpool 2x2, dense 5 dropout 0.5',
)


def _geometries(text):
  return geometry.trace(layers.parse(text), (28, 28, 1))


def _network(text, precision='float32'):
  network = faster.FasterConvNet(_geometries(text), 0, precision)
  for name, bias in network.biases.items():
    bias.assign(tf.random.stateless_normal(bias.shape, [0, len(name)]))
  return network


def _images(number):
  """Images of 28x28, which most of these networks see as a whole."""
  return tf.random.stateless_uniform([number, 28, 28, 1], [28, 28], -3, 3)


def _draw(purpose, shape):
  shape, key = [20, *shape], [len(purpose), 0]
  drawn = tf.random.stateless_uniform(shape, key, 0, 256, tf.int32)
  return tf.cast(drawn, tf.uint8)


class PoolFirstTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.product(
    name=specs.ACTIVATIONS, precision=['float32', 'bfloat16']
  )
  def test_no_bit_changes_whatever_the_activation(self, name, precision):
    network = _network(f'conv 8 3x3 {name}, maxpool 2x2', precision)
    images = _images(50)
    logits = network.activations(images)['logits']
    self.assertAllEqual(network(images), logits)

  @parameterized.product(text=_TEXTS, draw=[None, _draw])
  def test_no_bit_changes_with_and_without_dropout(self, text, draw):
    network, images = _network(text), _images(20)
    logits = network.activations(images, draw)['logits']
    self.assertAllEqual(network(images, draw), logits)

  @parameterized.parameters(
    ('conv 4 3x3, maxpool 2x2, conv 4 3x3, maxpool 2x2, dense 5', (26, 26)),
    ('conv 4 3x3, maxpool 5x4', (27, 26)),
    ('conv 4 3x3 stride 2x3, avgpool 2x2', (25, 24)),
    ('conv 4 3x3, maxpool 2x2', (28, 28)),
    ('conv 4 3x3, maxpool 5x4, conv 2 3x3 same', (28, 28)),
  )
  def test_only_the_rows_and_columns_that_the_logits_see(self, text, size):
    network, images = _network(text), _images(2)
    shapes, product = [], network.product

    def noted(layer, inputs):
      shapes.append(inputs.shape[1:3])
      return product(layer, inputs)

    with mock.patch.object(network, 'product', noted):
      logits = network(images)
    self.assertEqual(shapes[0], size)
    rows, columns = reach.rows_and_columns(_geometries(text))
    self.assertLess(max(rows), size[0])
    self.assertLess(max(columns), size[1])
    self.assertAllClose(logits, network.activations(images)['logits'], 1e-5)

  def test_dropout_where_images_are_cut(self):
    text = 'conv 4 3x3, maxpool 5x4 dropout 0.5'
    network, images = _network(text), _images(20)
    logits = network.activations(images[:, :27, :26], _draw)['logits']
    self.assertAllEqual(network(images, _draw), logits)

  def test_the_gradients_of_the_reference_network_agree(self):
    network, images = _network(settings.REFERENCE_LAYERS), _images(20)
    with tf.GradientTape(persistent=True) as tape:
      whole = network.activations(images)['logits']
      cut = network(images)
    for variable in network.trainable_variables:
      gradient = tape.gradient(cut, variable)
      self.assertAllClose(gradient, tape.gradient(whole, variable), 1e-4, 1e-4)

  @parameterized.parameters(*specs.ACTIVATIONS)
  def test_the_gradients_agree(self, name):
    network, images = _network(f'conv 8 3x3 {name}, maxpool 2x2'), _images(50)
    with tf.GradientTape(persistent=True) as tape:
      late = network.activations(images)['logits']
      early = network(images)
    for variable in (network.kernels['conv1'], network.biases['conv1']):
      gradient = tape.gradient(early, variable)
      self.assertAllClose(gradient, tape.gradient(late, variable), 1e-4)

  @parameterized.parameters(
    ('conv 4 3x3 {}, maxpool 2x2', 'relu', None, 13),
    ('conv 4 3x3 {}, maxpool 2x2', 'linear', None, 13),
    ('conv 4 3x3 {}, maxpool 2x2', 'tanh', None, 26),
    ('conv 4 3x3 {}, avgpool 2x2', 'relu', None, 26),
    ('conv 4 3x3 {} dropout 0.5, maxpool 2x2', 'relu', _draw, 13),
  )
  def test_the_activation_sees_maps_of(self, text, name, draw, size):
    network, sizes = _network(text.format(name)), []

    def activation(x):
      sizes.append(x.shape[1])
      return x

    with mock.patch.dict(ops.ACTIVATIONS, {name: activation}):
      network(_images(20), draw)
    self.assertEqual(sizes[0], size)

  def test_dropout_before_the_pooling_stays_there(self):
    specs_before = [
      specs.Conv('conv1', 4, (3, 3), dropout=0.5),
      specs.Pool('pool1'),
      specs.Dense('logits', 10, 'linear'),
    ]
    geometries = geometry.trace(specs_before, (28, 28, 1))
    network = faster.FasterConvNet(geometries, 0)
    images = _images(20)
    logits = network.activations(images, _draw)['logits']
    self.assertAllEqual(network(images, _draw), logits)
    after = _network('conv 4 3x3 dropout 0.5, maxpool 2x2')
    self.assertNotAllClose(after(images, _draw), logits)


if __name__ == '__main__':
  tf.test.main()
