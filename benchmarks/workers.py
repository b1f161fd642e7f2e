"""Each peer in a process of its own; they take turns.

What a library writes to the terminal goes to a file, whose end is shown if the
process fails.
"""

import contextlib
import multiprocessing
import os
import pathlib
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from benchmarks import peers
from benchmarks import progress
from benchmarks import speeds

_MAX_SECONDS = 1.5  # of the training steps of a turn
_MIN_STEPS = 5
_STARTING_TOGETHER = 2
_NUM_TAIL_LINES = 15


def measure(
  contestants: Sequence[speeds.Contestant], num_rounds: int, num_steps: int
) -> list[speeds.Turn]:
  """Lets all contestants train and evaluate in turn, round by round.

  Args:
    contestants: in the order of their turns.
    num_rounds: turns of each contestant.
    num_steps: training steps of a turn; fewer for those that would need more
      than 1.5 seconds.

  Returns:
    The turns, without contestants that failed or whose library is missing.
  """
  turns = []
  with _start(contestants) as running:
    bar = progress.Progress(num_rounds * len(running))
    for number in range(num_rounds):
      for contestant, worker in list(running.items()):
        bar.show(f'round {number + 1}/{num_rounds}: {contestant}')
        for kind in speeds.KINDS:
          try:
            answer = worker.ask((kind, num_steps))
          except EOFError:
            bar.clear()
            print(f'{contestant} failed and is left out: {worker.tail()}')
            del running[contestant]
            break
          if answer is not None:
            turns.append(speeds.Turn(contestant, kind, number, *answer))
        bar.step()
    bar.clear()
    complete = set(running)
  return [turn for turn in turns if turn.contestant in complete]


class Worker:
  """A process, as seen from outside.

  It runs `serve(*arguments, log, connection)`, which first sends '' or what
  keeps it from working, and then an answer to every question.
  """

  def __init__(
    self, serve: Callable[..., None], arguments: Sequence, log: pathlib.Path
  ):
    self._log = log
    self._connection, there = multiprocessing.Pipe()
    self._process = multiprocessing.Process(
      target=serve, args=(*arguments, log, there), daemon=True
    )
    self._process.start()
    there.close()  # so that the end of the process is seen

  def problem(self) -> str:
    """Waits until it can work: '', or why it cannot."""
    try:
      return self._receive()
    except EOFError:
      return self.tail()

  def ask(self, question: Any) -> Any:
    """The answer to a question.

    Raises:
      EOFError: the process has ended.
    """
    try:
      self._connection.send(question)
    except BrokenPipeError:
      raise EOFError from None
    return self._receive()

  def tail(self) -> str:
    """The last lines that the process has written."""
    lines = self._log.read_text(errors='replace').splitlines()
    return '\n  '.join(['its last lines:', *lines[-_NUM_TAIL_LINES:]])

  def stop(self) -> None:
    """Asks it to end, with the question None, and waits."""
    with contextlib.suppress(EOFError, OSError):
      self._connection.send(None)
    self._process.join(10)

  def _receive(self):
    try:
      return self._connection.recv()
    except ConnectionResetError:
      raise EOFError from None


@contextlib.contextmanager
def _start(contestants) -> Iterator[dict[speeds.Contestant, Worker]]:
  """The workers that are ready, by contestant."""
  running = {}
  gate = multiprocessing.Semaphore(_STARTING_TOGETHER)
  bar = progress.Progress(len(contestants))
  with tempfile.TemporaryDirectory() as folder:
    workers = {
      contestant: Worker(
        _serve, (contestant, gate), pathlib.Path(folder) / str(index)
      )
      for index, contestant in enumerate(contestants)
    }
    try:
      for contestant, worker in workers.items():
        bar.show(f'starting {contestant}')
        if problem := worker.problem():
          bar.clear()
          print(f'{contestant} is left out: {problem}', flush=True)
        else:
          running[contestant] = worker
        bar.step()
      bar.clear()
      yield running
    finally:
      for worker in workers.values():
        worker.stop()


def _serve(contestant, gate, log, connection):
  """Builds and warms up a peer, then works on request."""
  redirect_output(log)
  # As in all commands: off by default on CPUs with AVX2 alone.
  os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')
  with gate:
    try:
      work = peers.PEERS[contestant.peer](contestant.precision)
    except ImportError as error:
      connection.send(str(error))
      return
    train, evaluate = _train(work.train), _evaluate(work.evaluate)
    evaluate()  # compiles, or traces
  connection.send('')
  while order := connection.recv():
    kind, num_steps = order
    connection.send(train(num_steps) if kind == 'training' else evaluate())


def _train(work):
  """Number of steps -> (images, seconds) of as many steps as are affordable."""
  if work is None:
    return lambda num_steps: None
  work(_MIN_STEPS)  # compiles, or traces
  seconds_per_step = work(_MIN_STEPS) / _MIN_STEPS

  def train(num_steps):
    nonlocal seconds_per_step
    affordable = max(_MIN_STEPS, int(_MAX_SECONDS / seconds_per_step))
    num_steps = min(num_steps, affordable)
    seconds = work(num_steps)
    # The first estimate may be that of a busy machine.
    seconds_per_step = seconds / num_steps
    return num_steps * peers.BATCH_SIZE, seconds

  return train


def _evaluate(work):
  """() -> (images, seconds)."""
  if work is None:
    return lambda: None

  def evaluate():
    started = time.perf_counter()
    work()
    return peers.NUM_TEST_IMAGES, time.perf_counter() - started

  return evaluate


def redirect_output(log: pathlib.Path) -> None:
  """From now on, everything that this process writes goes to a file.

  Libraries in C++ write to the file descriptors, not to Python's `sys.stderr`.
  """
  file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
  for descriptor in (1, 2):
    os.dup2(file, descriptor)
  os.close(file)
