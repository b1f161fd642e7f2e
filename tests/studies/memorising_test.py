"""Tests of memorising.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.studies import memorising
from tests import miniature
from tests import small_data

_SOME = {
  name: memorising.SETTINGS[name]
  for name in (
    memorising.BASIC,
    memorising.FALLING,
    memorising.HELD_OUT,
    memorising.RANDOM,
  )
}


def dataset(count=100):
  """The same real digits for training, validation and test."""
  return datasets.Dataset(*[small_data.examples(count)] * 3, num_classes=10)


def answers(true, validation):
  return memorising.Answers(0.0, true, validation, 0.0)


class LabelsTest(tf.test.TestCase):
  def test_exactly_a_fifth_is_wrong_and_every_other_class_can_replace(self):
    labels = np.repeat(np.arange(10, dtype=np.uint8), 500)
    random = np.random.default_rng(0)
    found = memorising.mislabelled(labels, 0.2, 10, random)
    self.assertEqual(np.sum(found != labels), 1000)
    self.assertEqual(found.dtype, np.uint8)
    # Each of the 9 other classes gets 1000 / 9 = 111 labels, ± 10.
    steps = (found.astype(int) - labels)[found != labels] % 10
    counts = np.bincount(steps, minlength=10)
    self.assertEqual(counts[0], 0)
    self.assertAllClose(counts[1:], [1000 / 9] * 9, atol=40)

  def test_with_a_fraction_of_0_nothing_is_changed(self):
    labels = small_data.examples(100).labels
    random = np.random.default_rng(0)
    found = memorising.mislabelled(labels, 0.0, 10, random)
    self.assertAllEqual(found, labels)

  def test_the_seed_fixes_images_and_labels(self):
    data = dataset()
    first, again, other = (
      memorising.task(data, memorising.BASIC, seed) for seed in (0, 0, 1)
    )
    for one, two in zip(first.data.train, again.data.train, strict=True):
      self.assertAllEqual(one, two)
    self.assertNotAllEqual(first.data.train.labels, other.data.train.labels)


class TaskTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.data = dataset()
    # The images are all different, so they tell which label is true.
    self.truth = {
      image.tobytes(): label
      for image, label in zip(*self.data.train, strict=True)
    }
    self.assertLen(self.truth, 100)

  def true(self, images):
    return [self.truth[image.tobytes()] for image in images]

  def test_the_measured_images_are_those_with_wrong_labels(self):
    for name in memorising.SETTINGS:
      found = memorising.task(self.data, name, seed=0)
      self.assertAllEqual(found.true.labels, self.true(found.wrong.images))
      self.assertAllEqual(found.true.images, found.wrong.images)
      self.assertFalse(np.any(found.wrong.labels == found.true.labels))
      self.assertAllEqual(found.data.test.labels, self.data.test.labels)

  def test_the_training_labels(self):
    wrong = {}
    for name in (memorising.BASIC, memorising.HELD_OUT, memorising.RANDOM):
      found = memorising.task(self.data, name, seed=0)
      images, labels = found.data.train
      wrong[name] = np.sum(labels != self.true(images))
      held_out = name == memorising.HELD_OUT
      self.assertLen(images, 80 if held_out else 100)
      self.assertLen(found.wrong.labels, 20 if held_out else wrong[name])
    self.assertEqual(wrong[memorising.BASIC], 20)
    self.assertEqual(wrong[memorising.HELD_OUT], 0)
    self.assertAllClose(wrong[memorising.RANDOM], 90, atol=9)

  @mock.patch.object(memorising, 'NUM_IMAGES', 30)
  def test_only_so_many_images_are_used(self):
    found = memorising.task(self.data, memorising.BASIC, seed=0)
    self.assertLen(found.data.train.labels, 30)
    self.assertLen(found.wrong.labels, 6)


class AnswersTest(tf.test.TestCase):
  def test_the_shares_by_hand(self):
    # The first pixel of an image is what this network says of it.
    def network(images):
      said = tf.cast(tf.round(images[:, 0, 0, 0] * 255), tf.int32)
      return tf.one_hot(said, 10)

    def examples(labels):
      images = np.zeros([4, 28, 28], np.uint8)
      images[:, 0, 0] = [1, 1, 7, 2]
      return datasets.Examples(images, np.array(labels, np.uint8))

    data = datasets.Dataset(
      examples([0] * 4), examples([1, 1, 7, 2]), examples([1, 0, 0, 0]), 10
    )
    wrong, true = examples([1, 3, 3, 4]), examples([5, 1, 4, 2])
    ask = memorising.examiner(
      network,
      memorising.Task(data, wrong, true),
      tf.distribute.get_strategy(),
    )
    found = ask()
    self.assertAllClose(tuple(found), (0.25, 0.5, 1.0, 0.25))
    self.assertAllClose(found.neither, 0.25)

  def test_the_examiner_sees_the_network_change(self):
    bias = tf.Variable([1.0, 0.0])

    def network(images):
      return tf.zeros([tf.shape(images)[0], 2]) + bias

    part = datasets.Examples(
      np.zeros([1, 28, 28], np.uint8), np.ones(1, np.uint8)
    )
    data = datasets.Dataset(part, part, part, 2)
    ask = memorising.examiner(
      network,
      memorising.Task(data, part, part),
      tf.distribute.get_strategy(),
    )
    self.assertEqual(ask().test, 0)
    bias.assign([0.0, 1.0])
    self.assertEqual(ask().test, 1)

  def test_the_peak_and_the_best_epoch(self):
    course = [answers(0.5, 0.3), answers(0.7, 0.4), answers(0.2, 0.6)]
    self.assertEqual(memorising.peak(course), 1)
    self.assertEqual(memorising.best(course), 2)


class MemorisingTest(tf.test.TestCase):
  def test_the_report_has_all_settings(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    with mock.patch.multiple(memorising, FRACTION=0.5, SETTINGS=_SOME):
      header, *rows = memorising.measure(plan._replace(epochs=2)).table
    self.assertEqual([row[0] for row in rows], list(_SOME))
    for row in rows:
      self.assertLen(row, len(header))
      wrong, true, neither, peak = map(float, row[1:5])
      self.assertAllClose(wrong + true + neither, 100, atol=0.2)
      self.assertGreaterEqual(peak, true)
      last, chosen = float(row[6]), float(row[7])
      self.assertAllClose(float(row[9]), chosen - last, atol=0.02)


if __name__ == '__main__':
  tf.test.main()
