"""Tests of rounding.py."""

import os

import numpy as np
import tensorflow as tf

from cnn_tf.network import reference
from cnn_tf.network import specs
from cnn_tf.run import environment
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies.measure import rounding
from tests import small_run

_HALF_ULP = 2.0**-9  # of a bfloat16 between 1 and 2


def _dense(inputs, kernel):
  upstream = tf.ones([len(inputs), len(kernel[0])])
  tensors = tf.constant(inputs), tf.constant(kernel), upstream
  return rounding.Operands(specs.Dense('dense1', 1, 'linear'), *tensors)


def _network(text=small_run.LAYERS):
  run = small_run.untrained(text, 16)
  pixels = tf.cast(run.data.test.images[..., None], tf.float32) / 255
  return run.network, pixels, run.data.test.labels


class ErrorTest(tf.test.TestCase):
  def test_it_is_the_length_of_the_difference_by_that_of_the_exact_vector(self):
    # (3, 4, 12) has length 13; the difference is (0, 3, 4) of length 5.
    error = rounding.error([[3, 7], [16]], [[3, 4], [12]])
    self.assertAlmostEqual(error, 5 / 13, 12)

  def test_bits_are_the_negative_logarithm(self):
    self.assertEqual(rounding.bits(2.0**-9), 9)
    self.assertEqual(rounding.bits(0.25), 2)


class AloneTest(tf.test.TestCase):
  def test_one_plus_half_an_ulp_rounds_to_one(self):
    self.assertEqual(tf.cast(1 + _HALF_ULP / 2, 'bfloat16'), 1)
    exact = 1 + _HALF_ULP
    errors = rounding.errors_alone(_dense([[exact]], [[1.0]]), 'bfloat16')
    # The result is 1, the tie of 1 and 1 + 2 ** -8 that is even.
    self.assertAlmostEqual(errors['output'], _HALF_ULP / exact, 12)
    self.assertAlmostEqual(errors['kernel gradient'], _HALF_ULP / exact, 12)
    self.assertEqual(errors['input gradient'], 0)

  def test_eight_significant_bits_are_exact(self):
    operands = _dense([[1 + 2.0**-7]], [[0.5]])
    errors = rounding.errors_alone(operands, 'bfloat16')
    self.assertEqual(set(errors.values()), {0})

  def test_a_product_has_nearly_nine_bits_and_float32_over_twenty(self):
    # Without oneDNN, TensorFlow rounds partial sums of some ops to bfloat16.
    has_onednn = os.environ.get('TF_ENABLE_ONEDNN_OPTS') != '0'
    fewest = 8.2 if has_onednn and environment.bfloat16_unit() else 5
    network, pixels, labels = _network(settings_lib.REFERENCE_LAYERS)
    for name, op in rounding.operands(network, pixels, labels).items():
      for kind, error in rounding.errors_alone(op, 'bfloat16').items():
        if op.kernel is not None:
          with self.subTest(f'{name}, {kind}'):
            self.assertBetween(rounding.bits(error), fewest, 9.5)
      for kind, error in rounding.errors_alone(op, 'float32').items():
        with self.subTest(f'{name}, {kind}'):
          self.assertLess(error, 2.0**-18)

  def test_a_tie_from_rounding_moves_the_gradient_of_max_pooling(self):
    maps = tf.constant([1, 1 + 2.0**-10, 0, 0.5], shape=[1, 2, 2, 1])
    layer = specs.Pool('pool1')
    upstream = tf.ones([1, 1, 1, 1])
    operands = rounding.Operands(layer, maps, None, upstream)
    errors = rounding.errors_alone(operands, 'bfloat16')
    # (1, 0, 0, 0) instead of (0, 1, 0, 0).
    self.assertAlmostEqual(errors['input gradient'], np.sqrt(2), 12)


class OperandsTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.network, self.pixels, self.labels = _network()
    self.operands = rounding.operands(self.network, self.pixels, self.labels)

  def test_they_lead_from_the_images_to_the_gradients_of_training(self):
    kernels, _ = rounding.gradients(self.network, self.pixels, self.labels)
    for name, kernel in kernels.items():
      found = rounding.forward_backward(self.operands[name])
      self.assertAllClose(found['kernel gradient'], kernel, 1e-4, 1e-6)

  def test_the_output_is_that_of_the_reference(self):
    tensors = self.network.activations(self.pixels)
    for name, op in self.operands.items():
      output = rounding.output(op)
      if op.kernel is not None:
        output += self.network.biases[name]
      self.assertAllClose(output, tensors[name], 1e-5, 1e-5)

  def test_only_the_first_layer_has_no_gradient_of_its_inputs(self):
    without = [
      name
      for name, op in self.operands.items()
      if 'input gradient' not in rounding.forward_backward(op)
    ]
    self.assertEqual(without, ['conv1'])

  def test_the_exact_gradients_are_those_of_numpy(self):
    op = self.operands['conv2'].cast('float64')
    found = rounding.forward_backward(op)
    arrays = np.asarray(op.inputs), np.asarray(op.kernel)
    inputs, kernel = reference.conv2d_gradients(
      *arrays, op.layer.stride, op.layer.padding, np.asarray(op.upstream)
    )
    self.assertAllClose(found['input gradient'], inputs, 1e-12, 1e-12)
    self.assertAllClose(found['kernel gradient'], kernel, 1e-12, 1e-12)


class TogetherTest(tf.test.TestCase):
  def test_bfloat16_has_larger_errors_everywhere(self):
    network, *batch = _network()
    low, high = (
      rounding.errors_together(network, *batch, precision)
      for precision in ('bfloat16', 'float32')
    )
    self.assertEqual(network.precision, 'float32')
    names = {'conv1', 'conv2', 'dense1', 'logits'}
    for kind in ('pre-activation', 'kernel gradient', 'bias gradient'):
      self.assertEqual(low[kind].keys(), names)
      for name in names:
        with self.subTest(f'{kind} of {name}'):
          self.assertLess(high[kind][name], 1e-5)
          self.assertBetween(low[kind][name], 5e-4, 0.3)

  def test_the_error_of_the_gradient_lies_between_those_of_its_parts(self):
    network, *batch = _network()
    errors = rounding.errors_together(network, *batch, 'bfloat16')
    parts = [
      *errors['kernel gradient'].values(),
      *errors['bias gradient'].values(),
    ]
    whole = errors['gradient']['network']
    self.assertBetween(whole, min(parts), max(parts))

  def test_equal_batches_have_equal_gradients(self):
    network, pixels, labels = _network()
    twice = tf.concat([pixels, pixels], 0), np.concatenate([labels, labels])
    self.assertEqual(rounding.between_batches(network, *twice), 0)
    self.assertGreater(rounding.between_batches(network, pixels, labels), 0.1)


if __name__ == '__main__':
  tf.test.main()
