"""Tests of op_cases.py: which cases there are, and that a fault is found."""

from unittest import mock

import tensorflow as tf

from cnn_tf.network import ops
from tests.search import op_cases

_CASE = op_cases.Case(
  'conv2d', (2, 3), (1, 2), 'same', (5, 4), 3, 2, 1, 'float32'
)


class CasesTest(tf.test.TestCase):
  def test_their_number(self):
    # All 16 windows, but with `valid` only heights of 1 to 3 on 3x4, and only a
    # width of 1 on 4x1.
    num_windows = 16 + 16 + 16 + 16 + 12 + 4
    cases = op_cases.every_case(num_replicas=1)
    self.assertLen(cases, 3 * num_windows * 9 * 2 * 2 * 2)
    self.assertLen(set(cases), len(cases))


class CheckTest(tf.test.TestCase):
  def test_nothing_is_wrong_with_the_ops(self):
    for op in op_cases.OPS:
      for dtype in ('float32', 'bfloat16'):
        case = _CASE._replace(op=op, dtype=dtype)
        self.assertEqual(op_cases.check(case), '')

  def test_a_wrong_output_is_found(self):
    conv2d = ops.conv2d

    def flipped(inputs, kernel, *settings):
      return conv2d(inputs, kernel[::-1], *settings)

    with mock.patch.object(ops, 'conv2d', flipped):
      self.assertStartsWith(op_cases.check(_CASE), 'output, eagerly')

  def test_a_wrong_gradient_is_found_in_a_graph(self):
    conv2d = ops.conv2d

    def without_gradient(inputs, kernel, *settings):
      if not tf.executing_eagerly():
        kernel = tf.stop_gradient(kernel) + 0 * kernel
      return conv2d(inputs, kernel, *settings)

    with mock.patch.object(ops, 'conv2d', without_gradient):
      self.assertStartsWith(
        op_cases.check(_CASE), 'gradient by the kernel, in a graph'
      )


if __name__ == '__main__':
  tf.test.main()
