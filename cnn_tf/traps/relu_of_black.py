"""The gradient of relu(`conv2d`) at a black image; the kernel is 1, 2, 3.

The pre-activation of a black image is the bias, and initial biases are 0.
TensorFlow takes the derivative of relu at 0 to be 0. So every pixel has the
gradient 0, and gradient ascent that starts at a black image never moves. The
gradient of the pre-activation is the kernel.
"""

import numpy as np
import tensorflow as tf

from cnn_tf.network import reference

AVOIDED = 'measure/ascent.py climbs the pre-activation'


def attempt():
  """The gradient with respect to the three pixels."""
  black = tf.zeros([1, 1, 3, 1])
  kernel = tf.reshape([1.0, 2.0, 3.0], [1, 3, 1, 1])
  with tf.GradientTape() as tape:
    tape.watch(black)
    excitation = tf.nn.relu(tf.nn.conv2d(black, kernel, 1, 'VALID'))
  return tape.gradient(excitation, black)[0, 0, :, 0]


def truth():
  """The gradient before relu, by the loops of reference.py."""
  black, upstream = np.zeros([1, 1, 3, 1]), np.ones([1, 1, 1, 1])
  kernel = np.reshape([1, 2, 3], [1, 3, 1, 1])
  settings = (1, 1), 'valid', upstream
  return reference.conv2d_gradients(black, kernel, *settings)[0][0, 0, :, 0]
