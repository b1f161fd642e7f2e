"""A `tf.function` called with the rates 0.1, 0.01 and 0.001: how many graphs?

A `tf.function` keeps a graph for each kind of argument. Tensors of the same
type and shape share one; every value of a Python number gets its own. If the
learning rate is such an argument and changes at every step, the training step
is traced again at every step, and all the graphs stay in memory.
"""

import tensorflow as tf

AVOIDED = 'run/trainer.py computes the rate in the graph, from the step'


def attempt():
  """The number of graphs."""
  graphs = []

  @tf.function(autograph=False)
  def update(rate):
    graphs.append('one more')  # Python code, which runs only during tracing
    return 1.0 - rate

  for rate in (0.1, 0.01, 0.001):
    update(rate)
  return len(graphs)


def truth():
  """One graph, as with `tf.constant(rate)`."""
  return 1
