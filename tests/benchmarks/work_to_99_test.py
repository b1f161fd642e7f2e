"""Tests of benchmarks/work_to_99.py."""

import pathlib
from unittest import mock

import numpy as np
import tensorflow as tf

from benchmarks import work_to_99
from cnn_tf import errors
from cnn_tf.data import idx
from cnn_tf.run import trainer

SHORT = work_to_99.Work(images=320, batch_size=32, warmup=0.1)


class AccuracyTest(tf.test.TestCase):
  def test_every_image_is_seen_once(self):
    seen = []
    original = trainer.Trainer.train_steps

    def train_steps(self, order, start, end):
      progress = original(self, order, start, end)
      seen.append((int(start), int(end), int(progress.totals.num_examples)))
      seen.append(int(self.step))
      seen.append(float(self.last_rate()))
      return progress

    with mock.patch.object(trainer.Trainer, 'train_steps', train_steps):
      found = work_to_99.accuracy(SHORT, 0, 'validation', '1')
    (images, steps, last_rate) = seen
    self.assertEqual((images, steps), ((0, 320, 320), 10))
    self.assertAlmostEqual(last_rate, SHORT.learning_rate / 9, delta=1e-6)
    self.assertBetween(found, 10, 100)

  def test_the_same_seed_gives_the_same_digits(self):
    first, again, other = (
      work_to_99.accuracy(SHORT, seed, 'validation', '1') for seed in (0, 0, 1)
    )
    self.assertEqual(first, again)
    self.assertNotEqual(first, other)

  def test_on_validation_the_test_files_are_not_read(self):
    read = idx.read
    names = []

    def note(path):
      names.append(pathlib.Path(path).name.split('-')[0])
      return read(path)

    with mock.patch.object(idx, 'read', note):
      work_to_99.accuracy(SHORT, 0, 'validation', '1')
      self.assertEqual(names, ['train', 'train'])
      work_to_99.accuracy(SHORT, 0, 'test', '1')
      self.assertEqual(names[2:], ['train', 'train', 't10k', 't10k'])

  def test_images_are_whole_batches(self):
    with self.assertRaisesRegex(errors.UserError, '--images=330 must'):
      work_to_99.accuracy(SHORT._replace(images=330), 0, 'validation', '1')

  def test_images_are_not_seen_twice(self):
    work = SHORT._replace(images=55008)
    with self.assertRaisesRegex(errors.UserError, 'there are 55000, each seen'):
      work_to_99.accuracy(work, 0, 'validation', '1')


class DescribeTest(tf.test.TestCase):
  def test_the_work_of_a_step_by_hand(self):
    # 28 * 28 * 10 multiplications, without a gradient of the pixels.
    self.assertEqual(work_to_99.flop_per_image(''), 2 * 2 * 7840)
    # Of the reference network: 2,815,336, and 26 * 26 * 9 * 32 in conv1.
    self.assertEqual(
      work_to_99.flop_per_image(work_to_99.Work().layers),
      2 * (3 * 2_815_336 - 194_688),
    )

  def test_numbers_by_hand(self):
    work = work_to_99.Work(images=60000)
    text = work_to_99.describe(work, 'test', [98.9, 99.0, 99.1])
    self.assertEqual(
      text,
      '60,000 images, 0.99 TFLOP: 99.000 % on test, deviation 0.100, n = 3, '
      '95 % interval of the mean 98.752 to 99.248; a mean of 99.0 % is reached',
    )

  def test_below_the_goal(self):
    text = work_to_99.describe(SHORT, 'test', list(np.full(3, 98.99)))
    self.assertEndsWith(text, 'a mean of 99.0 % is not reached')


if __name__ == '__main__':
  tf.test.main()
