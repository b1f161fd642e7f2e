"""Runs a trap in a process of its own, which it may end, corrupt or block."""

import collections
import multiprocessing
import os
import pathlib
import signal
import tempfile
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from cnn_tf.traps import answers

# The processes are copies of one that has loaded TensorFlow, which takes some
# seconds, but has not run an op, so threads and seeds are as in a new one.
_METHOD = 'forkserver'
if _METHOD not in multiprocessing.get_all_start_methods():  # Windows
  _METHOD = 'spawn'
_CONTEXT = multiprocessing.get_context(_METHOD)
_CONTEXT.set_forkserver_preload(['tensorflow'])
_AT_ONCE = 2


class Result(NamedTuple):
  """The result of a trap."""

  answer: str  # of TensorFlow, or how the process ended
  right: str
  springs: bool  # whether the answer is not the right one
  last_words: str  # of a process that has ended itself


def run(traps: Iterable[Any], seconds: float = 90.0) -> Iterator[Result]:
  """Runs the traps, two at a time, and yields the results in their order.

  Args:
    traps: modules, or anything else with `attempt` and `truth`.
    seconds: after which a process is ended.
  """
  running = collections.deque()
  for trap in traps:
    running.append(_Trial(trap))
    if len(running) == _AT_ONCE:
      yield running.popleft().result(seconds)
  while running:
    yield running.popleft().result(seconds)


class _Trial:
  """A process that has been started."""

  def __init__(self, trap):
    self._received, sent = _CONTEXT.Pipe(duplex=False)
    descriptor, self._log = tempfile.mkstemp()
    os.close(descriptor)
    self._process = _CONTEXT.Process(
      target=_answer, args=(trap.attempt, trap.truth, sent, self._log)
    )
    self._process.start()
    sent.close()

  def result(self, seconds):
    """Waits for the end of the process."""
    self._process.join(seconds)
    late = self._process.is_alive()
    if late:
      self._process.kill()
      self._process.join()
    log = pathlib.Path(self._log)
    words = log.read_text(errors='replace')
    log.unlink()
    right, answer = '', None
    try:
      right = self._received.recv()
      answer, springs = self._received.recv()
    except EOFError:  # the process ended before it answered
      pass
    code = self._process.exitcode
    if late:
      return Result(f'no answer in {seconds:g} s', right, True, '')
    if code or answer is None:
      # An answer counts for nothing if the process crashed after it: corrupted
      # memory is often noticed only when it is freed.
      return Result(_describe_end(code), right, True, _last_words(words))
    return Result(answer, right, springs, '')


def _answer(attempt, truth, sent, log):
  """In the process: sends the right answer, then that of TensorFlow."""
  descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
  for stream in (1, 2):
    os.dup2(descriptor, stream)
  _leave_no_core_file()
  right = answers.ask(truth)
  sent.send(str(right))
  answer = answers.ask(attempt)
  sent.send((str(answer), not answers.agree(answer, right)))


def _leave_no_core_file():
  try:
    import resource
  except ImportError:  # Windows
    return
  resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _describe_end(code):
  """An exit code as text; it is the negative number of a signal."""
  if code < 0:
    return f'{signal.Signals(-code).name}: Python has ended'
  return f'Python has ended with exit code {code}'


def _last_words(text):
  """The message of a failed check or of malloc, without the stack below it."""
  for line in text.splitlines():
    if line and not line.startswith(('WARNING', 'I0', 'W0', 'E0', '    @')):
      return line.partition('] ')[2] or line
  return ''
