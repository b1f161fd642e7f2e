"""This project beside Keras, PyTorch and JAX, in one run.

  pip install -e '.[benchmark]' && python -m benchmarks.throughput

Each program runs in a process of its own. They take turns, A B C A B C ..., and
wait while the others work, so a slow period of the machine affects all of them.
"""

import multiprocessing
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from absl import flags

from benchmarks import peers
from cnn_tf.run import command
from cnn_tf.run import tables

ROOT = pathlib.Path(__file__).parents[1]
FLOP_PER_IMAGE = 16.5e6  # of a training step: see geometry.py, times 2 times 3
_MATMUL = 'matmul'


def main() -> None:
  """Prints the tables of `benchmarks/README.md`."""
  rounds, steps = flags.FLAGS.rounds, flags.FLAGS.steps
  names = [*peers.PEERS, _MATMUL]
  if flags.FLAGS.only:
    names = [name for name in names if name in [*flags.FLAGS.only, _MATMUL]]
  _compare(names, 128, rounds, steps)
  if flags.FLAGS.batch_sizes:
    print('\nOther batch sizes: ours beside Keras')
  for batch_size in map(int, flags.FLAGS.batch_sizes):
    count = max(10, steps * 128 // batch_size)
    _compare(['ours, auto', 'Keras fit'], batch_size, 5, count)
  _measure_command()


def _compare(names, batch_size, rounds, steps):
  """Interleaved rounds of all `names`; prints a table."""
  running = {}
  for name in names:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(
      target=_serve, args=(name, batch_size, there), daemon=True
    )
    process.start()
    there.close()  # so that the end of the process is seen
    answer = here.recv()
    if answer == 'ready':
      running[name] = here
    else:
      print(f'{name} is left out: {answer}')
  seconds = {name: ([], []) for name in running}
  for _ in range(rounds):
    for name, connection in running.items():
      for kind, kept in zip(('train', 'evaluate'), seconds[name], strict=True):
        connection.send((kind, steps))
        kept.append(connection.recv())
  speeds = {}
  for name, (trained, evaluated) in seconds.items():
    if name != _MATMUL:
      speeds[name] = [
        [steps * batch_size / time for time in trained],
        [10000 / time for time in evaluated],
      ]
  roof = None
  if _MATMUL in seconds:
    flops = _matmul_flop(steps) / statistics.median(seconds[_MATMUL][0])
    roof = flops / FLOP_PER_IMAGE
    print(
      f'float32 matmul: {flops / 1e9:.0f} GFLOP/s, '
      f'a roof of {roof:,.0f} images/s'
    )
  _print(speeds, roof, batch_size)
  for connection in running.values():
    connection.send(None)


def _print(speeds, roof, batch_size):
  first = next(iter(speeds))
  for index, kind in enumerate(('training', 'evaluation')):
    best = statistics.median(speeds[first][index])
    rows = [
      [f'{kind}, batch {batch_size}', 'min', 'median', 'max', 'images/s']
      + ['first / this', 'of the roof']
    ]
    for name, both in speeds.items():
      values = both[index]
      median = statistics.median(values)
      of_roof = f'{median / roof:.0%}' if roof and not index else ''
      rows.append(
        [name, round(min(values)), round(median), round(max(values)), '']
        + [f'{best / median:.2f}', of_roof]
      )
    print(f'\n{tables.align(rows)}', flush=True)


def _serve(name, batch_size, connection):
  """Builds and warms up a peer, then works on request."""
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  try:
    work = _matmul() if name == _MATMUL else peers.PEERS[name](batch_size)
  except ImportError as error:
    connection.send(str(error))
    return
  work.train(10)
  work.evaluate()
  connection.send('ready')
  while order := connection.recv():
    kind, num_steps = order
    started = time.perf_counter()
    work.train(num_steps) if kind == 'train' else work.evaluate()
    connection.send(time.perf_counter() - started)


def _matmul():
  import tensorflow as tf

  a = tf.random.stateless_normal([1024, 1024], [1, 2])
  multiply = tf.function(lambda a: tf.matmul(a, a))

  def train(num_steps):
    for _ in range(num_steps):
      product = multiply(a)
    product.numpy()

  return peers.Work(train, lambda: None)


def _matmul_flop(num_steps):
  return num_steps * 2 * 1024**3


def _measure_command():
  """Peak memory of the main command, and its time to the first step."""
  with tempfile.TemporaryDirectory() as folder:
    subprocess.run(
      [sys.executable, ROOT / 'run_train.py', '--dataset=fashion']
      + ['--lr_schedule=exp', '--num_epochs=1', f'--workdir={folder}/run'],
      check=True,
      stdout=subprocess.DEVNULL,
    )
  peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
  print(f'\npeak memory of the main command: {peak:.2f} GiB')
  times = {name: [] for name in ('import and read', 'to the first step')}
  for _ in range(5):
    for name, kept in times.items():
      started = time.perf_counter()
      code = _IMPORT_AND_READ if name == 'import and read' else _FIRST_STEP
      subprocess.run(
        [sys.executable, '-c', code], check=True, cwd=ROOT, capture_output=True
      )
      kept.append(time.perf_counter() - started)
  read, step = map(statistics.median, times.values())
  print(
    f'import tensorflow and read the data: {read:.1f} s; '
    f'to the end of the first step: {step:.1f} s, {step / read:.2f} times that'
  )


_IMPORT_AND_READ = """
import tensorflow
from cnn_tf.data import datasets
datasets.load('fashion')
"""
_FIRST_STEP = """
from benchmarks import peers
peers.PEERS['ours, auto'](128).train(1)
"""

if __name__ == '__main__':
  flags.DEFINE_integer('rounds', 7, 'turns of each')
  flags.DEFINE_integer('steps', 100, 'training steps a turn')
  flags.DEFINE_list('batch_sizes', '32,64,256,512,1024', 'ours beside Keras')
  flags.DEFINE_multi_string('only', [], 'a peer to run; all if not given')
  multiprocessing.set_start_method('spawn')
  command.run(main)
