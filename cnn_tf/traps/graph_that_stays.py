"""Three graphs with a custom gradient, all deleted: how many are in memory?

In a graph, the function of a custom gradient is registered under a new name, in
a list that only grows. It holds the graph, and the graph holds the tensors that
it has captured: the training set, say. `ReplicaContext.all_reduce` has such a
gradient. A program that trains many networks fills the memory with it.
"""

import gc
import weakref

import tensorflow as tf

AVOIDED = 'run/replicas.py: all_reduce_sum calls merge_call itself'


def attempt():
  """The number of graphs in memory."""

  @tf.custom_gradient
  def double(x):
    return 2 * x, lambda slope: 2 * slope

  return _num_alive(double)


def truth():
  """None, as without a custom gradient."""
  return _num_alive(lambda x: 2 * x)


def _num_alive(function):
  graphs = []
  for _ in range(3):
    traced = tf.function(function, autograph=False)
    spec = tf.TensorSpec([], tf.float32)
    graphs.append(weakref.ref(traced.get_concrete_function(spec).graph))
    del traced
  gc.collect()
  return sum(graph() is not None for graph in graphs)
