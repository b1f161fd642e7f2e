"""The raw ops beside reference.py, and a line that really compares."""

import dataclasses
import itertools
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.explain import case as cases
from cnn_tf.explain import comparison
from cnn_tf.network import ops
from cnn_tf.network import specs

_CONV = specs.Conv('conv2d', filters=1, window=(3, 3))
_MAX = specs.Pool('max_pool2d')
_MEAN = specs.Pool('avg_pool2d', kind='avgpool')
_DENSE = specs.Dense('dense', units=3, activation='relu')


def _line(case):
  return comparison.compare(case, cases.compute(case), comparison.compute(case))


class ComparisonTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(
    (_CONV, (5, 5), 'tf.nn.conv2d gives the same: 21; gradients equal'),
    (_MAX, (5, 5), 'tf.nn.max_pool2d gives the same: 5; gradients equal'),
    (_MEAN, (5, 5), 'tf.nn.avg_pool2d gives the same: 3.5; gradients equal'),
    (_DENSE, (2, 3), 'tf.matmul gives the same: 12; gradients equal'),
  )
  def test_tensorflow_agrees(self, spec, size, line):
    self.assertEqual(_line(cases.make(spec, size)), (True, line))

  def test_tensorflow_agrees_for_every_window_stride_and_padding(self):
    for spec, window, stride, padding, size in itertools.product(
      (_CONV, _MAX, _MEAN),
      ((1, 1), (2, 2), (3, 2), (5, 5)),
      ((1, 1), (2, 2), (3, 1)),
      ('valid', 'same'),
      ((5, 5), (7, 8), (1, 1)),
    ):
      spec = dataclasses.replace(
        spec, window=window, stride=stride, padding=padding
      )
      try:
        case = cases.make(spec, size)
      except errors.UserError:
        continue  # the window does not fit
      equal, line = _line(case)
      self.assertTrue(equal, f'{spec} {size}: {line}')

  def test_a_flipped_kernel_is_found(self):
    conv2d = ops.conv2d

    def flipped(inputs, kernel, stride, padding):
      return conv2d(inputs, kernel[::-1, ::-1], stride, padding)

    with mock.patch.object(ops, 'conv2d', flipped):
      equal, line = _line(cases.make(_CONV, (5, 5)))
    self.assertFalse(equal)
    # This kernel, flipped, is its negative: -23 - 2 instead of 23 - 2.
    self.assertStartsWith(line, 'tf.nn.conv2d differs: pre-activation by up to')
    for word in ('output', 'image by up to 2', 'kernel by up to 9', 'bias'):
      self.assertIn(word, line)

  @parameterized.parameters(*cases.Values._fields)
  def test_a_single_wrong_number_is_found(self, field):
    case = cases.make(_CONV, (5, 5))
    found = comparison.compute(case)
    wrong = np.array(getattr(found, field))
    wrong.flat[-1] += 0.5
    equal, line = comparison.compare(
      case, cases.compute(case), found._replace(**{field: wrong})
    )
    self.assertFalse(equal)
    self.assertRegex(line, r'^tf\.nn\.conv2d differs: [a-z -]+ by up to 0\.5$')


if __name__ == '__main__':
  tf.test.main()
