"""Searches for settings in which TensorFlow ends Python or computes wrongly.

  python -m tests.search --count=1000 --seed=0

1. Every op with windows of 1 to 4 by 1 to 4, strides of 1 to 3 by 1 to 3, both
   paddings, 1 and 3 input maps, in float32 and in bfloat16: output and
   gradients against the loops of `cnn_tf.network.reference`, eagerly and in a
   graph.
2. The same on two replicas.
3. Training steps of random networks in either precision, against
   `cnn_tf.network.backward`.

It prints each case that is wrong or ends its process, and exits with 1 if there
is one. `--op_cases=0 --seed=7 --count=1` repeats the network of seed 7.
"""

import os
import random
import sys
import time
from multiprocessing import forkserver

from absl import flags

from cnn_tf.run import command


def main() -> None:
  """Runs the three searches; the last line has the counts."""
  with command.silent_libraries():
    from cnn_tf.run import replicas
    from tests.search import networks
    from tests.search import op_cases
    from tests.search import workers

    forkserver.ensure_running()
  started, seed = time.perf_counter(), flags.FLAGS.seed
  seeds = range(seed, seed + flags.FLAGS.count)
  searches = {
    'op cases': (op_cases.check, _some(op_cases.every_case(1))),
    'on two replicas': (op_cases.check, _some(op_cases.every_case(2))),
    'random networks': (networks.check, list(map(networks.random_case, seeds))),
  }
  num_faults = 0
  for name, (check, cases) in searches.items():
    verdicts = workers.run(check, cases, replicas.num_cores())
    num_faults += _report(name, len(cases), verdicts)
  counts = ', '.join(f'{len(c):,} {name}' for name, (_, c) in searches.items())
  seconds = time.perf_counter() - started
  print(f'{counts}: {num_faults} faults in {seconds:.0f} s')
  sys.exit(min(num_faults, 1))


def _some(cases):
  """As many of the cases as asked for, drawn with the seed."""
  if flags.FLAGS.op_cases is None:
    return cases
  draw = random.Random(flags.FLAGS.seed)
  return draw.sample(cases, min(flags.FLAGS.op_cases, len(cases)))


def _report(name, num_cases, verdicts):
  """Prints the progress and all faults; returns their number."""
  found = {}
  for case, wrong in verdicts:
    found[case] = wrong
    if wrong:
      print(f'{case}: {wrong}', flush=True)
    elif sys.stdout.isatty():
      # The last \r lets whatever is printed next overwrite this line.
      print(f'\r{name}: {len(found)}/{num_cases}\033[K\r', end='', flush=True)
  return sum(map(bool, found.values()))


if __name__ == '__main__':
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  flags.DEFINE_integer('count', 1000, 'random networks', lower_bound=0)
  flags.DEFINE_integer(
    'seed', 0, 'of the first network; each network has the next one'
  )
  flags.DEFINE_integer(
    'op_cases', None, 'how many op cases (default: all)', lower_bound=0
  )
  command.run(main)
