"""The kernel gradient of a 1x1 `conv2d` with stride 2, 30 times: its values.

All inputs are 1, so each value is the number of positions, 14 * 14 in each of 5
images. The forward pass is right. The backward pass of oneDNN is wrong for
small batches and few maps. With AVX-512 it writes beyond its memory, which ends
Python by one signal or another, or gives wrong values. With AVX2
(`ONEDNN_MAX_CPU_ISA=AVX2`) some values are silently wrong, such as 533. With
`TF_ENABLE_ONEDNN_OPTS=0` all are 980.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'network/ops.py: conv2d picks the inputs first, then has stride 1'


def attempt():
  """The different values of all gradients."""
  gradients = []
  for num_inputs in (1, 4):
    images = tf.ones([5, 28, 28, num_inputs])
    kernel = tf.Variable(tf.ones([1, 1, num_inputs, 2]))
    for _ in range(30):
      with tf.GradientTape() as tape:
        maps = tf.nn.conv2d(images, kernel, 2, 'VALID')
      gradients.extend(tf.reshape(tape.gradient(maps, kernel), [-1]))
  return np.unique(gradients)


def truth():
  """On paper."""
  return [5 * 14 * 14]
