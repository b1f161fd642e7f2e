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
    found = distillation.bias(logits, 1, share=0.5)
    self.assertEqual(found, 2.5)
    raised = logits + [0, found, 0]
    self.assertAllEqual(raised.argmax(axis=1), [0, 1, 1, 2])

  def test_a_share_of_the_images_gets_the_label(self):
    logits = np.random.default_rng(0).normal(size=[5000, 10])
    logits[:, 3] -= 7
    for share in (0.0, 0.1, 0.5):
      raised = logits.copy()
      raised[:, 3] += distillation.bias(logits, 3, share) + 1e-9
      found = np.mean(raised.argmax(axis=1) == 3)
      self.assertAllClose(found, share, atol=3e-4)

  def test_the_scores_by_hand(self):
    # It looks at the first pixel only: a 3 if it is not black, else a 4.
    def student(images):
      is_three = tf.cast(images[:, 0, 0, 0] > 0, tf.float32)
      scores = tf.stack([4 * is_three, 2 * tf.ones_like(is_three)], axis=1)
      return tf.pad(scores, [[0, 0], [3, 5]])  # of the classes 3 and 4

    images = np.zeros([20, 28, 28], np.uint8)
    images[:3, 0, 0] = 30
    labels = np.array([3, 3, 4, 3, *[4] * 16], np.uint8)
    test = datasets.Examples(images, labels)
    found = distillation.score(student, distillation.without(test, 3), test)
    # Of three 3s, two are called 3; of 17 4s, 16 are called 4.
    self.assertAllClose(found.before, 2 / 3)
    self.assertAllClose(found.validation, 16 / 17)
    # The bias is -2, which makes the logits of these three images equal.
    self.assertAllClose(found.after, 2 / 3)
    self.assertAllClose(found.others, 16 / 17)

  @mock.patch.multiple(distillation, TEMPERATURES=(1, 4))
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
