"""Tests of trajectory.py."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies import trained
from cnn_tf.studies.measure import trajectory
from tests import small_data

GEOMETRIES = geometry.trace(
  layers.parse('conv 4 3x3, maxpool 2x2'), (28, 28, 1)
)
SETTINGS = settings_lib.Settings(
  **small_data.flags('', num_epochs=2, l2_scale=1e-3), seed=3
)
LENGTH = 6  # steps of an epoch: 65 images, 10 in a batch
STEPS = (1, 2, 8, 99)


def data():
  examples = small_data.examples(65)
  return datasets.Dataset(examples, examples, examples, 10)


def follow(departure=trajectory.UNCHANGED, steps=STEPS, settings=SETTINGS):
  strategy = tf.distribute.get_strategy()
  return trajectory.follow(settings, data(), strategy, departure, steps)


class TrajectoryTest(tf.test.TestCase):
  def test_the_distance_by_hand(self):
    values, others = np.array([[3, 4], [3, 4.5]], np.float32)
    self.assertEqual(trajectory.distance(values, values), 0)
    self.assertAllClose(trajectory.distance(values, others), 0.1)

  def test_one_step_grows_tenfold(self):
    # Between the steps 2 and 4 there is one without a snapshot.
    distances = {0: 0.0, 1: 2e-9, 2: 2e-8, 4: 1.0, 5: 0.5}
    self.assertAllClose(trajectory.jump(distances), 10)
    self.assertEqual(trajectory.jump({0: 0.0, 1: 0.0}), 1)

  def test_one_weight_moves_to_the_next_number(self):
    network = model.ConvNet(GEOMETRIES, seed=0)
    before = trajectory.flat(network)
    after = trajectory.flat(trajectory.nudge(network))
    [place] = np.flatnonzero(before != after)
    weights = network.kernels['conv1'].numpy()
    self.assertEqual(np.abs(after[place]), np.abs(weights).max())
    self.assertEqual(after[place] - before[place], np.spacing(before[place]))

  def test_kernels_drawn_for_relu(self):
    elu = layers.parse('conv 4 3x3 elu, maxpool 2x2, dense 5 elu')
    relu = layers.parse('conv 4 3x3, maxpool 2x2, dense 5')
    one, other = (
      model.ConvNet(geometry.trace(x, (28, 28, 1)), seed=2) for x in (elu, relu)
    )
    self.assertNotAllClose(one.kernels['conv1'], other.kernels['conv1'])
    trajectory.drawn_for_relu(one, seed=2)
    self.assertAllEqual(trajectory.flat(one), trajectory.flat(other))

  def test_without_a_departure_it_is_the_usual_training(self):
    network = trained.train(SETTINGS, data(), tf.distribute.get_strategy())
    for steps in ((), STEPS):
      found = follow(steps=steps)
      self.assertAllEqual(
        trajectory.flat(found.network), trajectory.flat(network)
      )
    self.assertAllEqual(sorted(found.snapshots), [0, 1, 2, 6, 8, 12])
    self.assertAllEqual(found.snapshots[12], trajectory.flat(network))
    self.assertNotAllEqual(found.snapshots[8], found.snapshots[12])

  def test_another_order_from_the_second_epoch_on(self):
    usual = follow().snapshots
    for after in (0, 1):
      other = follow(trajectory.Departure(after, order_seed=4)).snapshots
      for step, values in other.items():
        same = np.array_equal(values, usual[step])
        self.assertEqual(same, step <= after * LENGTH, (after, step))
    network = trained.train(SETTINGS, data(), tf.distribute.get_strategy(), 4)
    other = follow(trajectory.Departure(order_seed=4))
    self.assertAllEqual(
      trajectory.flat(other.network), trajectory.flat(network)
    )

  def test_an_ulp_after_the_first_epoch(self):
    usual = follow().snapshots
    other = follow(trajectory.Departure(1, trajectory.nudge)).snapshots
    for step, values in other.items():
      same = np.array_equal(values, usual[step])
      self.assertEqual(same, step <= LENGTH, step)

  def test_nothing_else_notices_an_ulp_of_a_dead_filter(self):
    usual = follow(trajectory.Departure(change=trajectory.kill))
    other = follow(trajectory.Departure(change=trajectory.nudge_dead))
    for step, values in other.snapshots.items():
      self.assertEqual(np.sum(values != usual.snapshots[step]), 1, step)
    bias = other.network.biases['conv1'].numpy()
    self.assertEqual(np.sum(bias == -100), 1)
    alive = follow(trajectory.Departure(change=trajectory.nudge)).snapshots
    self.assertGreater(np.sum(alive[12] != follow().snapshots[12]), 100)

  def test_an_effect_by_hand(self):
    # Each calls all images the same class: 3, or 4.
    usual, other = (
      trajectory.Trajectory(_always(label), dict(enumerate(values)))
      for label, values in ((3, _USUAL), (4, _OTHER))
    )
    images = np.zeros([5, 28, 28], np.uint8)
    test = datasets.Examples(images, np.array([3, 4, 4, 4, 5], np.uint8))
    found = trajectory.compare(usual, other, test, first=1)
    self.assertAllClose(found.distances, {1: 0.1})
    self.assertEqual(found.differ, 1)
    self.assertAllClose(found.gain, 0.4)  # 3 of 5 instead of 1
    self.assertEqual(found.num_variables, 1)
    again = trajectory.compare(usual, usual, test, first=0)
    self.assertEqual(again, ({0: 0, 1: 0, 2: 0}, 0, 0, 0))

  def test_a_training_that_diverges(self):
    settings = settings_lib.Settings(
      **small_data.flags('', num_epochs=2, learning_rate=1e30)
    )
    with self.assertRaisesRegex(errors.UserError, 'diverged'):
      follow(settings=settings)


class _Constant(NamedTuple):
  logits: list[float]

  def __call__(self, images):
    return tf.ones_like(images[:, 0, 0]) * self.logits


def _always(label):
  return _Constant([float(label == number) for number in range(10)])


_USUAL = np.array([[0, 1], [1, 1], [3, 4]], np.float32)
_OTHER = np.array([[5, 5], [7, 7], [3, 4.5]], np.float32)


if __name__ == '__main__':
  tf.test.main()
