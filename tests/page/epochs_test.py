"""Tests of epochs.py."""

import numpy as np
from absl.testing import parameterized

from cnn_tf.data import datasets
from cnn_tf.page import arrays
from cnn_tf.page import epochs
from tests import small_run


class NamesTest(parameterized.TestCase):
  @parameterized.parameters(
    ([0, 1], ['initial', 'trained']),
    ([0, 1, 2, 4, 5], ['initial', '1', '2', '4', 'trained']),
  )
  def test_the_first_and_the_last_have_names(self, numbers, expected):
    found = epochs.names(dict.fromkeys(numbers))
    pairs = zip(expected, numbers, strict=True)
    self.assertEqual(list(found.items()), list(pairs))


class ParametersTest(parameterized.TestCase):
  def test_small_parameters_keep_the_biases_to_the_bit(self):
    network = small_run.untrained().network
    found = epochs.small_parameters(network)['conv2']
    bias = arrays.decode(found['bias'])
    self.assertEqual(bias.tobytes(), network.biases['conv2'].numpy().tobytes())
    product = arrays.decode(found['kernel']) * arrays.decode(found['scales'])
    np.testing.assert_allclose(
      product, network.kernels['conv2'], atol=np.abs(product).max() / 253.9
    )


class AccuraciesTest(parameterized.TestCase):
  def test_only_the_validation_accuracy_is_known_at_the_start(self):
    run = small_run.untrained()
    found = epochs.accuracies(run)
    self.assertEqual(found['epochs'], [0, 1])
    self.assertEqual(found['training'], [None, 0.9])
    before, after = found['validation']
    validation = run.data.validation
    logits = run.untrained()(datasets.to_float(validation.images))
    right = np.mean(np.argmax(logits, axis=1) == validation.labels)
    self.assertAlmostEqual(before, right)
    self.assertEqual(after, 0.95)

  def test_without_validation_images_it_is_never_known(self):
    run = small_run.untrained()
    none = datasets.hold_out(run.data.train, 0)[1]
    row = run.epochs[0]._replace(
      validation_accuracy=None, validation_cross_entropy=None
    )
    run = run._replace(data=run.data._replace(validation=none), epochs=[row])
    self.assertEqual(epochs.accuracies(run)['validation'], [None, None])


if __name__ == '__main__':
  parameterized.absltest.main()
