"""Answers: what counts as equal, and how it reads."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.traps import answers


def _raise(error):
  raise error


class AskTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (lambda: 16_777_216, '16,777,216'),
    (lambda: 2 / 3, '0.6667'),
    (lambda: tf.constant([[1.0, -2.5], [np.inf, np.nan]]), None),
    (lambda: tf.zeros([0, 5, 6, 1]).shape, '[0, 5, 6, 1]'),
    (lambda: [tf.constant(7.0), 8.0], '[7, 8]'),
    (lambda: tf.zeros([0, 3]), '[]'),
    (lambda: _raise(KeyError(3)), 'KeyError: 3'),
    (lambda: _raise(ValueError('one\ntwo')), 'ValueError: one'),
    (lambda: _raise(ValueError('{{node a}} one [Op:b]')), 'ValueError: one'),
  )
  def test_an_answer_is_one_line(self, function, text):
    expected = text or '[[1, -2.5], [inf, nan]]'
    self.assertEqual(str(answers.ask(function)), expected)


class AgreeTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (1.0, 1.000001, True),
    (1.0, 1.001, False),
    (2**24, 2**24 + 1, False),  # 6e-8 of its size, but whole numbers
    ([1, 2], [1.0, 2.0], True),
    ([1.0], [[1.0]], False),
    ([0, 5, 6, 1], [0, 3, 4, 8], False),
    ([np.nan, np.inf], [np.nan, np.inf], True),
    (np.inf, 1000.0, False),
  )
  def test_whole_numbers_are_exact_and_others_are_not(self, one, two, agree):
    one, two = (answers.ask(lambda x=x: x) for x in (one, two))
    self.assertEqual(answers.agree(one, two), agree)

  def test_an_error_agrees_with_any_error_and_with_no_value(self):
    value = answers.ask(lambda: 0)
    one, two = (
      answers.ask(lambda x=x: _raise(x)) for x in (ValueError(''), KeyError(1))
    )
    self.assertTrue(answers.agree(one, two))
    self.assertFalse(answers.agree(one, value))
    self.assertFalse(answers.agree(value, one))


if __name__ == '__main__':
  tf.test.main()
