"""Tests of distillation.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.studies import distillation
from tests import miniature
from tests import small_data


class DistillationTest(tf.test.TestCase):
  def test_students_are_shown_no_threes(self):
    examples = small_data.examples(100)
    found = distillation.without(examples, 3)
    self.assertNotIn(3, found.labels)
    threes = np.sum(examples.labels == 3)
    self.assertGreater(threes, 0)
    self.assertLen(found.labels, 100 - threes)
    self.assertAllEqual(found.images[0], examples.images[0])  # a 5

  def test_the_bias_by_hand(self):
    # The logit of class 1 is 3, 1, 2 and 4 below the largest of the others.
    logits = np.array([[5.0, 2, 0], [1, 0, 0], [0, 1, 3], [0, 0, 4]])
    found = distillation.biased(logits, 1, share=0.5)
    self.assertAllEqual(found, [0, 1, 1, 2])
    self.assertAllEqual((logits + [0, 2.5, 0]).argmax(axis=1), found)
    # 1 is lowered where it is largest.
    found = distillation.biased(np.array([[0.0, 3], [0, 1]]), 1, share=0.5)
    self.assertAllEqual(found, [1, 0])

  def test_a_share_of_the_images_gets_the_label(self):
    logits = np.random.default_rng(0).normal(size=[5000, 10])
    logits[:, 3] -= 7
    for share in (0.0, 0.1, 0.5):
      found = distillation.biased(logits, 3, share)
      self.assertEqual(np.sum(found == 3), share * 5000)
    # A student that says the same of all images knows no 3s.
    found = distillation.biased(np.ones([5000, 10]), 3, share=0.1)
    self.assertEqual(np.sum(found == 3), 500)

  def test_the_scores_by_hand(self):
    # The logit of 3 is the first pixel, that of 4 is a half.
    def student(images):
      pixel = images[:, 0, 0, 0]
      scores = tf.stack([pixel, 0.5 * tf.ones_like(pixel)], axis=1)
      return tf.pad(scores, [[0, 0], [3, 5]])  # of the classes 3 and 4

    images = np.zeros([20, 28, 28], np.uint8)
    images[:5, 0, 0] = [250, 100, 110, 200, 5]
    labels = np.array([3, 3, 4, 4, 3, *[4] * 15], np.uint8)
    test = datasets.Examples(images, labels)
    rest = distillation.without(test, 3)
    with mock.patch.object(distillation, 'SHARE', 0.2):
      found = distillation.score(student, rest, test)
    # Two images are called 3: of three 3s one, of 17 4s one.
    self.assertAllClose(found.before, 1 / 3)
    self.assertAllClose(found.validation, 16 / 17)
    # After the bias it is four: of the 3s two, of the 4s two.
    self.assertAllClose(found.after, 2 / 3)
    self.assertAllClose(found.others, 15 / 17)

  # Five steps are too few for a lower rate.
  @mock.patch.multiple(distillation, TEMPERATURES=(1, 4), LEARNING_RATE=0.1)
  def test_the_report_has_all_students_and_the_nulls_know_no_threes(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    table = {
      tuple(row[:2]): row[2:] for row in distillation.measure(plan).table
    }
    self.assertLen(table, 1 + 4 * 2 + 1 + 2 + 2)
    for kind, temperature in (
      (distillation.IGNORANT, '1'),
      (distillation.IGNORANT, '4'),
      (distillation.HARD, '1'),
      (distillation.PERMUTED, '1'),
    ):
      self.assertEqual(table[kind, temperature][0], '0.00')
    soft, shuffled = (
      float(table[kind, '4'][1])
      for kind in (distillation.SOFT, distillation.PERMUTED)
    )
    difference = table[f'{distillation.SOFT} - {distillation.PERMUTED}', '4'][1]
    self.assertAllClose(float(difference), soft - shuffled, atol=0.02)


if __name__ == '__main__':
  tf.test.main()
