"""Training steps: against the derivative on paper, and against one another."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import adaptive
from cnn_tf.learning import optimizers
from cnn_tf.learning import schedules
from cnn_tf.learning import train_step
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer
from tests import small_data

_SMALL = 'conv 4 3x3, maxpool 2x2'
# 60 steps with a rate of 0.8, which is halved every 10 steps or as `cosine` and
# `one_cycle` have it.
_SCHEDULES = {
  'constant': schedules.constant(0.8),
  'exp': schedules.exponential(0.8, 0.5, 10.0),
  'step': schedules.staircase(0.8, 0.5, 10.0),
  'inverse_time': schedules.inverse_time(0.8, 0.5, 10.0),
  'cosine': schedules.cosine(0.8, 60.0),
  'one_cycle': schedules.one_cycle(0.8, 60.0),
}
_MOMENTUM = {'optimizer': 'momentum'}


def _data(examples, num_classes=10):
  return datasets.Dataset(examples, examples, examples, num_classes)


def _make(text, examples, batch_size, rate=0.1, l2_scale=0.0, momentum=0.0):
  """A trainer of a network of ten classes, without any trick."""
  settings = settings_lib.Settings(
    layers=text,
    precision='float32',
    batch_size=batch_size,
    l2_scale=l2_scale,
    optimizer='momentum',
    momentum=momentum,
    label_smoothing=0.0,
  )
  data = _data(examples)
  made = trainer.Trainer(
    settings,
    data,
    trainer.geometries(settings, data),
    tf.distribute.get_strategy(),
  )
  made.schedule = rate if callable(rate) else schedules.constant(rate)
  return made


def _take(made, order, start=0, end=None):
  end = len(order) if end is None else end
  order = tf.constant(order, tf.int32)
  return made.train_steps(order, tf.constant(start), tf.constant(end))


def _values(made):
  return [variable.numpy() for variable in made.network.variables]


def _numpy_step(kernel, bias, examples, batch, rate, l2_scale):
  """One step of softmax regression, from the derivative on paper."""
  inputs = examples.images[batch].reshape(len(batch), -1) / 255.0
  powers = np.exp(inputs @ kernel + bias)
  error = powers / powers.sum(axis=1, keepdims=True)
  error -= np.eye(10)[examples.labels[batch]]
  slope = inputs.T @ error / len(batch) + l2_scale * kernel
  return kernel - rate * slope, bias - rate * error.mean(axis=0)


class GeometriesTest(tf.test.TestCase):
  def test_transposed_images(self):
    folder = self.create_tempdir().full_path
    small_data.write(folder)
    plain, turned = (
      trainer.load(
        settings_lib.Settings(
          data_dir=folder, num_validation=100, transpose=transpose
        )
      )
      for transpose in (False, True)
    )
    for one, two in zip(plain[:3], turned[:3], strict=True):
      self.assertAllEqual(two.images[5, 3], one.images[5, :, 3])
      self.assertAllEqual(two.labels, one.labels)
      self.assertEqual(two.images.shape, one.images.shape)
    self.assertEqual(turned.num_classes, 10)

  def test_the_layers_on_these_images_with_these_classes(self):
    settings = settings_lib.Settings(layers='conv 4 5x3')
    data = _data(small_data.examples(20), num_classes=7)
    conv, logits = trainer.geometries(settings, data)
    self.assertEqual(conv.output_shape, (24, 26, 4))
    self.assertEqual(logits.output_shape, (7,))


class TrainerTest(tf.test.TestCase, parameterized.TestCase):
  def assert_numpy_agrees(self, order, batch_size, l2_scale=0.0):
    examples = small_data.examples(8)
    made = _make('', examples, batch_size, 0.1, l2_scale)
    network = made.network
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
    whole = _make(_SMALL, examples, 8, 0.1, 1e-3, 0.9)
    _take(whole, order)
    made = _make(_SMALL, examples, 8, 0.1, 1e-3, 0.9)
    for start in range(0, 50, 16):
      _take(made, order, start, min(start + 16, 50))
    self.assertEqual(made.steps_per_epoch, 6)
    self.assertEqual(made.step.numpy(), 6)
    for a, b in zip(_values(whole), _values(made), strict=True):
      self.assertAllEqual(a, b)

  def test_the_rate_is_that_of_the_step(self):
    made = _make(
      '', small_data.examples(4), 1, lambda step: tf.where(step == 2, 0.1, 0.0)
    )
    before = _values(made)
    _take(made, [0, 1])
    self.assertAllEqual(made.network.kernels['logits'], before[1])
    _take(made, [2])
    self.assertNotAllEqual(made.network.kernels['logits'], before[1])
    self.assertAllClose(made.last_rate(), 0.1)

  @parameterized.parameters(_SMALL, 'conv 3 5x4 stride 2x1 tanh, dense 9')
  def test_the_same_bytes_as_train_step(self, text):
    examples, order = small_data.examples(60), datasets.order(60, 0, 1)
    made = _make(text, examples, 20, 0.1, 1e-3, 0.9)
    _take(made, order)
    other = _make(text, examples, 20)
    optimizer = optimizers.Momentum(other.network.trainable_variables, 0.9)
    for start in range(0, 60, 20):
      indices = order[start : start + 20].numpy()
      train_step.train_step(
        other.network,
        optimizer,
        tf.constant(0.1),
        datasets.to_float(examples.images[indices]),
        examples.labels[indices],
        1e-3,
      )
    for a, b in zip(_values(made), _values(other), strict=True):
      self.assertEqual(a.tobytes(), b.tobytes())

  def test_a_batch_larger_than_the_training_set(self):
    with self.assertRaisesRegex(
      errors.UserError, '^--batch_size=21 is larger than the 20 training'
    ):
      _make('', small_data.examples(20), 21)

  def test_traced_once(self):
    made = _make('', small_data.examples(10), 4)
    for start, end in ((0, 8), (8, 10), (0, 4)):
      _take(made, range(10), start, end)
    self.assertEqual(made.step.numpy(), 3)
    self.assertEqual(made.train_steps.experimental_get_tracing_count(), 1)


class ProgressTest(tf.test.TestCase):
  def test_totals_are_those_before_each_update(self):
    examples = small_data.examples(6)
    made = _make('', examples, 3, rate=0.0, l2_scale=3.0)
    made.network.kernels['logits'].assign(tf.zeros([784, 10]))
    totals = _take(made, range(6)).totals
    self.assertAllEqual(totals.num_examples, 6)
    means = totals.means()
    self.assertAllClose(means.cross_entropy, np.log(10))
    self.assertAllClose(means.accuracy, np.mean(examples.labels == 0))

  def test_a_huge_rate_is_noticed_at_its_step(self):
    made = _make(
      _SMALL,
      small_data.examples(80),
      10,
      lambda step: tf.where(step == 3, 1e30, 0.01),
    )
    self.assertTrue(_take(made, range(80), 0, 30).all_finite)
    self.assertFalse(_take(made, range(80), 30, 80).all_finite)
    self.assertEqual(made.step.numpy(), 4)

  def test_a_nan_that_max_pooling_swallows_is_noticed(self):
    made = _make(_SMALL, small_data.examples(10), 10)
    kernel = made.network.kernels['conv1'].numpy()
    kernel[0, 0, 0, 0] = np.nan
    made.network.kernels['conv1'].assign(kernel)
    self.assertFalse(_take(made, range(10)).all_finite)

  def test_it_learns_real_digits(self):
    examples = small_data.examples(600)
    made = _make(_SMALL, examples, 20, 0.05, 1e-4, 0.9)
    accuracies = [
      _take(made, datasets.order(600, 0, epoch)).totals.means().accuracy
      for epoch in range(3)
    ]
    self.assertGreater(accuracies[0], 0.4)
    self.assertGreater(accuracies[2], 0.8)


class ScheduleTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(*_SCHEDULES)
  def test_epochs_become_steps(self, name):
    settings = settings_lib.Settings(
      lr_schedule=name,
      learning_rate=0.8,
      decay_rate=0.5,
      decay_epochs=2.0,
      num_epochs=12,
      warmup_epochs=0.0,
    )
    steps = np.arange(61)
    self.assertAllClose(
      trainer.make_schedule(settings, steps_per_epoch=5)(steps),
      _SCHEDULES[name](steps),
    )

  @parameterized.parameters('cosine', 'one_cycle')
  def test_a_warm_up_leaves_the_end_where_it_was(self, name):
    settings = settings_lib.Settings(
      lr_schedule=name, learning_rate=0.8, num_epochs=4, warmup_epochs=1.5
    )
    rate = trainer.make_schedule(settings, steps_per_epoch=10)
    self.assertGreater(float(rate(39)), 0.0)
    self.assertAllClose(rate(40), 0.0, atol=1e-7)
    self.assertAllClose(rate(0), rate(15) / 16)


class OptimizerTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (_MOMENTUM | {'momentum': 0.5}, optimizers.Momentum, {'momentum': 0.5}),
    (_MOMENTUM | {'nesterov': True}, optimizers.Momentum, {'nesterov': True}),
    ({'optimizer': 'rmsprop'}, adaptive.RMSProp, {'decay': 0.9}),
    ({'optimizer': 'adam'}, adaptive.Adam, {'beta1': 0.9, 'beta2': 0.999}),
  )
  def test_the_config_chooses(self, settings, kind, attributes):
    made = trainer.make_optimizer(settings_lib.Settings(**settings), [])
    self.assertIsInstance(made, kind)
    self.assertEqual(vars(made), vars(made) | attributes)


if __name__ == '__main__':
  tf.test.main()
