"""Checks of many cases in worker processes, which a case may end.

A fault in native code ends the process at once, or overwrites memory so that
the process ends some cases later. So when a worker dies, each of its last cases
is checked again in a process of its own.
"""

import collections
import contextlib
import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
from multiprocessing import connection

Check = Callable[[Hashable, int], str]  # case, repeats -> what is wrong

NUM_SUSPECTS = 20
_CASES_PER_WORKER = 200  # the graphs of all its cases stay in memory
_REPEATS, _REPEATS_ALONE = 3, 20
_MOST_SECONDS = 300  # without any answer: then the workers are killed
_M_PERTURB = -6  # of mallopt(3)
# Its processes are copies of one that has loaded TensorFlow, which takes 5 s.
_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(['tensorflow'])


class _Worker:
  """A process that checks one case after another."""

  def __init__(self, check: Check, repeats: int):
    self.cases = []
    self.connection, other_end = _CONTEXT.Pipe()
    arguments = check, repeats, other_end
    self._process = _CONTEXT.Process(target=_serve, args=arguments, daemon=True)
    self._process.start()
    other_end.close()

  def send(self, case: Hashable) -> None:
    """Starts the check of a case; the answer comes through the connection."""
    self.cases.append(case)
    with contextlib.suppress(BrokenPipeError):  # it is dead; `answer` sees it
      self.connection.send(case)

  def answer(self) -> str | None:
    """What is wrong with the last case; None if the process has died."""
    with contextlib.suppress(EOFError, ConnectionResetError):
      return self.connection.recv()
    return None

  def end(self) -> str:
    """Lets the process end; says how, '' if it ended well."""
    self.connection.close()
    self._process.join()
    code = self._process.exitcode
    if code < 0:
      return signal.Signals(-code).name
    return f'exit code {code}' if code else ''

  def kill(self) -> None:
    """Ends the process."""
    self._process.kill()


def run(
  check: Check,
  cases: Iterable[Hashable],
  num_workers: int,
  cases_per_worker: int = _CASES_PER_WORKER,
  repeats: int = _REPEATS,
) -> Iterator[tuple[Hashable, str]]:
  """Checks all cases.

  Args:
    check: a function of a module, called as `check(case, repeats)`.
    cases: each is sent to one of the workers.
    num_workers: processes at a time.
    cases_per_worker: after as many, a new process takes its place.
    repeats: passed to `check`.

  Yields:
    Each case with what is wrong with it, '' if nothing is. A case that seemed
    right comes again if it turns out to have ended its worker.
  """
  waiting, workers = collections.deque(cases), []
  while waiting or workers:
    while waiting and len(workers) < num_workers:
      workers.append(_Worker(check, repeats))
      workers[-1].send(waiting.popleft())
    ready = connection.wait([w.connection for w in workers], _MOST_SECONDS)
    for worker in list(workers):
      if not ready:
        worker.kill()
      if worker.connection not in ready:
        continue
      wrong = worker.answer()
      if wrong is not None:
        yield worker.cases[-1], wrong
        if waiting and len(worker.cases) < cases_per_worker:
          worker.send(waiting.popleft())
          continue
      workers.remove(worker)
      if how := worker.end():
        yield from _find_culprits(check, worker.cases, how, num_workers)


def _find_culprits(check, cases, how, num_workers):
  """Which of the cases have ended their worker, the newest of them last."""
  *_, last = suspects = cases[-NUM_SUSPECTS:]
  if len(cases) == 1:
    yield last, f'ends its process: {how}'
    return
  alone = dict(run(check, suspects, num_workers, 1, _REPEATS_ALONE))
  culprits = {case: wrong for case, wrong in alone.items() if wrong}
  if not culprits:
    wrong = f'{how} in this case or before, but in no case alone'
    culprits = {last: wrong}
  yield from ({last: ''} | culprits).items()


def _serve(check, repeats, cases):
  """Answers every case until there are no more."""
  nowhere = os.open(os.devnull, os.O_WRONLY)
  os.dup2(nowhere, 2)  # what TensorFlow reports, and the last words of malloc
  with contextlib.suppress(AttributeError):  # not glibc
    # New memory is filled with a byte, so values that are never set are seen:
    # 0x5a5a5a5a is 1.5e16 in float32. mallopt takes the complement.
    ctypes.CDLL(None).mallopt(_M_PERTURB, 0xA5)
  with contextlib.suppress(EOFError):
    while True:
      case = cases.recv()
      try:
        wrong = check(case, repeats)
      except Exception as error:  # for example AbortedError, from oneDNN
        wrong = f'{type(error).__name__}: {error}'
      cases.send(wrong)
