"""16,777,216 + 1 in float32.

float32 has 24 binary digits, so above 2 ** 24 it has no odd numbers, and a
counter stops there. In a sum of many losses, the digits of each new term are
lost long before that.
"""

import tensorflow as tf

AVOIDED = 'run/evaluation.py adds batches up in float64'


def attempt():
  """The sum."""
  return int(tf.constant(2.0**24) + 1.0)


def truth():
  """On paper."""
  return 2**24 + 1
