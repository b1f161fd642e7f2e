"""A kernel gradient on 1 and on 2 threads: how many of 1,152 values differ?

A kernel gradient is a sum over all positions in all images. Each thread sums up
its part, and the parts are added. A floating-point sum is rounded at every
step, so its last bits depend on the order. Two trainings give the same bits
only with the same number of threads.
"""

import multiprocessing

import numpy as np
import tensorflow as tf

AVOIDED = 'run/environment.py records the threads with every run'


def attempt():
  """The number of differing values; each gradient in a new process."""
  one, two = (_gradient_on(num_threads) for num_threads in (1, 2))
  return np.count_nonzero(one != two)


def truth():
  """The same sum."""
  return 0


def _gradient_on(num_threads):
  set_threads = tf.config.threading.set_intra_op_parallelism_threads
  fork = multiprocessing.get_context('fork')
  with fork.Pool(1, set_threads, [num_threads]) as process:
    return process.apply(_gradient)


def _gradient():
  images = tf.random.stateless_normal([32, 28, 28, 8], [0, 1])
  kernel = tf.Variable(tf.random.stateless_normal([3, 3, 8, 16], [0, 2]))
  with tf.GradientTape() as tape:
    maps = tf.nn.conv2d(images, kernel, 1, 'VALID')
  return tape.gradient(maps, kernel).numpy()
