"""-log(softmax) of class 0 for the logits 0 and 1000, then its gradient.

On paper the loss is log(exp(0) + exp(1000)) - 0 = 1000. In float32, the softmax
of class 0 is rounded to 0, so the loss is infinite and its gradient is NaN. The
fused op, `tf.nn.sparse_softmax_cross_entropy_with_logits`, is right: it never
takes the logarithm of a rounded softmax.
"""

import numpy as np
import tensorflow as tf

AVOIDED = 'learning/losses.py calls the fused op'


def attempt():
  """The loss, and its gradient with respect to the two logits."""
  logits = tf.constant([0.0, 1000.0])
  with tf.GradientTape() as tape:
    tape.watch(logits)
    loss = -tf.math.log(tf.nn.softmax(logits)[0])
  return [loss, *tape.gradient(loss, logits)]


def truth():
  """On paper; the gradient is softmax minus one-hot."""
  return [np.logaddexp(0, 1000), 0 - 1, 1 - 0]
