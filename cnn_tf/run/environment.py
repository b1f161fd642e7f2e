"""What decides the last bits of a result, besides the flags.

On a CPU, two runs with the same flags give the same bits if all of this is
equal, too. A different number of threads, for example, adds the same numbers in
a different order.
"""

import hashlib
import os
import pathlib
import platform

import numpy as np
import tensorflow as tf

from cnn_tf.run import replicas

_PACKAGE = pathlib.Path(__file__).parent.parent


def describe(num_replicas: int) -> dict[str, str | int]:
  """Versions, code, processor and threads; 0 threads per op means all cores."""
  return {
    'python': platform.python_version(),
    'tensorflow': tf.__version__,
    'numpy': np.__version__,
    'source_sha256': hash_of_sources(_PACKAGE),
    'cpu': _cpuinfo('model name') or platform.processor() or platform.machine(),
    'cores': replicas.num_cores(),
    'replicas': num_replicas,
    'threads_per_op': tf.config.threading.get_intra_op_parallelism_threads(),
    'onednn': os.environ.get('TF_ENABLE_ONEDNN_OPTS', 'default'),
  }


def has_bfloat16() -> bool:
  """Whether a processor of this machine has instructions for bfloat16."""
  for gpu in tf.config.list_physical_devices('GPU'):
    details = tf.config.experimental.get_device_details(gpu)
    if details.get('compute_capability', (0, 0)) >= (8, 0):
      return True
  return not {'amx_bf16', 'avx512_bf16'}.isdisjoint(_cpuinfo('flags').split())


def hash_of_sources(folder: pathlib.Path) -> str:
  """A SHA-256 of the names and contents of all Python files in a folder."""
  digest = hashlib.sha256()
  for name in sorted(p.relative_to(folder) for p in folder.rglob('*.py')):
    content = (folder / name).read_bytes()
    digest.update(f'{name.as_posix()} {len(content)} '.encode() + content)
  return digest.hexdigest()


def _cpuinfo(name):
  """What Linux says about the first core; '' on another system."""
  cpuinfo = pathlib.Path('/proc/cpuinfo')
  if cpuinfo.exists():
    for line in cpuinfo.read_text().splitlines():
      if line.startswith(name):
        return line.partition(':')[2].strip()
  return ''
