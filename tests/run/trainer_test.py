"""Training steps: against the derivative on paper, and against one another."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.data import datasets
from cnn_tf.learning import optimizers
from cnn_tf.learning import schedules
from cnn_tf.learning import train_step
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.run import trainer
from tests import small_data

_SMALL = 'conv 4 3x3, maxpool 2x2'


def _make(text, examples, batch_size, rate=0.1, l2_scale=0.0, momentum=0.0):
  """A network of ten classes, and what trains it."""
  geometries = geometry.trace(
    layers.parse(text), (*examples.images.shape[1:], 1)
  )
  network = model.ConvNet(geometries, seed=0)
  schedule = rate if callable(rate) else schedules.constant(rate)
  made = trainer.Trainer(
    network,
    optimizers.Momentum(network.trainable_variables, momentum),
    schedule,
    l2_scale,
    examples,
    batch_size,
    tf.distribute.get_strategy(),
  )
  return network, made


def _take(made, order, start=0, end=None):
  end = len(order) if end is None else end
  order = tf.constant(order, tf.int32)
  return made.train_steps(order, tf.constant(start), tf.constant(end))


def _values(network):
  return [variable.numpy() for variable in network.variables]


def _numpy_step(kernel, bias, examples, batch, rate, l2_scale):
  """One step of softmax regression, from the derivative on paper."""
  inputs = examples.images[batch].reshape(len(batch), -1) / 255.0
  powers = np.exp(inputs @ kernel + bias)
  error = powers / powers.sum(axis=1, keepdims=True)
  error -= np.eye(10)[examples.labels[batch]]
  slope = inputs.T @ error / len(batch) + l2_scale * kernel
  return kernel - rate * slope, bias - rate * error.mean(axis=0)


class TrainerTest(tf.test.TestCase, parameterized.TestCase):
  def assert_numpy_agrees(self, order, batch_size, l2_scale=0.0):
    examples = small_data.examples(8)
    network, made = _make('', examples, batch_size, 0.1, l2_scale)
    network.biases['logits'].assign(np.linspace(-1.0, 1.0, 10))
    kernel = network.kernels['logits'].numpy().astype(np.float64)
    bias = network.biases['logits'].numpy().astype(np.float64)
    for start in range(0, len(order) - batch_size + 1, batch_size):
      batch = order[start : start + batch_size]
      kernel, bias = _numpy_step(kernel, bias, examples, batch, 0.1, l2_scale)
    _take(made, order)
    self.assertAllClose(network.kernels['logits'], kernel, 1e-5, 1e-6)
    self.assertAllClose(network.biases['logits'], bias, 1e-5, 1e-6)

  def test_a_step_of_softmax_regression(self):
    self.assert_numpy_agrees(order=[0, 1, 2, 3], batch_size=4)

  def test_kernels_pay_for_their_size_and_biases_do_not(self):
    self.assert_numpy_agrees(order=[0, 1, 2, 3], batch_size=4, l2_scale=2.0)

  def test_the_order_decides_which_examples_make_a_batch(self):
    self.assert_numpy_agrees(order=[7, 1, 4, 1], batch_size=2)

  @parameterized.parameters(1, 2, 3)
  def test_what_is_left_over_for_a_batch_is_left_out(self, left):
    order = [3, 0, 6, 5, 2, 7, 1][: 4 + left]
    self.assert_numpy_agrees(order, batch_size=4, l2_scale=0.5)

  def test_an_epoch_in_pieces_ends_in_the_same_bits(self):
    examples, order = small_data.examples(50), datasets.order(50, 0, 1)
    whole, made = _make(_SMALL, examples, 8, 0.1, 1e-3, 0.9)
    _take(made, order)
    pieces, made = _make(_SMALL, examples, 8, 0.1, 1e-3, 0.9)
    for start in range(0, 50, 16):
      _take(made, order, start, min(start + 16, 50))
    self.assertEqual(made.steps_per_epoch, 6)
    self.assertEqual(made.step.numpy(), 6)
    for a, b in zip(_values(whole), _values(pieces), strict=True):
      self.assertAllEqual(a, b)

  def test_the_rate_is_that_of_the_step(self):
    network, made = _make(
      '', small_data.examples(4), 1, lambda step: tf.where(step == 2, 0.1, 0.0)
    )
    before = _values(network)
    _take(made, [0, 1])
    self.assertAllEqual(network.kernels['logits'], before[1])
    _take(made, [2])
    self.assertNotAllEqual(network.kernels['logits'], before[1])
    self.assertAllClose(made.last_rate(), 0.1)

  @parameterized.parameters(_SMALL, 'conv 3 5x4 stride 2x1 tanh, dense 9')
  def test_the_same_bytes_as_train_step(self, text):
    examples, order = small_data.examples(60), datasets.order(60, 0, 1)
    looped, made = _make(text, examples, 20, 0.1, 1e-3, 0.9)
    _take(made, order)
    network, _ = _make(text, examples, 20)
    optimizer = optimizers.Momentum(network.trainable_variables, 0.9)
    for start in range(0, 60, 20):
      indices = order[start : start + 20].numpy()
      train_step.train_step(
        network,
        optimizer,
        tf.constant(0.1),
        datasets.to_float(examples.images[indices]),
        examples.labels[indices],
        1e-3,
      )
    for a, b in zip(_values(looped), _values(network), strict=True):
      self.assertEqual(a.tobytes(), b.tobytes())

  def test_traced_once(self):
    _, made = _make('', small_data.examples(10), 4)
    for start, end in ((0, 8), (8, 10), (0, 4)):
      _take(made, range(10), start, end)
    self.assertEqual(made.step.numpy(), 3)
    self.assertEqual(made.train_steps.experimental_get_tracing_count(), 1)


class ProgressTest(tf.test.TestCase):
  def test_totals_are_those_before_each_update(self):
    examples = small_data.examples(6)
    network, made = _make('', examples, 3, rate=0.0, l2_scale=3.0)
    network.kernels['logits'].assign(tf.zeros([784, 10]))
    totals = _take(made, range(6)).totals
    self.assertAllEqual(totals.num_examples, 6)
    means = totals.means()
    self.assertAllClose(means.cross_entropy, np.log(10))
    self.assertAllClose(means.accuracy, np.mean(examples.labels == 0))

  def test_a_huge_rate_is_noticed_at_its_step(self):
    _, made = _make(
      _SMALL,
      small_data.examples(80),
      10,
      lambda step: tf.where(step == 3, 1e30, 0.01),
    )
    self.assertTrue(_take(made, range(80), 0, 30).all_finite)
    self.assertFalse(_take(made, range(80), 30, 80).all_finite)
    self.assertEqual(made.step.numpy(), 4)

  def test_a_nan_that_max_pooling_swallows_is_noticed(self):
    network, made = _make(_SMALL, small_data.examples(10), 10)
    kernel = network.kernels['conv1'].numpy()
    kernel[0, 0, 0, 0] = np.nan
    network.kernels['conv1'].assign(kernel)
    self.assertFalse(_take(made, range(10)).all_finite)

  def test_it_learns_real_digits(self):
    examples = small_data.examples(600)
    _, made = _make(_SMALL, examples, 20, 0.05, 1e-4, 0.9)
    accuracies = [
      _take(made, datasets.order(600, 0, epoch)).totals.means().accuracy
      for epoch in range(3)
    ]
    self.assertGreater(accuracies[0], 0.4)
    self.assertGreater(accuracies[2], 0.8)


if __name__ == '__main__':
  tf.test.main()
