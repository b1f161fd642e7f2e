"""Tests of networks.py: what is drawn, and what is a fault and what is not."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.learning import losses
from cnn_tf.network import geometry
from cnn_tf.network import ops
from cnn_tf.run import layers
from tests.search import networks

_TEXT = 'conv 2 3x2 stride 2x1 same tanh, avgpool 2x2 stride 1x1 valid, dense 3'
_CASE = networks.Case(_TEXT, (7, 6, 2), batch_size=3, seed=0)


class RandomCaseTest(tf.test.TestCase):
  def test_cases_are_possible_and_stay_within_the_limits(self):
    for seed in range(300):
      case = networks.random_case(seed, most_layers=2, most_pixels=9)
      *hidden, logits = layers.parse(case.layers)
      geometry.trace([*hidden, logits], case.image_shape)
      dense = [layer for layer in hidden if layer.name.startswith('dense')]
      self.assertLessEqual(len(dense), 2)
      self.assertLessEqual(len(hidden) - len(dense), 2)
      self.assertBetween(min(case.image_shape[:2]), 4, 9)
      self.assertBetween(max(case.image_shape[:2]), 4, 9)

  def test_equal_seeds_give_equal_cases(self):
    self.assertEqual(networks.random_case(7), networks.random_case(7))
    self.assertLen({networks.random_case(seed) for seed in range(50)}, 50)

  def test_everything_is_drawn(self):
    text = ' '.join(networks.random_case(seed).layers for seed in range(300))
    sizes = ('4x1', '1x4', '3x1', '1x3')
    for word in (
      'conv',
      'maxpool',
      'avgpool',
      'dense',
      'valid',
      'same',
      *sizes,
    ):
      self.assertIn(f'{word} ', text)
    for activation in ops.ACTIVATIONS:
      self.assertIn(f' {activation}', text)


class CheckTest(tf.test.TestCase):
  def test_nothing_is_wrong_with_a_training_step(self):
    self.assertEqual(networks.check(_CASE), '')

  def test_a_wrong_gradient_is_found(self):
    conv2d = ops.conv2d

    def too_small(inputs, kernel, *settings):
      kernel = 0.999 * kernel + 0.001 * tf.stop_gradient(kernel)
      return conv2d(inputs, kernel, *settings)

    with mock.patch.object(ops, 'conv2d', too_small):
      self.assertStartsWith(
        networks.check(_CASE), 'forward_backward eagerly: the gradients'
      )

  def test_a_wrong_loss_is_found(self):
    penalty = losses.l2_penalty
    with mock.patch.object(losses, 'l2_penalty', lambda *x: penalty(*x) + 0.1):
      self.assertStartsWith(
        networks.check(_CASE), 'forward_backward eagerly: the loss'
      )


class NearTieTest(tf.test.TestCase):
  """Windows (1, 2) and (2, 1 + d) of a row: the larger one has the gradient."""

  def compare(self, d, other_d):
    """What is wrong at d with the gradients at another d."""
    case = networks.Case(
      'conv 1 1x2 linear, maxpool 1x2', (1, 3, 1), batch_size=1, seed=0
    )
    network, _, labels = networks.make(case)
    network.kernels['conv1'].assign(tf.ones([1, 2, 1, 1]))
    image, other = (
      np.array([1, 2, 1 + x]).reshape(1, 1, 3, 1) for x in (d, other_d)
    )
    loss, gradients = networks.ByHand(network, other, labels).at_the_values
    return networks.ByHand(network, image, labels).compare(loss, gradients)

  def test_either_side_of_a_near_tie_is_right(self):
    self.assertEqual(self.compare(1e-7, -1e-7), '')
    self.assertEqual(self.compare(-1e-7, 1e-7), '')

  def test_a_clear_maximum_has_one_side(self):
    self.assertEqual(self.compare(1e-5, 1e-5), '')
    self.assertIn('gradients', self.compare(1e-5, -1e-5))
    self.assertIn('gradients', self.compare(-1e-5, 1e-5))


if __name__ == '__main__':
  tf.test.main()
