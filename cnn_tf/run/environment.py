"""What decides the last bits of a result, besides the flags.

On a CPU, two runs with the same flags give the same bits if all of this is
equal, too. A different number of threads, for example, adds the same numbers in
a different order.
"""

import hashlib
import os
import pathlib
import platform
import re

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.run import replicas
from cnn_tf.run import storage

_CPUINFO = pathlib.Path('/proc/cpuinfo')
_PACKAGE = pathlib.Path(__file__).parent.parent


# Of the processor and of variables: what libraries choose their code by.
_INSTRUCTIONS = r'(amx|avx|fma|f16c|sse|asimd|sve|bf16|i8mm)\w*'
_VARIABLES = (
  r'(TF|XLA|ONEDNN|DNNL|MKL|CUDNN|CUBLAS)_\w+|OMP_NUM_THREADS|NVIDIA_TF32_\w+'
)
# The last of these is recorded as `onednn`.
_IDLE = r'TF_CONFIG|TF_(CPP|CLI)_\w+|TF_ENABLE_ONEDNN_OPTS'


def describe(
  num_replicas: int, data: datasets.Dataset | None = None
) -> dict[str, str | int]:
  """Versions, code, processor, threads, variables and, if given, examples.

  0 threads per op means all cores. Variables of the shell are in upper case.
  """
  flags = (_cpuinfo('flags') or _cpuinfo('Features')).split()
  optimizer = tf.config.optimizer
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
    'instructions': ' '.join(
      sorted({x for x in flags if re.fullmatch(_INSTRUCTIONS, x)})
    ),
    'xla': optimizer.get_jit(),
    'graph_options': str(sorted(optimizer.get_experimental_options().items())),
    **dict(sorted(_variables())),
    **(hashes_of_examples(data) if data else {}),
  }


def hashes_of_examples(data: datasets.Dataset) -> dict[str, str]:
  """The SHA-256 of the training examples, and of the test ones if there."""
  training, test = storage.EXAMPLES
  hashes = {training: _sha256([*data.train, *data.validation])}
  if len(data.test.labels):
    hashes[test] = _sha256(data.test)
  return hashes


def bfloat16_unit() -> str:
  """What multiplies in bfloat16 on this machine: a GPU, `amx_bf16`, ..., or ''.

  Without it, bfloat16 is slower than float32.
  """
  for gpu in tf.config.list_physical_devices('GPU'):
    details = tf.config.experimental.get_device_details(gpu)
    if details.get('compute_capability', (0, 0)) >= (8, 0):
      return details.get('device_name', 'GPU')
  found = set(_cpuinfo('flags').split())
  return next((x for x in ('amx_bf16', 'avx512_bf16') if x in found), '')


def best_precision() -> str:
  """What `--precision=auto` is here; several machines may differ: float32."""
  has_unit = bfloat16_unit() and not replicas.has_cluster()
  return 'bfloat16' if has_unit else 'float32'


def describe_precision(precision: str) -> str:
  """The precision of a run, and what this machine has for it, in one line."""
  unit = bfloat16_unit()
  if precision == 'bfloat16':
    reason = f'this machine has {unit}' if unit else 'float32 is faster here'
  else:
    reason = 'bfloat16 is faster here' if unit else 'no bfloat16 unit here'
  return f'Precision: {precision} ({reason})'


def hash_of_sources(folder: pathlib.Path) -> str:
  """A SHA-256 of the names and contents of all Python files in a folder."""
  digest = hashlib.sha256()
  for name in sorted(p.relative_to(folder) for p in folder.rglob('*.py')):
    content = (folder / name).read_bytes()
    digest.update(f'{name.as_posix()} {len(content)} '.encode() + content)
  return digest.hexdigest()


def _variables():
  return [
    (name, value)
    for name, value in os.environ.items()
    if re.fullmatch(_VARIABLES, name) and not re.fullmatch(_IDLE, name)
  ]


def _sha256(arrays):
  digest = hashlib.sha256()
  for array in arrays:
    digest.update(f'{array.shape} {array.dtype} '.encode())
    digest.update(np.ascontiguousarray(array))
  return digest.hexdigest()


def _cpuinfo(name):
  """What Linux says about the first core; '' on another system."""
  if _CPUINFO.exists():
    for line in _CPUINFO.read_text().splitlines():
      if line.startswith(name):
        return line.partition(':')[2].strip()
  return ''
