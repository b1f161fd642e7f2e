"""`conv2d`, SAME, stride 2, of the row 1 to 6 with the kernel 1, 1, 1.

SAME adds only as many zeros as it needs for `ceil(6 / 2)` positions. Here that
is one, and an odd zero goes to the end: the windows are 1 2 3, 3 4 5 and 5 6 0.
A padding of one zero on each side, as `padding=1` in PyTorch, gives the windows
0 1 2, 2 3 4 and 4 5 6. A kernel that was trained with one padding gives wrong
results with the other.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'network/windows.py computes which indices every window covers'


def attempt():
  """The sums of the three windows."""
  row = tf.reshape([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1, 1, 6, 1])
  ones = tf.ones([1, 3, 1, 1])
  return tf.nn.conv2d(row, ones, 2, 'SAME')[0, 0, :, 0]


def truth():
  """The same with one zero on each side."""
  return np.convolve([0, 1, 2, 3, 4, 5, 6, 0], [1, 1, 1], 'valid')[::2]
