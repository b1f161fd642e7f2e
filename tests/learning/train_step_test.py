"""One training step: against the derivative on paper."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.data import datasets
from cnn_tf.learning import optimizers
from cnn_tf.learning import train_step
from cnn_tf.network import backward
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from tests import small_data


def _network(text):
  return model.ConvNet(geometry.trace(layers.parse(text), (28, 28, 1)), 0)


def _batch(count):
  examples = small_data.examples(count)
  return datasets.to_float(examples.images), examples.labels


def _by_name(network, gradients):
  variables = network.trainable_variables
  return {v.name: g for v, g in zip(variables, gradients, strict=True)}


class ForwardBackwardTest(tf.test.TestCase, parameterized.TestCase):
  def run_on(self, network, count, l2_scale=0.0, **settings):
    images, labels = _batch(count)
    return train_step.forward_backward(
      network, images, labels, l2_scale, **settings
    )

  @parameterized.parameters('', 'conv 3 3x3, maxpool 2x2, dense 5 tanh')
  def test_gradients_are_those_of_backward(self, text):
    network = _network(text)
    images, labels = _batch(4)
    _, _, gradients = self.run_on(network, 4)
    expected = backward.backward(network, images.numpy(), labels)
    by_name = _by_name(network, gradients)
    for name, gradient in expected.kernels.items():
      self.assertAllClose(by_name[f'{name}/kernel:0'], gradient, 1e-5, 1e-6)
      self.assertAllClose(
        by_name[f'{name}/bias:0'], expected.biases[name], 1e-5, 1e-6
      )

  def test_the_loss_of_equal_logits_is_ln_10(self):
    network = _network('')
    network.kernels['logits'].assign(tf.zeros([784, 10]))
    loss, logits, _ = self.run_on(network, 5)
    self.assertAllClose(loss, np.log(10))
    self.assertAllEqual(logits, tf.zeros([5, 10]))

  def test_the_penalty_adds_l2_scale_times_the_kernel(self):
    network = _network('dense 3')
    plain = self.run_on(network, 4)
    loss, logits, gradients = self.run_on(network, 4, l2_scale=0.5)
    squares = sum(np.sum(k.numpy() ** 2) for k in network.kernels.values())
    self.assertAllClose(loss - plain[0], 0.25 * squares, 1e-4)
    self.assertAllEqual(logits, plain[1])
    for name, gradient in _by_name(network, gradients).items():
      layer, kind = name.removesuffix(':0').split('/')
      added = gradient - _by_name(network, plain[2])[name]
      expected = 0.5 * network.kernels[layer] if kind == 'kernel' else 0 * added
      self.assertAllClose(added, expected, 1e-3, 1e-5)

  def test_label_smoothing_adds_to_the_loss_and_not_to_the_logits(self):
    network = _network('dense 3')
    images, labels = _batch(4)
    plain, smoothed = (
      self.run_on(network, 4, 0.1, label_smoothing=s) for s in (0.0, 0.2)
    )
    logits = network(images).numpy()
    excess = logits[np.arange(4), labels] - logits.mean(axis=1)
    self.assertAllClose(smoothed[0] - plain[0], 0.2 * np.mean(excess), 1e-4)
    self.assertAllEqual(smoothed[1], plain[1])
    bias = _by_name(network, smoothed[2])['logits/bias:0']
    added = bias - _by_name(network, plain[2])['logits/bias:0']
    expected = 0.2 * (np.eye(10)[labels].mean(axis=0) - 0.1)
    self.assertAllClose(added, expected, 1e-4, 1e-6)

  def test_a_dropped_unit_gets_no_gradient(self):
    network = _network('dense 4 linear dropout 0.5')

    def draw(purpose, shape):
      self.assertEqual((purpose, [*shape]), ('dense1', [4]))
      return tf.constant([[51, 180, 128, 127]], tf.uint8)

    _, _, gradients = self.run_on(network, 1, draw=draw)
    gradient = _by_name(network, gradients)['dense1/bias:0'].numpy()
    self.assertAllEqual(gradient != 0, [False, True, True, False])

  def test_the_mean_of_equal_shards_is_that_of_the_batch(self):
    network = _network('conv 2 3x3')
    images, labels = _batch(6)
    whole = train_step.forward_backward(network, images, labels, 0.1)
    shards = [
      train_step.forward_backward(network, images[i::3], labels[i::3], 0.1)
      for i in range(3)
    ]
    self.assertAllClose(np.mean([loss for loss, _, _ in shards]), whole[0])
    for gradient, *of_shards in zip(
      whole[2], *(gradients for _, _, gradients in shards), strict=True
    ):
      self.assertAllClose(np.mean(of_shards, axis=0), gradient, 1e-5, 1e-6)


class TrainStepTest(tf.test.TestCase):
  def test_a_step_down_the_gradient(self):
    network = _network('conv 2 3x3, maxpool 2x2')
    images, labels = _batch(6)
    before = [v.numpy() for v in network.trainable_variables]
    loss, _, gradients = train_step.forward_backward(
      network, images, labels, 1e-2
    )
    optimizer = optimizers.Momentum(network.trainable_variables)
    returned = train_step.train_step(
      network, optimizer, tf.constant(0.1), images, labels, 1e-2
    )
    self.assertAllClose(returned, loss)
    for variable, old, gradient in zip(
      network.trainable_variables, before, gradients, strict=True
    ):
      self.assertAllClose(variable, old - 0.1 * gradient)

  def test_a_tensor_as_rate_is_traced_once(self):
    network = _network('')
    images, labels = _batch(2)
    optimizer = optimizers.Momentum(network.trainable_variables)
    counts = []
    for rate in (0.1, 0.2, 0.3):
      train_step.train_step(
        network, optimizer, tf.constant(rate), images, labels, 0.0
      )
      step = train_step.train_step
      counts.append(step.experimental_get_tracing_count())
    self.assertEqual(counts, counts[:1] * 3)

  def test_steps_on_one_batch_lower_its_loss(self):
    network = _network('conv 4 3x3, maxpool 2x2')
    images, labels = _batch(20)
    optimizer = optimizers.Momentum(network.trainable_variables)
    losses = [
      train_step.train_step(
        network, optimizer, tf.constant(0.05), images, labels, 0.0
      )
      for _ in range(10)
    ]
    self.assertLess(losses[-1], losses[0] / 2)


if __name__ == '__main__':
  tf.test.main()
