"""Tests of activity.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from tests import small_data
from tests import small_run


class ActivityTest(tf.test.TestCase):
  def test_outputs_are_taken_after_the_activation_function(self):
    run = small_run.untrained('conv 4 3x3, maxpool 2x2, dense 5 linear')
    images = tf.constant(run.data.test.images)
    tensors = run.network.activations(datasets.to_float(images))
    outputs = activity.outputs(run.network, images)
    self.assertEqual(list(outputs), ['conv1', 'pool1', 'dense1', 'logits'])
    for name in outputs:
      self.assertAllEqual(
        outputs[name], tensors['conv1/relu' if name == 'conv1' else name]
      )

  def test_images_beyond_one_batch_are_counted(self):
    count = activity.BATCH_SIZE + 1
    run = small_run.untrained('dense 3', count)
    logs = activity.log_probabilities(run.network, run.data.test.images)
    self.assertAllClose(np.exp(logs).sum(axis=1), np.ones(count))
    images = datasets.to_float(run.data.test.images)
    values = run.network.activations(images)['dense1/relu'].numpy()
    found = activity.by_class(run.network, run.data.test, 10)['dense1']
    for label in range(10):
      mean = values[run.data.test.labels == label].mean(axis=0)
      self.assertAllClose(found.means[label], mean, rtol=1e-5)

  def test_a_map_that_is_zero_everywhere_is_dead(self):
    run = small_run.untrained()
    run.network.kernels['conv1'][..., 2].assign(tf.zeros([3, 3, 1]))
    run.network.biases['conv1'][2].assign(-1.0)
    found = activity.by_class(run.network, run.data.test, 10)
    self.assertAllEqual(found['conv1'].dead, [False, False, True, False])
    self.assertAllEqual(found['pool1'].dead, [False, False, True, False])
    self.assertEqual(found['conv1'].explained[2], 0)

  def test_the_class_explains_all_variance_of_a_unit_that_copies_the_label(
    self,
  ):
    labels = small_data.examples(100).labels
    # Unit 0 copies the first pixel, the label; unit 1 copies the second pixel,
    # which does not depend on the label.
    images = np.zeros([100, 28, 28], np.uint8)
    images[:, 0, 0] = labels
    images[:, 0, 1] = np.arange(100) % 2
    run = small_run.untrained('dense 2 linear')
    kernel = np.zeros([784, 2])
    kernel[0, 0] = kernel[1, 1] = 1
    run.network.kernels['dense1'].assign(kernel)
    examples = datasets.Examples(images, labels)
    found = activity.by_class(run.network, examples, 10)['dense1']
    self.assertNear(found.explained[0], 1, 1e-4)
    self.assertBetween(found.explained[1], 0, 0.3)

  def test_a_class_without_examples_has_mean_zero(self):
    run = small_run.untrained()
    found = activity.by_class(run.network, run.data.test, 11)
    self.assertAllEqual(found['logits'].means[10], np.zeros(10))


class ScalesTest(tf.test.TestCase):
  def test_only_layers_with_negative_outputs_are_signed(self):
    run = small_run.untrained('conv 2 3x3, conv 2 3x3 tanh, avgpool 2x2')
    found = activity.scales(run.network, run.data.test.images)
    signed = {name: scale.is_signed for name, scale in found.items()}
    expected = dict(conv1=False, conv2=True, pool1=True, logits=True)
    self.assertEqual(signed, expected)
    self.assertBetween(found['conv2'].high, 0, 1)

  def test_a_layer_of_zeros_has_the_scale_1(self):
    run = small_run.untrained('conv 2 3x3')
    run.network.biases['conv1'].assign([-1.0, -1.0])
    black = np.zeros((2, 28, 28), np.uint8)
    found = activity.scales(run.network, black)
    self.assertEqual(found['conv1'], (1.0, False))


if __name__ == '__main__':
  tf.test.main()
