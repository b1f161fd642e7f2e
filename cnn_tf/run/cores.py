"""The cores of this machine, and TensorFlow's devices on them."""

import os

import tensorflow as tf

from cnn_tf import errors


def num_cores() -> int:
  """The cores that this process may use."""
  if hasattr(os, 'sched_getaffinity'):  # Linux
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1


def split(count: int) -> list[str]:
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
  except RuntimeError as error:
    if len(tf.config.list_logical_devices('CPU')) < count:
      raise errors.UserError(f'--replicas={count}: {error}') from None
  return [f'CPU:{index}' for index in range(count)]
