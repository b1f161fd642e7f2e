"""The network: its variables, its tensors, and what it cannot see."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import reference
from cnn_tf.network import specs
from cnn_tf.run import environment
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from tests import rounded

_SMALL = (
  'conv 3 3x2 stride 2x1 same tanh, maxpool 2x2 stride 1, maxpool 1x2, '
  'conv 4 2x2 sigmoid, avgpool 2x2 stride 1 same, dense 6 selu'
)


def _network(text, seed=0, image_shape=(28, 28, 1), **precision):
  geometries = geometry.trace(layers.parse(text), image_shape)
  return model.ConvNet(geometries, seed, **precision)


def _images(*shape):
  return tf.random.stateless_uniform(shape, [28, 28])


def _draw_biases(network):
  """Biases begin at zero, and a zero hides mistakes."""
  for name, bias in network.biases.items():
    bias.assign(tf.random.stateless_normal(bias.shape, [0, len(name)]))


def _layers_by_hand(network, images, tensors):
  """(name, pre-activation) of each layer, from the inputs that it has."""
  inputs = images
  for layer in network.layers:
    kernel = network.kernels.get(layer.name)
    if kernel is not None:
      with rounded.products('bfloat16'):
        if isinstance(layer, specs.Conv):
          options = layer.stride, layer.padding
          product = reference.conv2d(inputs, kernel.numpy(), *options)
        else:
          flat = inputs.reshape(len(inputs), -1)
          product = reference.dense(flat, kernel.numpy())
      yield layer.name, product + network.biases[layer.name].numpy()
    name = layer.name
    if getattr(layer, 'activation', 'linear') != 'linear':
      name = f'{name}/{layer.activation}'
    inputs = tensors[name].numpy()


class VariablesTest(tf.test.TestCase):
  def test_the_reference_network_has_114454_parameters(self):
    network = _network(settings_lib.REFERENCE_LAYERS)
    variables = network.trainable_variables
    self.assertEqual(sum(v.shape.num_elements() for v in variables), 114454)
    self.assertEqual(
      {name: tuple(kernel.shape) for name, kernel in network.kernels.items()},
      {
        'conv1': (3, 3, 1, 32),
        'conv2': (3, 3, 32, 64),
        'conv3': (3, 3, 64, 64),
        'dense1': (576, 100),
        'logits': (100, 10),
      },
    )
    for name, bias in network.biases.items():
      self.assertAllEqual(bias, np.zeros(network.kernels[name].shape[-1]))
      self.assertEqual(bias.name, f'{name}/bias:0')
      self.assertEqual(network.kernels[name].name, f'{name}/kernel:0')

  def test_the_seed_decides_every_bit(self):
    first, again = _network(_SMALL, seed=3), _network(_SMALL, seed=3)
    other = _network(_SMALL, seed=4)
    for name, kernel in first.kernels.items():
      self.assertAllEqual(kernel, again.kernels[name])
      self.assertNotAllClose(kernel, other.kernels[name])

  def test_a_layer_more_leaves_the_other_kernels_as_they_were(self):
    short = _network('conv 4 3x3, dense 5')
    long = _network('conv 4 3x3, conv 4 1x1, dense 5, dense 5')
    for name, kernel in short.kernels.items():
      self.assertAllEqual(kernel, long.kernels[name])

  def test_biases_come_before_kernels_and_layers_by_name(self):
    names = [v.name for v in _network('conv 2 3x3, dense 5').variables]
    self.assertEqual(
      names,
      [f'{layer}/bias:0' for layer in ('conv1', 'dense1', 'logits')]
      + [f'{layer}/kernel:0' for layer in ('conv1', 'dense1', 'logits')],
    )

  def test_layers_of_one_shape_begin_differently(self):
    kernels = _network('dense 9, dense 9, dense 9').kernels
    self.assertNotAllClose(kernels['dense2'], kernels['dense3'])


class ActivationsTest(tf.test.TestCase, parameterized.TestCase):
  def test_tensors_come_in_order_with_their_shapes(self):
    network = _network(settings_lib.REFERENCE_LAYERS)
    tensors = network.activations(_images(2, 28, 28, 1))
    self.assertEqual(
      [(name, tuple(tensor.shape[1:])) for name, tensor in tensors.items()],
      [
        ('conv1', (26, 26, 32)),
        ('conv1/relu', (26, 26, 32)),
        ('pool1', (13, 13, 32)),
        ('conv2', (11, 11, 64)),
        ('conv2/relu', (11, 11, 64)),
        ('pool2', (5, 5, 64)),
        ('conv3', (3, 3, 64)),
        ('conv3/relu', (3, 3, 64)),
        ('flatten', (576,)),
        ('dense1', (100,)),
        ('dense1/relu', (100,)),
        ('logits', (10,)),
      ],
    )

  def test_the_call_gives_the_logits_in_a_graph_too(self):
    network, images = _network(_SMALL), _images(3, 28, 28, 1)
    logits = network.activations(images)['logits']
    self.assertAllEqual(network(images), logits)
    any_number = tf.TensorSpec([None, 28, 28, 1])
    in_graph = tf.function(network, input_signature=[any_number])
    self.assertAllClose(in_graph(images), logits)

  def test_all_tensors_are_those_of_plain_loops(self):
    network = _network(_SMALL, image_shape=(9, 8, 2))
    _draw_biases(network)
    images = _images(2, 9, 8, 2)
    tensors = network.activations(images)
    kernels = {name: k.numpy() for name, k in network.kernels.items()}
    biases = {name: b.numpy() for name, b in network.biases.items()}
    activate = {name: f for name, (f, _) in reference.ACTIVATIONS.items()}

    x = reference.conv2d(images.numpy(), kernels['conv1'], (2, 1), 'same')
    x = x + biases['conv1']
    self.assertAllClose(tensors['conv1'], x)
    x = activate['tanh'](x)
    self.assertAllClose(tensors['conv1/tanh'], x)
    x = reference.max_pool2d(x, (2, 2), (1, 1), 'valid')
    self.assertAllClose(tensors['pool1'], x)
    x = reference.max_pool2d(x, (1, 2), (1, 2), 'valid')
    self.assertAllClose(tensors['pool2'], x)
    x = reference.conv2d(x, kernels['conv2'], (1, 1), 'valid')
    x = activate['sigmoid'](x + biases['conv2'])
    self.assertAllClose(tensors['conv2/sigmoid'], x)
    x = reference.avg_pool2d(x, (2, 2), (1, 1), 'same')
    self.assertAllClose(tensors['pool3'], x)
    x = x.reshape(2, -1) @ kernels['dense1'] + biases['dense1']
    self.assertAllClose(tensors['dense1'], x)
    x = activate['selu'](x)
    x = x @ kernels['logits'] + biases['logits']
    self.assertAllClose(tensors['logits'], x)

  def test_dropout_comes_after_the_activation_and_the_pooling(self):
    network = _network(
      'conv 2 3x3 dropout 0.5, maxpool 2x2, dense 3 dropout 0.5'
    )
    _draw_biases(network)
    images, drawn = _images(4, 28, 28, 1), {}

    def draw(purpose, shape):
      key = [len(purpose), 0]
      drawn[purpose] = tf.random.stateless_uniform(
        [4, *shape], key, 0, 256, tf.int32
      )
      return tf.cast(drawn[purpose], tf.uint8)

    logits = network(images, draw)
    self.assertEqual([*drawn], ['pool1', 'dense1'])
    kernels = network.kernels
    x = network.activations(images)['conv1/relu'] * 2
    x = tf.nn.max_pool2d(x, 2, 2, 'VALID')
    x = tf.reshape(tf.where(drawn['pool1'] < 128, 0.0, x), [4, -1])
    x = tf.nn.relu(x @ kernels['dense1'] + network.biases['dense1']) * 2
    x = tf.where(drawn['dense1'] < 128, 0.0, x)
    x = x @ kernels['logits'] + network.biases['logits']
    self.assertAllClose(logits, x)

  def test_without_draw_there_is_no_dropout(self):
    text = 'conv 4 3x3{0}, maxpool 2x2, dense 5{0}'
    images = _images(3, 28, 28, 1)
    dropping = _network(text.format(' dropout 0.5'))
    logits = _network(text.format(''))(images)
    self.assertAllEqual(dropping(images), logits)
    self.assertAllEqual(dropping.activations(images)['logits'], logits)

  @parameterized.parameters('conv1', 'conv1/relu', 'conv2/relu', 'flatten')
  def test_a_gradient_reaches_every_tensor(self, name):
    network = _network(settings_lib.REFERENCE_LAYERS)
    with tf.GradientTape() as tape:
      tensors = network.activations(_images(2, 28, 28, 1))
    self.assertGreater(
      np.abs(tape.gradient(tensors['logits'], tensors[name])).max(), 0
    )

  @parameterized.parameters('', 'dense 5', _SMALL, 'maxpool 2x2')
  def test_numpy_images_serve_as_well_as_tensors(self, text):
    network, images = _network(text), _images(3, 28, 28, 1)
    self.assertAllEqual(network(images.numpy()), network(images))
    self.assertAllEqual(
      network.activations(images.numpy())['logits'], network(images)
    )


class PrecisionTest(tf.test.TestCase, parameterized.TestCase):
  """Products in bfloat16: 8 significant bits."""

  def test_a_product_keeps_eight_bits_and_a_bias_all(self):
    network = _network('', image_shape=(1, 1, 1), precision='bfloat16')
    weights = [1.0, 1 + 2**-7, 1 + 2**-8, 1 + 3 * 2**-8, 3.0, 257, 258, 0, 0, 0]
    network.kernels['logits'].assign([weights])
    network.biases['logits'].assign([2**-10] * 10)
    [logits] = network(np.ones([1, 1, 1, 1], np.float32)).numpy()
    # Halfway, rounding is to the even neighbour.
    kept = [1.0, 1 + 2**-7, 1.0, 1 + 2**-6, 3.0, 256, 258, 0, 0, 0]
    self.assertAllEqual(logits, np.float32(kept) + np.float32(2**-10))

  def test_it_adds_up_in_float32(self):
    # In bfloat16, 256 + 1 is 256. 600 pixels of 1: exact in float32 only.
    network = _network('', image_shape=(20, 30, 1), precision='bfloat16')
    network.kernels['logits'].assign(tf.ones([600, 10]))
    logits = network(np.ones([1, 20, 30, 1], np.float32))
    self.assertAllEqual(logits, [[600] * 10])

  def test_variables_tensors_and_gradients_are_float32(self):
    network = _network(_SMALL, precision='bfloat16')
    with tf.GradientTape() as tape:
      tensors = network.activations(_images(2, 28, 28, 1))
      logits = network(_images(2, 28, 28, 1))
    variables = network.trainable_variables
    gradients = tape.gradient(logits, variables)
    for tensor in (*variables, *tensors.values(), logits, *gradients):
      self.assertEqual(tensor.dtype, tf.float32)

  @parameterized.parameters(_SMALL, settings_lib.REFERENCE_LAYERS)
  def test_each_layer_is_that_of_loops_that_round(self, text):
    if not environment.bfloat16_unit():
      self.skipTest('without its instructions, sums are rounded on the way')
    network = _network(text, precision='bfloat16')
    _draw_biases(network)
    images = _images(2, 28, 28, 1).numpy()
    tensors = network.activations(images)
    for name, record in _layers_by_hand(network, images, tensors):
      # float32 and float64 can lie on two sides of the middle of two bfloat16.
      self.assertAllClose(tensors[name], record, rtol=2**-7, atol=1e-6)
      same = np.isclose(tensors[name], record, rtol=1e-6, atol=1e-6)
      self.assertGreater(same.mean(), 0.98)

  def test_float32_is_the_default_and_more_exact(self):
    images = _images(20, 28, 28, 1)
    default, exact, rounded = (
      _network(settings_lib.REFERENCE_LAYERS, **precision)(images)
      for precision in ({}, {'precision': 'float32'}, {'precision': 'bfloat16'})
    )
    self.assertAllEqual(default, exact)
    error = np.linalg.norm(rounded - exact) / np.linalg.norm(exact)
    self.assertBetween(error, 2**-10, 2**-5)


class ArgumentsTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters('', 'dense 5', 'conv 2 3x3', 'maxpool 2x2')
  def test_images_of_another_rank_or_type_are_an_error(self, text):
    network = _network(text)
    for call in (network, network.activations):
      for shape in ((28, 28), (3, 28, 28)):
        with self.assertRaisesRegex(ValueError, 'height, width, channels'):
          call(np.zeros(shape, np.float32))
      with self.assertRaisesRegex(TypeError, 'datasets.to_float'):
        call(np.zeros([3, 28, 28, 1], np.uint8))

  def test_images_in_float64_give_the_same_bits(self):
    network, images = _network('conv 2 3x3'), _images(2, 28, 28, 1).numpy()
    self.assertAllEqual(network(images.astype(np.float64)), network(images))

  def test_layers_as_text_are_an_error(self):
    with self.assertRaisesRegex(TypeError, 'geometry.trace'):
      model.ConvNet('conv 2 3x3', 0)


class BorderTest(tf.test.TestCase):
  def test_the_last_two_rows_and_columns_do_not_change_a_bit(self):
    network, images = (
      _network(settings_lib.REFERENCE_LAYERS),
      _images(4, 28, 28, 1),
    )
    inside = tf.pad(tf.ones([26, 26]), [[0, 2], [0, 2]])[..., tf.newaxis]
    cut = images * inside
    self.assertNotAllClose(images, cut)
    self.assertAllEqual(network(images), network(cut))

  def test_the_pixel_before_them_does(self):
    network, images = (
      _network(settings_lib.REFERENCE_LAYERS),
      _images(4, 28, 28, 1),
    )
    pixel = tf.scatter_nd([[0, 25, 25, 0]], [9.0], images.shape)
    changed = network(images + pixel) - network(images)
    self.assertTrue(np.any(changed[0]))
    self.assertAllEqual(changed[1:], np.zeros([3, 10]))


if __name__ == '__main__':
  tf.test.main()
