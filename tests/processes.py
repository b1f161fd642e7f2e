"""Commands in processes of their own, and a disk that is full."""

import contextlib
import multiprocessing
import os
import pathlib
import pty
import resource
import runpy
import select
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

from tests import small_data

# As conftest.py does for pytest: they inherit it. No default: TensorFlow has
# set it to 1 if a test has imported it before this.
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
# Its processes are copies of one that has loaded TensorFlow, which takes 5 s.
_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(['tensorflow'])


class Ended(NamedTuple):
  """What is left of a process."""

  # As the shell sees it, or the negative number of a signal; None: not ended.
  code: int | None
  stdout: str
  stderr: str


class Command:
  """`python run_train.py ...`, started; its streams are files in `folder`.

  With a module it is `python -m module ...`. With `stdout`, a device or a pipe,
  that is its standard output, which cannot be read here. `variables` are added
  to its environment.
  """

  def __init__(
    self,
    folder: str | pathlib.Path,
    *arguments: str,
    module: str = '',
    stdout: str = '',
    **variables: str,
  ):
    self._streams = [pathlib.Path(folder, name) for name in ('out', 'err')]
    for stream in self._streams:
      stream.write_text('')
    out, err = self._streams
    streams = [stdout or out, err]
    self.process = _start(folder, arguments, streams, module, variables)

  def wait(self, seconds: float | None = None) -> Ended:
    """Waits for the end, or only that long."""
    self.process.join(seconds)
    stdout, stderr = (stream.read_text() for stream in self._streams)
    return Ended(self.process.exitcode, stdout, stderr)

  def wait_for(self, text: str, count: int = 1) -> None:
    """Waits until it has written `text` `count` times, or the end."""
    while self.process.is_alive():
      if sum(x.read_text().count(text) for x in self._streams) >= count:
        break
      time.sleep(0.002)


def on_a_terminal(folder: str, *arguments: str) -> str:
  """All that a terminal gets from `python run_train.py ...`."""
  master, slave = pty.openpty()
  process = _start(folder, arguments, [os.ttyname(slave)] * 2, '', {})
  received = b''
  while process.is_alive() or select.select([master], [], [], 0)[0]:
    if select.select([master], [], [], 0.01)[0]:
      received += os.read(master, 4096)
  os.close(master)
  os.close(slave)
  return received.decode()


@contextlib.contextmanager
def files_of_at_most(num_bytes: int) -> Iterator[None]:
  """What a full disk is to a program: files cannot grow any more."""
  soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
  resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, hard))
  try:
    yield
  finally:
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _start(*arguments):
  process = _CONTEXT.Process(target=_run, args=arguments)
  process.start()
  return process


def _run(folder, arguments, streams, module, variables):
  for number, path in enumerate(streams, 1):
    os.dup2(os.open(path, os.O_WRONLY | os.O_APPEND), number)
  os.chdir(folder)
  os.environ.update(variables)
  sys.path.insert(0, str(small_data.ROOT))
  sys.argv = ['run_train.py', *arguments]
  if module:
    # runpy would warn of modules that the test has imported.
    for name in (module, f'{module}.__main__'):
      sys.modules.pop(name, None)
    runpy.run_module(module, run_name='__main__', alter_sys=True)
  else:
    runpy.run_path(str(small_data.ROOT / 'run_train.py'), run_name='__main__')
