"""Tests of cores.py."""

import subprocess

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.run import cores


class CoresTest(tf.test.TestCase):
  def test_cores_are_those_that_this_process_may_use(self):
    nproc = subprocess.run(['nproc'], capture_output=True, check=True)
    self.assertEqual(cores.num_cores(), int(nproc.stdout))

  def test_devices_do_not_change_after_the_first_op(self):
    self.assertEqual(tf.constant(1) + 1, 2)
    self.assertEqual(cores.split(1), ['CPU:0'])
    with self.assertRaisesRegex(errors.UserError, '^--replicas=64: [^\n]*$'):
      cores.split(64)


if __name__ == '__main__':
  tf.test.main()
