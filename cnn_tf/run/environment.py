"""What else, besides the flags, decides the last bits of a result.

On a CPU, two runs with the same flags give the same bits if all of this is
equal too. A different number of threads, for example, adds the same numbers in
a different order.
"""

import os
import pathlib
import platform

import numpy as np
import tensorflow as tf

from cnn_tf.run import cores


def describe(num_replicas: int) -> dict[str, str | int]:
  """Versions, processor and threads; 0 threads per op means all cores."""
  return {
    'python': platform.python_version(),
    'tensorflow': tf.__version__,
    'numpy': np.__version__,
    'cpu': _cpu_name(),
    'cores': cores.num_cores(),
    'replicas': num_replicas,
    'threads_per_op': tf.config.threading.get_intra_op_parallelism_threads(),
    'onednn': os.environ.get('TF_ENABLE_ONEDNN_OPTS', 'default'),
  }


def _cpu_name():
  cpuinfo = pathlib.Path('/proc/cpuinfo')
  if cpuinfo.exists():
    for line in cpuinfo.read_text().splitlines():
      if line.startswith('model name'):
        return line.partition(':')[2].strip()
  return platform.processor() or platform.machine()
