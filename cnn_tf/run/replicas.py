"""Data parallelism: cores, GPUs or machines -> a `tf.distribute` strategy.

A small convolution does not split well over threads, but a batch does. Every
replica has a copy of each variable and processes its shard of each batch. The
gradients are averaged over all replicas (all-reduce), and every replica applies
the same update, so the copies stay equal. With one replica, sharding and
all-reduce do nothing.

Several machines are described by the environment variable TF_CONFIG:

  TF_CONFIG='{"cluster": {"worker": ["host:port", "host:port"]},
              "task": {"type": "worker", "index": 0}}'

Each machine gets the same cluster and a task of its own. The chief, the task
`chief` or else the first worker, writes the folder of the run.
"""

import contextlib
import functools
import itertools
import json
import os
import re
import signal
import sys
import zlib
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from cnn_tf import errors

# 'auto' makes no replica with a smaller shard of the batch.
MIN_SHARD_SIZE = 32
# More replicas than cores only show that the result does not depend on them.
MAX_PER_CORE = 4
_TF_CONFIG = (
  '{"cluster": {"worker": ["host:port", "host:port"]}, '
  '"task": {"type": "worker", "index": 0}}'
)


def make_strategy(replicas: str, batch_size: int) -> tf.distribute.Strategy:
  """The strategy for the requested number of replicas.

  Call it before TensorFlow runs its first op: devices cannot change afterwards.

  Args:
    replicas: a number, or 'auto': one per GPU or, without a GPU, one per core,
      as long as they can share a batch equally and each has `MIN_SHARD_SIZE`
      examples of it. With TF_CONFIG in the environment: one per machine, or one
      per GPU of the machines.
    batch_size: examples per step, over all replicas.

  Raises:
    UserError: there are too few devices, or a batch cannot be shared equally,
      or TF_CONFIG is invalid.
  """
  is_number = replicas.isdecimal() and 1 <= int(replicas) <= batch_size
  if replicas != 'auto' and not is_number:
    raise errors.UserError(
      f'--replicas={replicas} must be auto or a number from 1 to {batch_size}'
    )
  if has_cluster():
    return _connect(batch_size)
  num_gpus = len(tf.config.list_physical_devices('GPU'))
  if replicas == 'auto':
    count = largest_count(num_gpus or num_cores(), batch_size)
  else:
    count = int(replicas)
    _check_shards(f'--replicas={count}', count, batch_size)
  most = num_gpus or MAX_PER_CORE * num_cores()
  if count > most:
    raise errors.UserError(
      f'--replicas={count}: at most {most} for {num_gpus} GPUs and '
      f'{num_cores()} cores'
    )
  if count == 1:
    return tf.distribute.get_strategy()  # the default, without replication
  if num_gpus:
    return tf.distribute.MirroredStrategy([f'GPU:{i}' for i in range(count)])
  return _on_cores(replicas, count)


def num_cores() -> int:
  """The cores that this process may use."""
  if hasattr(os, 'sched_getaffinity'):  # Linux
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1


def split_cpu(count: int) -> list[str]:
  """Splits the CPU into logical devices, which share the cores, once.

  Raises:
    UserError: TensorFlow has run an op already, with fewer devices.
  """
  cpu = tf.config.list_physical_devices('CPU')[0]
  try:
    tf.config.set_logical_device_configuration(
      cpu, [tf.config.LogicalDeviceConfiguration()] * count
    )
    threads_per_op = max(1, num_cores() // count)
    tf.config.threading.set_intra_op_parallelism_threads(threads_per_op)
  except RuntimeError:
    if len(tf.config.list_logical_devices('CPU')) < count:
      raise errors.UserError(
        'TensorFlow has run an op, and its devices cannot change after that'
      ) from None
  return [f'CPU:{index}' for index in range(count)]


def has_cluster() -> bool:
  """Whether there is a TF_CONFIG, even an invalid one; {} is none."""
  return os.environ.get('TF_CONFIG', '').strip() not in ('', '{}')


def num_machines() -> int:
  """The machines of a valid TF_CONFIG; 1 without it."""
  if not has_cluster():
    return 1
  return sum(map(len, json.loads(os.environ['TF_CONFIG'])['cluster'].values()))


def is_chief() -> bool:
  """Whether this process writes the folder of the run: the chief, or alone."""
  if not has_cluster():
    return True
  config = json.loads(os.environ['TF_CONFIG'])
  if 'chief' in config['cluster']:
    return config['task']['type'] == 'chief'
  return int(config['task']['index']) == 0


@contextlib.contextmanager
def scope(strategy: tf.distribute.Strategy) -> Iterator[None]:
  """Within this scope, each replica gets its own copy of a new variable.

  TensorFlow's mirrored variables must be assigned by all replicas in one op.
  These copies are assigned locally, and stay equal because every replica
  applies the same update.
  """

  def make_local(next_creator: Any, **kwargs: Any) -> tf.Variable:
    kwargs['trainable'] = kwargs.get('trainable') is not False
    kwargs['synchronization'] = tf.VariableSynchronization.ON_READ
    kwargs['aggregation'] = tf.VariableAggregation.ONLY_FIRST_REPLICA
    return next_creator(**kwargs)

  with strategy.scope():
    if strategy.num_replicas_in_sync == 1:
      yield
    else:
      with tf.variable_creator_scope(make_local):
        yield


def replicate(strategy: tf.distribute.Strategy, array: np.ndarray) -> Any:
  """A constant on the device of each replica, as an argument for `run`."""
  if strategy.num_replicas_in_sync == 1:
    return tf.constant(array)
  devices = strategy.extended.worker_devices  # of this machine

  def copy(context):
    with tf.device(devices[context.replica_id_in_sync_group % len(devices)]):
      return tf.constant(array)

  return strategy.experimental_distribute_values_from_function(copy)


def shard(batch_size: int) -> tf.Tensor:
  """The places in a batch of the examples that this replica processes.

  Returns:
    `[batch_size / replicas]` int32. All shards have the same size.
  """
  context = tf.distribute.get_replica_context()
  size = batch_size // context.num_replicas_in_sync
  index = tf.cast(context.replica_id_in_sync_group, tf.int32)
  return size * index + tf.range(size)


def part(count: int) -> tuple[tf.Tensor, tf.Tensor]:
  """Start and end of this replica's part of a list: `list[start:end]`.

  The parts follow one another. Their lengths differ by at most 1, and can be 0.

  Args:
    count: the length of the whole list.
  """
  context = tf.distribute.get_replica_context()
  size, num_longer = divmod(count, context.num_replicas_in_sync)
  index = tf.cast(context.replica_id_in_sync_group, tf.int32)
  start, end = (
    size * i + tf.minimum(i, num_longer) for i in (index, index + 1)
  )
  return start, end


def all_reduce_sum(tensors: Sequence[tf.Tensor]) -> list[tf.Tensor]:
  """The sum of each tensor over all replicas, in a single message."""
  context = tf.distribute.get_replica_context()
  if context.num_replicas_in_sync == 1:
    return list(tensors)
  flat = tf.concat([tf.reshape(tensor, [-1]) for tensor in tensors], axis=0)

  def add(strategy, values):
    return strategy.extended.reduce_to('SUM', values, destinations=values)

  # context.all_reduce has a gradient that keeps this graph, and all images.
  flat = context.merge_call(add, args=(flat,))
  sizes = [tensor.shape.num_elements() for tensor in tensors]
  return [
    tf.reshape(part, tensor.shape)
    for part, tensor in zip(tf.split(flat, sizes), tensors, strict=True)
  ]


def first_replica(strategy: tf.distribute.Strategy, values: Any) -> Any:
  """The values of the first replica; use it where all replicas agree."""
  return tf.nest.map_structure(
    lambda value: strategy.experimental_local_results(value)[0], values
  )


def check_agreement(
  strategy: tf.distribute.Strategy, texts: Sequence[str]
) -> None:
  """Checks that all machines have the same texts, such as flags.

  Raises:
    UserError: they do not; it names this machine's texts that differ.
  """
  if num_machines() == 1:
    return
  own = [zlib.crc32(text.encode()) for text in texts]

  @tf.function(autograph=False)
  def total():
    values = tf.constant(own, tf.int64)
    return strategy.run(lambda: all_reduce_sum([values]))

  (sums,) = first_replica(strategy, total())
  count = strategy.num_replicas_in_sync
  differing = [
    text
    for text, value, of_all in zip(texts, own, sums.numpy(), strict=True)
    if count * value != of_all
  ]
  if differing:
    raise errors.UserError(
      'TF_CONFIG: another machine has other flags, data or checkpoints than '
      f'this one: {", ".join(differing)}'
    )


@contextlib.contextmanager
def one_line_if_a_machine_ends() -> Iterator[None]:
  """Raises a `UserError` for what TensorFlow raises then."""
  try:
    yield
  except tf.errors.OpError as error:
    if num_machines() == 1:
      raise
    raise errors.UserError(
      'another machine has ended, or cannot be reached: start all of them '
      f'again, with the same --workdir, to resume ({type(error).__name__})'
    ) from None


def _on_cores(replicas, count):
  """The strategy for some replicas on the cores of this machine."""
  try:
    devices = split_cpu(count)
  except errors.UserError as error:
    if replicas != 'auto':
      raise errors.UserError(f'--replicas={count}: {error}') from None
    _say_once(f'1 replica instead of {count}: {error}')
    return tf.distribute.get_strategy()
  # The sum is computed once and copied, so all replicas get the same bits.
  return tf.distribute.MirroredStrategy(
    devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
  )


@functools.cache
def _say_once(line):
  """A notebook trains many times in a process."""
  print(line)


def largest_count(num_devices: int, batch_size: int) -> int:
  """How many replicas `auto` makes: each has an equal, large enough shard."""
  most = min(num_devices, batch_size // MIN_SHARD_SIZE)
  counts = (n for n in range(most, 1, -1) if batch_size % n == 0)
  return next(counts, 1)


def _check_shards(who, num_replicas, batch_size):
  if batch_size % num_replicas:
    raise errors.UserError(
      f'{who}: {num_replicas} replicas cannot share --batch_size={batch_size} '
      'equally'
    )


def _connect(batch_size):
  """The strategy for the machines of TF_CONFIG."""
  try:
    config = json.loads(os.environ['TF_CONFIG'])
    _check_cluster(config)
  except (LookupError, TypeError, ValueError) as error:
    raise errors.UserError(
      f'TF_CONFIG must be like {_TF_CONFIG}: {error!r}'
    ) from None
  try:
    with _waiting(config):
      strategy = tf.distribute.MultiWorkerMirroredStrategy()
  except (tf.errors.OpError, ValueError, RuntimeError) as error:
    reason = str(error).splitlines()[0]
    raise errors.UserError(f'TF_CONFIG: {reason}') from None
  _check_shards('TF_CONFIG', strategy.num_replicas_in_sync, batch_size)
  return strategy


@contextlib.contextmanager
def _waiting(config):
  """Tells which machines are awaited; Ctrl-C and SIGTERM end the process.

  Python's own handlers would run when TensorFlow returns, which is never if
  another machine does not start.
  """
  jobs = {job: list(tasks) for job, tasks in config['cluster'].items()}
  del jobs[config['task']['type']][int(str(config['task']['index']))]
  if others := list(itertools.chain(*jobs.values())):
    print(f'Waiting for {", ".join(others)}', file=sys.stderr)
  handlers = {
    number: signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGTERM)
    if signal.getsignal(number) is not signal.SIG_IGN
  }
  try:
    yield
  finally:
    for number, handler in handlers.items():
      signal.signal(number, handler)


def _check_cluster(config: Any):
  """Raises an error for what TensorFlow does not check, or waits for."""
  cluster = tf.train.ClusterSpec(config['cluster'])
  for address in itertools.chain(*map(cluster.job_tasks, cluster.jobs)):
    if not re.fullmatch(r'.+:[0-9]+', address):
      raise ValueError(f'{address!r} is not host:port')
  others = set(cluster.jobs) - {'chief', 'worker'}
  if others:
    raise ValueError(f'{sorted(others)} are neither chief nor worker')
  task = config['task']
  # The index may be a text; 0.5 is not an index.
  cluster.task_address(task['type'], int(str(task['index'])))
