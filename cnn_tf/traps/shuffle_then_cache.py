"""`shuffle(10).cache()`: how many different orders are there in 5 epochs?

`cache` keeps what it is given in the first epoch and repeats it in all others,
so the order is shuffled only once. `cache().shuffle(10)` shuffles in every
epoch. Nothing shows the mistake but a slightly worse result.
"""

import tensorflow as tf

from cnn_tf.data import datasets

AVOIDED = (
  'data/datasets.py: the order of an epoch is a function of (seed, epoch)'
)


def attempt():
  """The number of different orders."""
  images = tf.data.Dataset.range(10).shuffle(10, seed=0).cache()
  return len({tuple(images.as_numpy_iterator()) for _ in range(5)})


def truth():
  """As this project shuffles."""
  orders = (datasets.order(10, seed=0, epoch=epoch) for epoch in range(5))
  return len({tuple(order.numpy()) for order in orders})
