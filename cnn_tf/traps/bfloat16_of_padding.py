"""bfloat16 `conv2d`, SAME, 1x2, stride 2, on maps one wide: wrong gradients.

The second weight of each filter lies on the padding at every position, so its
gradient is 0. With oneDNN and AVX-512, the kernel gradient in bfloat16 reads
memory that was never written if the map is narrower than the stride: now and
then it is a large number. In float32 it is always 0.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'network/ops.py: conv2d uses stride 1 and takes one column'


def attempt():
  """How many of 300 gradients are not 0."""
  maps = tf.ones([3, 3, 1, 16], tf.bfloat16)
  kernel = tf.Variable(tf.ones([1, 2, 16, 16], tf.bfloat16))
  num_wrong = 0
  for count in range(300):
    with tf.GradientTape() as tape:
      output = tf.nn.conv2d(maps, kernel, 2, 'SAME')
    gradient = tape.gradient(output, kernel)
    num_wrong += np.any(gradient[:, 1] != 0)
    tf.fill([1000 + count], 1e30)  # leaves numbers in the memory it frees
  return num_wrong


def truth():
  """On paper."""
  return 0
