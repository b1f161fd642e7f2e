"""`conv2d` of 4 input channels with a kernel for 2 of them: its values.

All values are 1, so a 1x1 filter over 4 channels gives 4. A kernel for too few
channels should be an error. TensorFlow reads it as a grouped convolution: if 4
is a multiple of 2, each half of the filters sees another half of the channels.
A network with such a kernel trains, and its accuracy need not reveal it.
"""

import tensorflow as tf

AVOIDED = 'network/specs.py: kernel_shape takes the channels of the input'


def attempt():
  """The values of two feature maps at one position."""
  inputs, kernel = tf.ones([1, 1, 1, 4]), tf.ones([1, 1, 2, 2])
  return tf.nn.conv2d(inputs, kernel, 1, 'VALID')[0, 0, 0]


def truth():
  """An error."""
  raise ValueError('the input has 4 channels, the kernel is for 2')
