"""Tests of op_errors.py."""

import tensorflow as tf

from cnn_tf.studies.measure import op_errors
from cnn_tf.studies.measure import op_times
from cnn_tf.studies.measure import rounding
from tests import small_run


class OpErrorsTest(tf.test.TestCase):
  def test_all_numbers_are_those_of_the_first_half_of_the_batch(self):
    run = small_run.untrained(count=16)
    pixels = tf.cast(run.data.test.images[..., None], tf.float32) / 255
    labels = run.data.test.labels
    precisions = 'float32', 'bfloat16'
    found = op_errors.measure(run.network, pixels, labels, precisions, 1)
    half = pixels[:8], labels[:8]
    op = rounding.operands(run.network, *half)['conv2']
    alone = rounding.errors_alone(op, 'bfloat16')
    together = rounding.errors_together(run.network, *half, 'bfloat16')
    self.assertAllClose(
      found.errors['bfloat16', 'output alone']['conv2'], alone['output']
    )
    self.assertEqual(found.errors['bfloat16', 'gradient'], together['gradient'])
    self.assertEqual(
      found.between_batches,
      rounding.between_batches(run.network, pixels, labels),
    )
    names = ['conv1', 'pool1', 'conv2', 'dense1', 'logits']
    for kind in op_times.FORWARD, op_times.BOTH:
      for precision in precisions:
        self.assertEqual(list(found.times[kind, precision]), names)


if __name__ == '__main__':
  tf.test.main()
