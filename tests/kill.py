"""Kills a run again and again, and compares how it ends.

python -m tests.kill --count=100

A run of short epochs is started and killed (SIGKILL) at a random moment, until
it ends before that moment; it must then have the bytes of a run that was never
killed. Then a new run begins, until there were enough kills.
"""

import pathlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from absl import flags

from cnn_tf import errors
from cnn_tf.run import command

with command.silent_libraries():
  import tensorflow as tf

  from tests import processes
  from tests import small_data

_NUM_EPOCHS = 12


class Killed(NamedTuple):
  """One kill."""

  run: int  # which run it was
  seconds: float  # after its start or its last continuation
  epochs: int  # with a line in `metrics.csv` at that moment


def final_values(workdir: pathlib.Path, epoch: int) -> dict[str, Any]:
  """What must not depend on how often a run was interrupted."""
  saved = small_data.saved_values(workdir, epoch)
  return small_data.records(workdir) | saved


def kill(
  count: int, folder: pathlib.Path, moments: random.Random, **others: Any
) -> Iterator[Killed]:
  """Yields each of `count` kills.

  Args:
    count: how often to kill.
    folder: of the data and of the runs.
    moments: draws the seconds after which to kill.
    **others: settings of the runs.

  Raises:
    UserError: a run ended with an error, or with other bytes.
  """
  small_data.write(folder)
  settings = small_data.flags(
    folder, batch_size=70, num_epochs=_NUM_EPOCHS, layers='conv 4 3x3'
  )
  settings |= others
  given = [f'--{name}={value}' for name, value in settings.items()]

  def start(workdir):
    arguments = [
      *given,
      '--replicas=1',
      '--nofigures',
      '--nopage',
      f'--workdir={workdir}',
    ]
    return processes.Command(str(folder), *arguments)

  with command.silent_libraries():  # they load only once
    processes.Command(str(folder), '--help').wait()
    tf.constant(0)
  started = time.perf_counter()
  _check(start('whole').wait(), 'never killed')
  longest = time.perf_counter() - started
  expected = final_values(folder / 'whole', _NUM_EPOCHS)
  number, num_killed = 0, 0
  while num_killed < count or (folder / f'{number}').exists():
    running = start(number)
    last = num_killed == count  # this one runs to its end
    seconds = moments.uniform(0, longest)
    running.process.join(None if last else seconds)
    running.process.kill()
    done = running.wait()
    if done.code == -signal.SIGKILL:
      num_killed += 1
      yield Killed(number, seconds, _num_rows(folder / f'{number}'))
      continue
    _check(done, f'run {number}')
    if final_values(folder / f'{number}', _NUM_EPOCHS) != expected:
      raise errors.UserError(f'run {number} has other bytes')
    number += 1


def _check(done, name):
  if (done.code, done.stderr) != (0, ''):
    raise errors.UserError(f'{name}: status {done.code}, {done.stderr}')


def _num_rows(workdir):
  table = workdir / 'metrics.csv'
  return len(table.read_text().splitlines()) - 1 if table.exists() else 0


def main() -> None:
  """Prints a line for each kill."""
  seed = flags.FLAGS.seed or random.randrange(1000)
  print(f'--seed={seed}')
  with tempfile.TemporaryDirectory() as folder:
    moments = random.Random(seed)
    tricks = small_data.TRICKS if flags.FLAGS.tricks else {}
    for killed in kill(
      flags.FLAGS.count, pathlib.Path(folder), moments, **tricks
    ):
      print(
        f'run {killed.run}: killed after {killed.seconds:.3f} s, '
        f'{killed.epochs} epochs done',
        flush=True,
      )
  print(f'{killed.run + 1} runs, {flags.FLAGS.count} kills: the same bytes')


if __name__ == '__main__':
  sys.argv[0] = 'kill'
  flags.DEFINE_integer('count', 100, 'how many kills', lower_bound=1)
  flags.DEFINE_bool('tricks', False, 'train with every training trick on')
  flags.DEFINE_integer('seed', None, 'of the moments (default: a random one)')
  command.run(main)
