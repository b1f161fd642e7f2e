"""Tests of benchmarks/workers_on_loopback.py."""

from absl.testing import absltest

from benchmarks import workers_on_loopback

_PRINTED = """\
Precision: float32 (no bfloat16 unit here)

epoch   rate  cross-entropy      L2  correct  images/s    left
  2/3  0.052         0.5805  0.0459   79.09%     3,295    0:04
  3/3      0         0.4894  0.0460   82.38%     3,466    0:00

Test: 82.03% of 128 images correct, cross-entropy 0.5041
"""
_DEVICES = """\
Inter-|   Receive                            |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets
    lo:     700 4 0 0 0 0 0 0      900 4 0 0 0 0 0 0
  eth0:      11 1 0 0 0 0 0 0       22 1 0 0 0 0 0 0
"""


class WorkersOnLoopbackTest(absltest.TestCase):
  def test_the_speed_is_that_of_the_last_epoch(self):
    self.assertEqual(workers_on_loopback.speed(_PRINTED), 3466)

  def test_the_bytes_are_those_sent_over_loopback(self):
    self.assertEqual(workers_on_loopback.loopback_bytes(_DEVICES), 900)

  def test_the_table_has_medians_and_ratios_within_a_round(self):
    of = workers_on_loopback.Measured
    rounds = {
      1: [of(1000, 0), of(2000, 0), of(4000, 0)],
      2: [of(1500, 1e6), of(3200, 2e6), of(9000, 3e6)],
    }
    _, one, two = workers_on_loopback.table(rounds).splitlines()
    self.assertEqual(one.split(), ['1', '2,000', '1.00', '64.0', '0.00'])
    self.assertEqual(two.split(), ['2', '3,200', '1.60', '40.0', '2.00'])


if __name__ == '__main__':
  absltest.main()
