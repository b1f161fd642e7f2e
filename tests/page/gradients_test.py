"""The gradients of a page, compared with those of a tape."""

import pathlib
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import absltest

from cnn_tf.explain import case as cases
from cnn_tf.learning import losses
from cnn_tf.network import geometry
from cnn_tf.network import specs
from cnn_tf.page import contents
from cnn_tf.page import document
from cnn_tf.page import program
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from tests import small_run
from tests.page import browsers
from tests.search import compare
from tests.search import networks

_TOLERANCE = 1e-4  # of the largest entry of a tensor
_NUM_NETWORKS = 20
_MOST_MILLISECONDS = 40
_MIXED_LAYERS = (
  'conv 4 3x3 same tanh, maxpool 3x3 stride 2, conv 6 3x3 stride 2 selu, '
  'avgpool 2x2 stride 1, conv 3 2x2 stride 3 linear, dense 8 elu'
)
_TO_LISTS = """
  const toLists = found => Object.fromEntries(Object.entries(found).map(
    ([name, part]) => [name, part.length === undefined ? toLists(part)
      : Array.from(part)]));"""


def tape_gradients(network, images, label):
  """Of the cross-entropy: by tensor (and 'image'), and by layer name."""
  images = tf.constant(images)
  with tf.GradientTape() as tape:
    tape.watch(images)
    tensors = network.activations(images)
    loss = losses.cross_entropy(tensors['logits'], [label])
  return tape.gradient(
    loss,
    (
      {**tensors, 'image': images},
      {
        name: {'kernel': kernel, 'bias': network.biases[name]}
        for name, kernel in network.kernels.items()
      },
    ),
    unconnected_gradients=tf.UnconnectedGradients.ZERO,
  )


class TestCase(browsers.TestCase):
  """Tests with the page of `LAYERS`."""

  LAYERS = small_run.LAYERS

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.path = pathlib.Path(folder, 'page.html')
    cls.run_ = small_run.untrained(cls.LAYERS)
    cls.path.write_text(document.write(contents.network(cls.run_)))

  def run_js(self, code, *arguments):
    return self.driver.execute_script(_TO_LISTS + code, *arguments)

  def assert_close(self, actual, expected, what):
    expected = np.asarray(expected)
    actual = np.reshape(actual, expected.shape)
    error = compare.relative_error([actual], [expected])
    self.assertLess(error, _TOLERANCE, what)

  def assert_equal_gradients(self, found, expected):
    """`found` is what `runBackward` returns, `expected` that of the tape."""
    by_tensor, by_parameters = expected
    self.assertCountEqual(found['byTensor'], by_tensor)
    for name, gradient in by_tensor.items():
      self.assert_close(found['byTensor'][name], gradient, name)
    self.assertCountEqual(found['byParameters'], by_parameters)
    for name, gradients in by_parameters.items():
      for kind, gradient in gradients.items():
        actual = found['byParameters'][name][kind]
        self.assert_close(actual, gradient, f'{kind} of {name}')


class RandomNetworksTest(TestCase):
  def test_all_gradients_equal_those_of_the_tape(self):
    self.open(self.path)
    for seed in range(_NUM_NETWORKS):
      case = networks.random_case(seed, most_pixels=12)
      network, images, labels = networks.make(
        case._replace(precision='float32', batch_size=1)
      )
      geometries = geometry.trace(layers.parse(case.layers), case.image_shape)
      with self.subTest(case.layers):
        found = self.run_js(
          """const [steps, parameters, image, label] = arguments;
          const {run, runBackward, crossEntropyGradient} = cnn.ops;
          const tensors = run(steps, parameters, {image});
          const logits = tensors[steps[steps.length - 1].name];
          return toLists(runBackward(steps, parameters, tensors,
                                     crossEntropyGradient(logits, label)));""",
          program.steps(geometries),
          {
            name: {
              'kernel': np.ravel(kernel).tolist(),
              'bias': np.ravel(network.biases[name]).tolist(),
            }
            for name, kernel in network.kernels.items()
          },
          images[0].ravel().tolist(),
          int(labels[0]),
        )
        expected = tape_gradients(network, images, labels[0])
        self.assert_equal_gradients(found, expected)


class ReferenceNetworkTest(TestCase):
  LAYERS = settings_lib.REFERENCE_LAYERS

  def test_all_gradients_equal_those_of_the_tape(self):
    self.open(self.path, 'i=7&t=2')
    found = self.run_js(
      """const {byTensor, byParameters} = cnn.gradients.gradientsNow();
      return toLists({byTensor, byParameters});"""
    )
    images = self.example(self.run_, 7)
    expected = tape_gradients(self.run_.network, images, 2)
    self.assert_equal_gradients(found, expected)

  def test_an_image_forward_and_backward_takes_less_than_40_milliseconds(self):
    self.open(self.path, 'i=7')
    milliseconds = self.driver.execute_script("""
      const times = [];
      for (let i = 0; i < 20; i++) {
        const started = performance.now();
        cnn.network.recompute();
        cnn.gradients.gradientsNow();
        times.push(performance.now() - started);
      }
      return times;""")
    self.assertLess(min(milliseconds), _MOST_MILLISECONDS)

  def test_a_map_that_is_off_passes_no_gradient(self):
    self.open(self.path, 'i=7&off=conv2.17')
    for tensor, expected in (('conv2/relu', True), ('conv2', False)):
      self.assertEqual(
        self.js(
          'cnn.gradients.gradientsNow().byTensor[arguments[0]].some('
          '(g, p) => p % 64 === 17 && g)',
          tensor,
        ),
        expected,
      )
    self.assertFalse(
      self.js(
        'cnn.gradients.gradientsNow().byParameters.conv2.kernel.some('
        '(g, p) => p % 64 === 17 && g)'
      )
    )


class SumsTest(TestCase):
  LAYERS = _MIXED_LAYERS

  def gradients(self):
    images = self.example(self.run_, 3)
    label = self.js('cnn.gradients.target()')
    return tape_gradients(self.run_.network, images, label)

  def test_the_terms_of_a_node_add_up_to_its_gradient(self):
    self.open(self.path, 'i=3')
    by_tensor, _ = self.gradients()
    for layer in self.run_.geometries[:-1]:
      name, shape = layer.spec.name, [1, 1, *layer.output_shape][-3:]
      activation = getattr(layer.spec, 'activation', 'linear')
      last = name if activation == 'linear' else f'{name}/{activation}'
      gradient = np.reshape(by_tensor[last], shape)
      self.assertTrue(gradient.any())
      found = self.run_js(
        """const [layer, height, width, map] = arguments;
        return cnn.ops.range(height * width).map(place => (
          cnn.gradients.feedsOf({layer, map, y: Math.floor(place / width),
                                 x: place % width})
            .reduce((sum, {product}) => sum + product, 0)));""",
        name,
        shape[0],
        shape[1],
        shape[2] - 1,
      )
      self.assert_close(found, gradient[:, :, -1], name)

  def test_the_terms_of_a_weight_add_up_to_its_gradient(self):
    self.open(self.path, 'i=3')
    _, by_parameters = self.gradients()
    for layer in self.run_.geometries:
      if not layer.kernel_shape:
        continue
      name = layer.spec.name
      step = self.js('cnn.state.layerNamed(arguments[0]).first', name)
      height, width = step['window']
      kernel = np.reshape(
        by_parameters[name]['kernel'], (height, width, step['inputs'][2], -1)
      )
      self.assertTrue(kernel.any())
      found = [
        sum(
          term['product']
          for term in self.js(
            'cnn.gradients.termsOfWeight(arguments[0])',
            {'layer': name, 'i': i, 'j': j, 'from': 0, 'map': 1},
          )
        )
        for i in range(height)
        for j in range(width)
      ]
      self.assert_close(found, kernel[:, :, 0, 1], name)


class ExplainTest(TestCase):
  def test_they_are_those_that_explain_prints(self):
    self.open(self.path)
    same = (3, 3), (2, 1), 'same'
    for spec, size, node in (
      (specs.Conv('conv2d', 1, (3, 3), (1, 1), 'valid'), (5, 5), None),
      (specs.Conv('conv2d', 1, *same), (5, 5), (0, 0)),
      (specs.Conv('conv2d', 1, *same), (5, 5), (1, 3)),
      (specs.Pool('pool', 'maxpool', *same), (6, 8), (1, 2)),
      (specs.Pool('pool', 'avgpool', *same), (6, 8), (0, 0)),
      (specs.Dense('dense', 3, 'relu'), (2, 3), (1,)),
    ):
      with self.subTest(spec):
        case = cases.make(spec, size, node)
        values = cases.compute(case)
        steps = program.steps(geometry.trace([spec], (*size, 1)))
        upstream = np.zeros(values.output.shape)
        upstream[0, *case.node] = 1
        parameters = {}
        if case.kernel is not None:
          parameters = {
            spec.name: {
              'kernel': case.kernel.ravel().tolist(),
              'bias': case.bias.tolist(),
            }
          }
        found = self.run_js(
          """const [steps, parameters, image, upstream] = arguments;
          return toLists(cnn.ops.runBackward(
            steps, parameters, cnn.ops.run(steps, parameters, {image}),
            Float32Array.from(upstream)));""",
          steps,
          parameters,
          case.image.ravel().tolist(),
          upstream.ravel().tolist(),
        )
        self.assert_close(found['byTensor']['image'], values.by_image, 'image')
        if parameters:
          by = found['byParameters'][spec.name]
          self.assert_close(by['kernel'], values.by_kernel, 'kernel')
          self.assert_close(by['bias'], values.by_bias, 'bias')


if __name__ == '__main__':
  absltest.main()
