"""Kills a run or a sweep again and again, and compares how it ends.

python -m tests.kill --count=100
python -m tests.kill --count=20 --sweep

A run of short epochs is started and killed (SIGKILL) at a random moment, until
it ends before that moment; it must then have the bytes of a run that was never
killed. Then a new run begins, until there were enough kills. A sweep must have
the same table, too.
"""

import pathlib
import random
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
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


class Program(NamedTuple):
  """What is killed. It is started with the name of a folder for its results."""

  start: Callable[[str], processes.Command]
  # What must not depend on how often it was killed: of the folder, and of the
  # last start, which has come to its end.
  final: Callable[[pathlib.Path, processes.Ended], Any]


class Killed(NamedTuple):
  """One kill."""

  run: int  # which run it was
  seconds: float  # after its start or its last continuation
  epochs: int  # with a line in a `metrics.csv` at that moment


def final_values(workdir: pathlib.Path, epoch: int) -> dict[str, Any]:
  """What must not depend on how often a run was interrupted."""
  saved = small_data.saved_values(workdir, epoch)
  return small_data.records(workdir) | saved


def run(folder: pathlib.Path, **others: Any) -> Program:
  """A run on the data in a folder, with `others` of its settings."""
  changes = {'num_epochs': _NUM_EPOCHS, 'layers': 'conv 4 3x3'} | others
  given = _flags(folder, **changes, replicas=1, figures=False, page=False)

  return Program(
    lambda name: processes.Command(str(folder), *given, f'--workdir={name}'),
    lambda workdir, _: final_values(workdir, _NUM_EPOCHS),
  )


def sweep(folder: pathlib.Path) -> Program:
  """Two settings over two seeds, on the data in a folder.

  On two cores one of them has two replicas, the other one.
  """
  given = _flags(folder, num_epochs=_NUM_EPOCHS // 4, seeds=2)
  given += ['--vary=', '--vary=--batch_size=33 --layers=conv 4 3x3']

  def final(runs, done):
    lines = done.stdout.rpartition('\n\n')[2].splitlines()
    found = {'table': [re.sub(r' +\S+$', '', x) for x in lines]}  # no seconds
    for path in runs.iterdir():
      saved = small_data.saved_values(path, _NUM_EPOCHS // 4)
      found[path.name] = saved, (path / 'metrics.csv').read_bytes()
    return found

  return Program(
    lambda name: processes.Command(
      str(folder), *given, f'--workdir={name}', module='cnn_tf.sweep'
    ),
    final,
  )


def kill(
  count: int, program: Program, folder: pathlib.Path, moments: random.Random
) -> Iterator[Killed]:
  """Yields each of `count` kills.

  Args:
    count: how often to kill.
    program: what to kill.
    folder: where it puts its results.
    moments: draws the seconds after which to kill.

  Raises:
    UserError: the program ended with an error, or with other bytes.
  """
  with command.silent_libraries():  # they load only once
    processes.Command(str(folder), '--help').wait()
    tf.constant(0)
  started = time.perf_counter()
  done = program.start('whole').wait()
  _check(done, 'never killed')
  longest = time.perf_counter() - started
  expected = program.final(folder / 'whole', done)
  number, num_killed = 0, 0
  while num_killed < count or (folder / f'{number}').exists():
    running = program.start(f'{number}')
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
    if program.final(folder / f'{number}', done) != expected:
      raise errors.UserError(f'run {number} has other bytes')
    number += 1


def _check(done, name):
  if (done.code, done.stderr) != (0, ''):
    raise errors.UserError(f'{name}: status {done.code}, {done.stderr}')


def _flags(folder, **others):
  settings = small_data.flags(folder, batch_size=70) | others
  return [f'--{name}={value}' for name, value in settings.items()]


def _num_rows(folder):
  tables = folder.rglob('metrics.csv')
  return sum(len(table.read_text().splitlines()) - 1 for table in tables)


def main() -> None:
  """Prints a line for each kill."""
  seed = flags.FLAGS.seed or random.randrange(1000)
  print(f'--seed={seed}')
  with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    small_data.write(folder)
    tricks = small_data.TRICKS if flags.FLAGS.tricks else {}
    program = sweep(folder) if flags.FLAGS.sweep else run(folder, **tricks)
    moments = random.Random(seed)
    for killed in kill(flags.FLAGS.count, program, folder, moments):
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
  flags.DEFINE_bool('sweep', False, 'kill a sweep instead of a run')
  flags.DEFINE_integer('seed', None, 'of the moments (default: a random one)')
  command.run(main)
