"""A config becomes a plan, an optimizer and a schedule."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import adaptive
from cnn_tf.learning import optimizers
from cnn_tf.learning import schedules
from cnn_tf.run import build
from cnn_tf.run import settings as settings_lib
from tests import small_data

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


class PlanTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.data = datasets.Dataset(*[small_data.examples(20)] * 3, 7)

  def test_the_layers_on_these_images_with_these_classes(self):
    settings = settings_lib.Settings(layers='conv 4 5x3', batch_size=20)
    conv, logits = build.plan(settings, self.data)
    self.assertEqual(conv.output_shape, (24, 26, 4))
    self.assertEqual(logits.output_shape, (7,))

  def test_a_batch_larger_than_the_training_set(self):
    with self.assertRaisesRegex(errors.UserError, '21 is larger than the 20'):
      build.plan(settings_lib.Settings(batch_size=21), self.data)


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
      build.make_schedule(settings, steps_per_epoch=5)(steps),
      _SCHEDULES[name](steps),
    )

  @parameterized.parameters('cosine', 'one_cycle')
  def test_a_warm_up_leaves_the_end_where_it_was(self, name):
    settings = settings_lib.Settings(
      lr_schedule=name, learning_rate=0.8, num_epochs=4, warmup_epochs=1.5
    )
    rate = build.make_schedule(settings, steps_per_epoch=10)
    self.assertGreater(float(rate(39)), 0.0)
    self.assertAllClose(rate(40), 0.0, atol=1e-7)
    self.assertAllClose(rate(0), rate(15) / 16)


_MOMENTUM = {'optimizer': 'momentum'}


class OptimizerTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (_MOMENTUM | {'momentum': 0.5}, optimizers.Momentum, {'momentum': 0.5}),
    (_MOMENTUM | {'nesterov': True}, optimizers.Momentum, {'nesterov': True}),
    ({'optimizer': 'rmsprop'}, adaptive.RMSProp, {'decay': 0.9}),
    ({'optimizer': 'adam'}, adaptive.Adam, {'beta1': 0.9, 'beta2': 0.999}),
  )
  def test_the_config_chooses(self, settings, kind, attributes):
    made = build.make_optimizer(settings_lib.Settings(**settings), [])
    self.assertIsInstance(made, kind)
    self.assertEqual(vars(made), vars(made) | attributes)


if __name__ == '__main__':
  tf.test.main()
