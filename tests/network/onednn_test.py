"""What oneDNN gets wrong: mended, or as this file says that it is."""

import os
import subprocess
import sys

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.network import ops
from cnn_tf.network import reference
from tests import rounded
from tests.network import op_runs

# A process of its own, since it would end the one that runs it.
_STRIDED_1X1 = """
import numpy as np
import tensorflow as tf
from cnn_tf.network import ops
from cnn_tf.network import reference

draw = np.random.default_rng(0)

@tf.function
def step(inputs, kernel, upstream, *settings):
  output = ops.conv2d(inputs, kernel, *settings)
  return tf.gradients(output, [inputs, kernel], upstream)

for num_inputs, num_outputs, batch in ((1, 2, 5), (4, 2, 5), (1, 1, 1)):
  for stride in ((2, 2), (1, 2), (3, 1)):
    inputs = draw.normal(size=(batch, 28, 28, num_inputs)).astype(np.float32)
    kernel = draw.normal(size=(1, 1, num_inputs, num_outputs))
    settings = stride, 'valid'
    output = reference.conv2d(inputs, kernel, *settings)
    upstream = draw.normal(size=output.shape).astype(np.float32)
    expected = reference.conv2d_gradients(inputs, kernel, *settings, upstream)
    for _ in range(10):
      actual = step(
        tf.constant(inputs),
        tf.constant(kernel, tf.float32),
        tf.constant(upstream),
        *settings,
      )
      for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, 1e-4, 1e-4)
print('no crash')
"""


class Strided1x1Test(tf.test.TestCase):
  def test_its_gradients_neither_crash_nor_differ(self):
    done = subprocess.run(
      [sys.executable, '-c', _STRIDED_1X1],
      env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
      capture_output=True,
      text=True,
    )
    self.assertEqual((done.returncode, done.stdout), (0, 'no crash\n'))


class OneColumnTest(tf.test.TestCase, parameterized.TestCase):
  """Outputs one column wide, for which oneDNN reads memory that is not set."""

  @parameterized.product(
    window_and_width=[(2, 4), (3, 3), (4, 5), (1, 2), (4, 1), (2, 1)],
    stride=[(1, 5), (2, 7)],
    padding=['valid', 'same'],
    num_maps=[1, 3],
    dtype=['float32', 'bfloat16'],
  )
  def test_output_and_gradients_are_those_of_loops(
    self, window_and_width, stride, padding, num_maps, dtype
  ):
    window, width = window_and_width
    if padding == 'valid' and window > width:
      return
    maps = rounded.to_bfloat16(op_runs.normal(5, 6, width, num_maps))
    kernel = rounded.to_bfloat16(op_runs.normal(2, window, num_maps, 3))
    settings = stride, padding
    expected = reference.conv2d(maps, kernel, *settings)
    upstream = rounded.to_bfloat16(op_runs.normal(*expected.shape))
    gradients = reference.conv2d_gradients(maps, kernel, *settings, upstream)
    # Without oneDNN, TensorFlow adds up in bfloat16.
    tolerance = {'float32': 1e-4, 'bfloat16': 0.2}[dtype]
    for _ in range(5):
      output, actual = op_runs.run(
        ops.conv2d, [maps, kernel], upstream, *settings, dtype=dtype
      )
      for a, e in zip([output, *actual], [expected, *gradients], strict=True):
        self.assertAllClose(tf.cast(a, 'float32'), e, tolerance, tolerance)


class LargeWindowTest(tf.test.TestCase):
  def test_the_gradient_of_same_average_pooling_without_onednn_is_wrong(self):
    maps = tf.ones([1, 1, 4, 1], tf.float64)  # oneDNN has no float64
    with tf.GradientTape() as tape:
      tape.watch(maps)
      first = ops.avg_pool2d(maps, (1, 5), (1, 1), 'same')[:, :, 0]
    # Two columns of the first window are padding; it does not reach the fourth.
    right, gradient = [1 / 3, 1 / 3, 1 / 3, 0], tape.gradient(first, maps)
    self.assertNotAllClose(gradient[0, 0, :, 0], right)
    self.assertAllClose(gradient[0, 0, :, 0], [1 / 4] * 4)


class NoImagesTest(tf.test.TestCase):
  def test_a_batch_of_none_comes_out_of_conv2d_as_large_as_it_went_in(self):
    if os.environ.get('TF_ENABLE_ONEDNN_OPTS') == '0':
      self.skipTest('only oneDNN gets it wrong')
    no_images, kernel = tf.zeros([0, 5, 6, 1]), tf.ones([3, 3, 1, 8])
    maps = ops.conv2d(no_images, kernel, (1, 1), 'valid')
    if maps.shape == (0, 3, 4, 8):
      self.skipTest('right on this processor')
    self.assertEqual(maps.shape, (0, 5, 6, 1))
    with self.assertRaises(tf.errors.InvalidArgumentError):
      ops.add_bias(maps, tf.zeros(8))


if __name__ == '__main__':
  tf.test.main()
