"""Every op with every small window, stride and padding, against `reference`.

The values are those of the op's type, rounded before `reference` sees them in
float64. So both compare the same values, and find the same maxima.
"""

import functools
import itertools
import zlib
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.network import ops
from cnn_tf.network import reference
from cnn_tf.network import windows
from cnn_tf.run import replicas
from tests.search import compare

OPS = ('conv2d', 'max_pool2d', 'avg_pool2d')
_NUM_FILTERS = 2
_NAMES = ('output', 'gradient by the inputs', 'gradient by the kernel')
# Relative to the largest value; the sums have at most 2,000 terms. With oneDNN,
# bfloat16 has errors of up to 0.8 %, by rounding the results. Without it,
# TensorFlow also adds up in bfloat16: 4 % in the gradient by a kernel.
_TOLERANCES = {'float32': 1e-5, 'bfloat16': 0.1}


class Case(NamedTuple):
  """One op with its settings."""

  op: str  # its name in `ops` and in `reference`
  window: tuple[int, int]
  stride: tuple[int, int]
  padding: str
  size: tuple[int, int]
  num_maps: int
  batch_size: int  # of each replica
  num_replicas: int
  dtype: str


def every_case(num_replicas: int) -> list[Case]:
  """All cases in which the window fits on the maps."""
  pairs = functools.partial(itertools.product, repeat=2)
  cases = itertools.starmap(
    Case,
    itertools.product(
      OPS,
      pairs(range(1, 5)),
      pairs(range(1, 4)),
      windows.PADDINGS,
      [(3, 4), (9, 8), (4, 1)],
      [1, 3],
      [1, 5],
      [num_replicas],
      _TOLERANCES,
    ),
  )
  return [case for case in cases if _fits(case)]


def check(case: Case, repeats: int = 3) -> str:
  """What is wrong with the output or the gradients; '' if nothing is.

  Args:
    case: what to compute.
    repeats: how often; a fault that depends on memory is not always visible.
  """
  strategy = _strategy(case.num_replicas)
  shards = [_values(case, index) for index in range(case.num_replicas)]
  expected = [_reference(case, *shard) for shard in shards]
  run = functools.partial(_on_replicas, strategy, case)
  ways = {'eagerly': run, 'in a graph': tf.function(run, autograph=False)}
  for way, function in ways.items():
    for _ in range(repeats):
      actual = function(*_distribute(strategy, case, shards))
      for by_op, by_loops in zip(actual, expected, strict=True):
        names = _NAMES[: len(by_loops)]
        for name, a, e in zip(names, by_op, by_loops, strict=True):
          error = compare.relative_error([a], [e])
          if error > _TOLERANCES[case.dtype]:
            return f'{name}, {way}: a relative error of {error:.1e}'
  return ''


def _fits(case):
  axes = zip(case.window, case.size, strict=True)
  return case.padding == 'same' or all(window <= size for window, size in axes)


def _values(case, index):
  """The inputs of the op, and an upstream gradient."""
  draw = np.random.default_rng(zlib.crc32(f'{case} {index}'.encode()))

  def normal(*shape):
    values = tf.cast(draw.normal(size=shape), case.dtype)
    return values.numpy().astype(np.float64)

  inputs = [normal(case.batch_size, *case.size, case.num_maps)]
  if case.op == 'conv2d':
    inputs.append(normal(*case.window, case.num_maps, _NUM_FILTERS))
  return inputs, normal(*_apply(reference, case, inputs).shape)


def _apply(module, case, inputs):
  op = getattr(module, case.op)
  window = [] if case.op == 'conv2d' else [case.window]
  return op(*inputs, *window, case.stride, case.padding)


def _reference(case, inputs, upstream):
  """The output, and the gradient by each of the inputs."""
  output = _apply(reference, case, inputs)
  settings = case.stride, case.padding, upstream
  if case.op == 'conv2d':
    return output, *reference.conv2d_gradients(*inputs, *settings)
  gradient = getattr(reference, f'{case.op}_gradient')
  return output, gradient(*inputs, case.window, *settings)


@functools.cache
def _strategy(num_replicas):
  batch_size = num_replicas * replicas.MIN_SHARD_SIZE
  return replicas.make_strategy(str(num_replicas), batch_size)


def _distribute(strategy, case, shards):
  """The values of all shards as tensors, each on the device of its replica."""

  def copy(context):
    inputs, upstream = shards[context.replica_id_in_sync_group]
    return [tf.constant(values, case.dtype) for values in (*inputs, upstream)]

  if len(shards) == 1:
    return copy(tf.distribute.get_replica_context())
  return strategy.experimental_distribute_values_from_function(copy)


def _on_replicas(strategy, case, *values):
  """Output and gradients, for each replica."""
  results = strategy.run(functools.partial(_by_op, case), values)
  by_output = map(strategy.experimental_local_results, results)
  return list(zip(*by_output, strict=True))


def _by_op(case, *values):
  """The output, and the gradient by each of the inputs, by the op."""
  *inputs, upstream = values
  with tf.GradientTape() as tape:
    tape.watch(inputs)
    output = _apply(ops, case, inputs)
  return output, *tape.gradient(output, inputs, upstream)
