"""Tests of teaching.py."""

import dataclasses
import math

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import optimizers
from cnn_tf.learning import train_step
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies.measure import teaching
from tests import small_data

GEOMETRIES = geometry.trace(
  layers.parse('conv 4 3x3, maxpool 2x2'), (28, 28, 1)
)
SETTINGS = settings_lib.Settings(
  **small_data.flags('', num_epochs=1, l2_scale=1e-3), seed=3
)


def lessons(count):
  """The same hard labels in every epoch."""
  images, labels = small_data.examples(count)
  answers = teaching.certain(labels, 10)
  return lambda epoch: teaching.Lessons(images, answers)


class TeachingTest(tf.test.TestCase):
  def test_equal_answers_of_two_classes_cost_t_squared_log_two(self):
    zeros = tf.zeros([1, 2])
    for temperature in (1, 2, 4):
      found = teaching.cross_entropy(zeros, zeros, temperature)
      self.assertAllClose(found, [temperature**2 * math.log(2)])

  def test_the_precision_is_that_of_the_settings(self):
    for precision in ('float32', 'bfloat16'):
      settings = dataclasses.replace(SETTINGS, precision=precision, average=0.9)
      student = teaching.Student(settings, GEOMETRIES, steps_per_epoch=5)
      for network in (student.network, student.average):
        self.assertEqual(network.precision, precision)

  def test_by_hand(self):
    # At T = 2 the answers have the probabilities 3/4 and 1/4, and the student's
    # are 1/2 and 1/2: 4 * log(2).
    answers = 2 * np.log([[3.0, 1.0]])
    found = teaching.cross_entropy(np.zeros([1, 2]), answers, 2)
    self.assertAllClose(found, [4 * math.log(2)])
    # The student's are 3/4 and 1/4, too: 4 times their entropy.
    found = teaching.cross_entropy(answers, answers, 2)
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    self.assertAllClose(found, [4 * entropy])

  def test_the_gradient_is_t_times_the_difference_of_the_probabilities(self):
    random = np.random.default_rng(0)
    logits, answers = random.normal(size=[2, 5, 10])
    z = tf.constant(logits)
    with tf.GradientTape() as tape:
      tape.watch(z)
      loss = tf.reduce_sum(teaching.cross_entropy(z, tf.constant(answers), 4))
    expected = tf.nn.softmax(logits / 4) - tf.nn.softmax(answers / 4)
    self.assertAllClose(tape.gradient(loss, z), 4 * expected)

  def test_certain_answers_train_as_the_labels_do(self):
    images, labels = small_data.examples(30)
    taught = teaching.train(SETTINGS, GEOMETRIES, lessons(30), temperature=1)
    usual = model.ConvNet(GEOMETRIES, seed=3)
    optimizer = optimizers.Momentum(usual.trainable_variables)
    order = datasets.order(30, seed=3, epoch=1).numpy()
    for batch in order.reshape(3, 10):
      train_step.train_step(
        usual,
        optimizer,
        tf.constant(0.05),
        datasets.to_float(images[batch]),
        labels[batch],
        1e-3,
      )
    for ours, theirs in zip(
      taught.trainable_variables, usual.trainable_variables, strict=True
    ):
      self.assertAllClose(ours, theirs, atol=1e-6)

  def test_each_epoch_has_its_own_lessons(self):
    settings = dataclasses.replace(SETTINGS, num_epochs=2)
    first = lessons(30)(1)
    second = first._replace(images=255 - first.images)

    def kernel(*given):
      def lessons_of(epoch):
        return given[epoch - 1]

      found = teaching.train(settings, GEOMETRIES, lessons_of, temperature=1)
      return found.kernels['conv1']

    found = kernel(first, second)
    self.assertNotAllClose(found, kernel(first, first), atol=1e-4)
    self.assertNotAllClose(found, kernel(second, second), atol=1e-4)

  def test_images_that_do_not_fill_a_batch_are_left_out(self):
    def lessons_of(count):
      images, answers = lessons(40)(1)
      return lambda _: teaching.Lessons(images[:count], answers[:count])

    with self.assertRaisesRegex(errors.UserError, '9 images are fewer'):
      teaching.train(SETTINGS, GEOMETRIES, lessons_of(9), temperature=1)
    # 35 images are three batches; with a constant rate nothing else changes.
    order = datasets.order(35, seed=3, epoch=1).numpy()
    images, answers = lessons(35)(1)
    shown = teaching.Lessons(images.copy(), answers)
    shown.images[order[30:]] = 0
    found, expected = (
      teaching.train(SETTINGS, GEOMETRIES, lambda _, one=one: one, 1)
      for one in (shown, teaching.Lessons(images, answers))
    )
    self.assertAllEqual(found.kernels['conv1'], expected.kernels['conv1'])

  def test_a_nan_that_max_pooling_drops_is_noticed(self):
    images, answers = lessons(30)(1)

    def change(network, pixels, *_):
      network.biases['conv1'].assign([math.nan] * 4)
      return pixels

    with self.assertRaisesRegex(errors.UserError, 'diverged in epoch 1$'):
      given = teaching.Lessons(images, answers)
      teaching.train(SETTINGS, GEOMETRIES, lambda _: given, 1, change)

  def test_a_change_replaces_the_images_and_knows_the_network(self):
    random = np.random.default_rng(0)
    pixels = random.integers(256, size=[30, 28, 28], dtype=np.uint8)
    numbers = []

    def change(network, images, answers, number):
      numbers.append(number)
      self.assertEqual(network(images).shape, answers.shape)
      return 1 - images

    def kernel(images, change=None):
      answers = teaching.certain(np.arange(30) % 10, 10)
      given = teaching.Lessons(images, answers)
      found = teaching.train(SETTINGS, GEOMETRIES, lambda _: given, 1, change)
      return found.kernels['conv1'].numpy()

    inverted = kernel(255 - pixels)
    self.assertAllClose(kernel(pixels, change), inverted, atol=1e-6)
    self.assertNotAllClose(kernel(pixels), inverted, atol=1e-3)
    self.assertEqual(numbers[0].dtype, tf.int64)

  def test_the_average_is_returned_if_there_is_one(self):
    def kernel(average, num_images):
      settings = dataclasses.replace(SETTINGS, average=average)
      found = teaching.train(settings, GEOMETRIES, lessons(num_images), 1)
      return found.kernels['conv1'].numpy()

    # After one step the average is the kernel; after two it is not.
    self.assertAllClose(kernel(0.5, 10), kernel(0.0, 10))
    self.assertNotAllClose(kernel(0.5, 20), kernel(0.0, 20))

  def test_a_rate_that_is_too_large_ends_with_one_line(self):
    settings = dataclasses.replace(SETTINGS, learning_rate=1e20)
    with self.assertRaisesRegex(errors.UserError, 'diverged in epoch 1$'):
      teaching.train(settings, GEOMETRIES, lessons(30), temperature=1)

  def test_permuted_answers_keep_the_label_and_all_values(self):
    random = np.random.default_rng(0)
    answers = random.normal(size=[200, 10])
    labels = random.integers(0, 10, 200)
    found = teaching.permuted(answers, labels, seed=0)
    rows = np.arange(200)
    self.assertAllEqual(found[rows, labels], answers[rows, labels])
    self.assertAllEqual(np.sort(found), np.sort(answers))
    # One in nine wrong values stays where it was: 200 of 1,800.
    stays = (found == answers).sum() - 200
    self.assertBetween(stays, 150, 250)

  def test_every_wrong_class_gets_each_answer_equally_often(self):
    answers = np.tile(np.arange(4.0), [9000, 1])
    found = teaching.permuted(answers, np.full(9000, 1), seed=0)
    for column in (0, 2, 3):
      counts = [np.sum(found[:, column] == value) for value in (0, 2, 3)]
      self.assertAllInRange(np.array(counts), 2800, 3200)


if __name__ == '__main__':
  tf.test.main()
