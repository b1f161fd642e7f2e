"""Tests of double.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.learning import optimizers
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer
from cnn_tf.studies.measure import double
from cnn_tf.studies.measure import trajectory
from tests import small_data

GEOMETRIES = geometry.trace(
  layers.parse('conv 4 3x3 elu, maxpool 2x2, conv 5 3x3, avgpool 2x2, dense 7'),
  (28, 28, 1),
)
SETTINGS = settings_lib.Settings(
  **small_data.flags('', num_epochs=2, l2_scale=1e-3), seed=3
)


def follow(make_trainer, departure=trajectory.UNCHANGED):
  examples = small_data.examples(65)
  data = datasets.Dataset(examples, examples, examples, 10)
  strategy = tf.distribute.get_strategy()
  return trajectory.follow(
    SETTINGS, data, strategy, departure, (1,), make_trainer
  )


class DoubleTest(tf.test.TestCase):
  def test_logits_and_gradients_agree_with_float32(self):
    single = model.ConvNet(GEOMETRIES, seed=2)
    network = double.ConvNet(GEOMETRIES, seed=2)
    images = datasets.to_float(small_data.examples(8).images)
    found = []
    for one in (single, network):
      with tf.GradientTape() as tape:
        logits = one(images)
        total = tf.reduce_sum(logits**2)
      found.append([logits, *tape.gradient(total, one.trainable_variables)])
    for value, expected in zip(*found, strict=True):
      self.assertEqual((value.dtype, expected.dtype), (tf.float32, tf.float64))
      self.assertAllClose(value, expected, rtol=1e-5, atol=1e-5)
    # They agree in the digits of float32, not in more.
    rounding = np.subtract(found[0][0], found[1][0])
    self.assertGreater(np.abs(rounding).max(), 1e-9)

  def test_a_training_agrees_with_float32_and_repeats_its_bits(self):
    single = follow(trainer.Trainer)
    found, again = follow(double.Trainer), follow(double.Trainer)
    self.assertEqual(found.snapshots[12].dtype, np.float64)
    self.assertAllEqual(found.snapshots[0], single.snapshots[0])
    for step in (1, 6, 12):
      self.assertAllEqual(found.snapshots[step], again.snapshots[step])
      distance = trajectory.distance(
        found.snapshots[step], single.snapshots[step]
      )
      self.assertBetween(distance, 1e-10, 1e-5)

  def test_one_weight_moves_by_an_ulp_of_either_type(self):
    usual = follow(double.Trainer).snapshots
    for float_type, bits in ((np.float32, 23), (np.float64, 52)):

      def nudge(network, float_type=float_type):
        trajectory.nudge(network, float_type)

      other = follow(double.Trainer, trajectory.Departure(change=nudge))
      before, after = usual[0], other.snapshots[0]
      [place] = np.flatnonzero(before != after)
      change = (after[place] - before[place]) / before[place]
      self.assertBetween(change, 2.0 ** -(bits + 1), 2.0**-bits)
      self.assertGreater(np.sum(other.snapshots[12] != usual[12]), 100)

  def test_velocities_have_the_type_of_their_variables(self):
    types = [tf.float32, tf.float64]
    variables = [tf.Variable([1.0, 2.0], dtype=x) for x in types]
    velocities = optimizers.zeros_like(variables)
    self.assertEqual([x.dtype for x in velocities], types)


if __name__ == '__main__':
  tf.test.main()
