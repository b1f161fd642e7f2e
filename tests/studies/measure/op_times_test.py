"""Tests of op_times.py."""

import itertools
from unittest import mock

import tensorflow as tf

from cnn_tf.network import specs
from cnn_tf.studies.measure import op_times
from cnn_tf.studies.measure import rounding


def _operands(size):
  layer = specs.Dense('dense1', size, 'linear')
  return rounding.Operands(layer, *[tf.ones([size, size])] * 3)


class OpTimesTest(tf.test.TestCase):
  def test_the_first_round_does_not_count_and_the_median_of_the_others_does(
    self,
  ):
    # One op in one precision: each round calls forward, then both.
    times = iter([100.0, 100.0, 1.0, 10.0, 9.0, 90.0, 2.0, 20.0])
    with mock.patch.object(op_times, 'seconds', lambda _: next(times)):
      found = op_times.medians([_operands(2)], ['float32'], 3)
    self.assertEqual(
      found,
      {
        (op_times.FORWARD, 'float32'): [2.0],
        (op_times.BOTH, 'float32'): [20.0],
      },
    )

  def test_ops_and_precisions_take_turns(self):
    called = []

    def record(function):
      called.append(function)
      return 0.0

    with mock.patch.object(op_times, 'seconds', record):
      op_times.medians([_operands(2)] * 3, ['float32', 'bfloat16'], 2)
    self.assertLen(set(called), 2 * 2 * 3)
    self.assertEqual(called, called[:12] * 3)

  def test_a_product_with_512_times_the_work_takes_longer(self):
    ops = [_operands(64), _operands(512)]
    found = op_times.medians(ops, ['float32'], 25)
    for small, large in found.values():
      self.assertLess(small, large)
    forward, both = (
      found[kind, 'float32'][1] for kind in (op_times.FORWARD, op_times.BOTH)
    )
    self.assertLess(forward, both)

  def test_seconds_is_the_time_between_two_readings(self):
    clock = itertools.count(5.0, 0.5)
    with mock.patch.object(op_times.time, 'perf_counter', lambda: next(clock)):
      self.assertEqual(op_times.seconds(lambda: None), 0.5)


if __name__ == '__main__':
  tf.test.main()
