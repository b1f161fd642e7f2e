"""Max pooling and its gradient with `jit_compile=True`: how many times as fast?

On a CPU, XLA has its own max pooling and convolutions. They are slower than
those of oneDNN, pooling most of all, and with it the training of a network that
has both. Keras compiles by XLA on request; on a CPU, 'auto' means no.
"""

import statistics
import time

import tensorflow as tf

AVOIDED = 'run/trainer.py does not compile by XLA'


def attempt():
  """The seconds without XLA, divided by those with it; at most 1."""
  plain, compiled = map(_seconds, (False, True))
  return round(min(1.0, plain / compiled), 1)


def truth():
  """At least as fast."""
  return 1.0


def _seconds(jit_compile):
  """The median of some calls, without the first, which compiles."""
  maps = tf.random.stateless_normal([128, 26, 26, 32], [0, 1])

  @tf.function(jit_compile=jit_compile)
  def gradient(maps):
    with tf.GradientTape() as tape:
      tape.watch(maps)
      pooled = tf.nn.max_pool2d(maps, 2, 2, 'VALID')
    return tape.gradient(pooled, maps)

  gradient(maps)
  seconds = []
  for _ in range(9):
    started = time.perf_counter()
    gradient(maps).numpy()
    seconds.append(time.perf_counter() - started)
  return statistics.median(seconds)
