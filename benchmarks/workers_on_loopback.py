"""What a step costs with 1, 2 and 4 workers that talk over loopback.

python -m benchmarks.workers_on_loopback

Each worker is a process with one core; more workers than cores share them. The
bytes are those that the network device `lo` counts, of all programs.
"""

import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
from typing import NamedTuple

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.data import idx_writer

ROOT = pathlib.Path(__file__).parents[1]
COUNTS = (1, 2, 4)
_NUM_ROUNDS = 3
_BATCH_SIZE, _STEPS_PER_EPOCH, _NUM_EPOCHS = 128, 100, 3
_FLAGS = (
  '--layers=conv 32 3x3, maxpool 2x2, conv 64 3x3, maxpool 2x2, conv 64 3x3, '
  'dense 100',
  '--optimizer=momentum',
  '--precision=float32',
  '--num_validation=0',
  f'--batch_size={_BATCH_SIZE}',
  f'--num_epochs={_NUM_EPOCHS}',
  '--replicas=1',
  '--nofigures',
  '--nopage',
)


class Measured(NamedTuple):
  """A run with some workers."""

  images_per_second: float  # in the last epoch
  bytes_per_step: float  # over loopback, of all workers


def measure(count: int, data_dir: str) -> Measured:
  """Trains the reference network with `count` workers.

  Raises:
    UserError: a worker failed; with the end of what it said.
  """
  before = loopback_bytes(pathlib.Path('/proc/net/dev').read_text())
  with tempfile.TemporaryDirectory() as folder:
    workdir = [f'--data_dir={data_dir}', f'--workdir={folder}/run']
    addresses = _addresses(count)
    workers = [_start(addresses, index, workdir) for index in range(count)]
    ended = [(worker, *worker.communicate()) for worker in workers]
  for worker, _, said in ended:
    if worker.returncode:
      raise errors.UserError(said[-1000:])
  after = loopback_bytes(pathlib.Path('/proc/net/dev').read_text())
  num_steps = _NUM_EPOCHS * _STEPS_PER_EPOCH
  return Measured(speed(ended[0][1]), (after - before) / num_steps)


def speed(printed: str) -> float:
  """The images per second of the last epoch, as `run_train.py` prints it."""
  rows = re.findall(r'^ *(\d+)/\1 .* ([\d,]+) +\d+:\d\d$', printed, re.M)
  [(_, images_per_second)] = rows
  return float(images_per_second.replace(',', ''))


def loopback_bytes(devices: str) -> int:
  """The bytes sent over loopback so far, from the text of /proc/net/dev."""
  [counters] = re.findall(r'^ *lo:(.*)$', devices, re.MULTILINE)
  return int(counters.split()[8])  # eight counters of what it received


def table(measured: dict[int, list[Measured]]) -> str:
  """One line per number of workers, with medians over rounds."""
  lines = ['workers  images/s  of one worker  ms per step  MB per step']
  for count, rounds in measured.items():
    rate = statistics.median(x.images_per_second for x in rounds)
    share = statistics.median(
      x.images_per_second / one.images_per_second
      for x, one in zip(rounds, measured[1], strict=True)
    )
    megabytes = statistics.median(x.bytes_per_step for x in rounds) / 1e6
    lines.append(
      f'{count:7}  {rate:8,.0f}  {share:13.2f}  '
      f'{1000 * _BATCH_SIZE / rate:11.1f}  {megabytes:11.2f}'
    )
  return '\n'.join(lines)


def main() -> None:
  """Measures in turns, and prints the table."""
  measured = {count: [] for count in COUNTS}
  with tempfile.TemporaryDirectory() as data_dir:
    _write(pathlib.Path(data_dir))
    for number in range(1, _NUM_ROUNDS + 1):
      for count, rounds in measured.items():
        rounds.append(measure(count, data_dir))
        print(f'round {number}, {count} workers: {rounds[-1]}', file=sys.stderr)
  print(table(measured))


def _start(addresses, index, workdir):
  variables = {}
  if len(addresses) > 1:
    task = {'type': 'worker', 'index': index}
    config = {'cluster': {'worker': addresses}, 'task': task}
    variables = {'TF_CONFIG': json.dumps(config)}
  cores = sorted(os.sched_getaffinity(0))
  core = str(cores[index % len(cores)])
  return subprocess.Popen(
    ['taskset', '-c', core, sys.executable, 'run_train.py', *_FLAGS, *workdir],
    cwd=ROOT,
    env=os.environ | variables,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


def _addresses(count):
  """Free ports of this machine."""
  with contextlib.ExitStack() as stack:
    servers = [
      stack.enter_context(socket.create_server(('127.0.0.1', 0)))
      for _ in range(count)
    ]
    return [f'127.0.0.1:{x.getsockname()[1]}' for x in servers]


def _write(folder):
  """A few images, so that most of the time is not that of reading."""
  whole = datasets.load('fashion', num_validation=0)
  counts = _BATCH_SIZE * _STEPS_PER_EPOCH, 128
  names = ('train', 't10k')
  for name, count, examples in zip(names, counts, whole[:3:2], strict=True):
    for kind, array in zip(
      ('images-idx3', 'labels-idx1'), examples, strict=True
    ):
      content = idx_writer.encode(array[:count])
      (folder / f'{name}-{kind}-ubyte').write_bytes(content)


if __name__ == '__main__':
  main()
