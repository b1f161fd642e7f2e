"""Ctrl-C ends a command with one line, from its first import to its end.

Python turns Ctrl-C into a KeyboardInterrupt wherever the program is. That may
be inside a library which converts it into an error of its own, or swallows it.
"""

import _thread
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

STATUS = 130  # what a shell reports of a command that Ctrl-C ended


def exit_at_once() -> None:
  """Makes Ctrl-C end the process: for a time with nothing to clean up."""
  if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _exit)


@contextlib.contextmanager
def raised() -> Iterator[None]:
  """Within it, every Ctrl-C becomes a KeyboardInterrupt that leaves it."""
  caught, timers, hook = [], [], sys.unraisablehook

  def interrupt(number, frame):
    caught.append(number)
    raise KeyboardInterrupt

  def raise_later(unraisable):  # here nobody could catch it
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
      timers.append(threading.Timer(0.01, _thread.interrupt_main))
      timers[-1].start()
    else:
      hook(unraisable)

  handler = signal.getsignal(signal.SIGINT)
  if handler is signal.SIG_IGN:  # a job in the background of a shell
    yield
    return
  signal.signal(signal.SIGINT, interrupt)
  sys.unraisablehook = raise_later
  try:
    yield
    if caught:
      raise KeyboardInterrupt
  except Exception:
    if caught:
      raise KeyboardInterrupt from None
    raise
  finally:
    for timer in timers:
      timer.cancel()
    sys.unraisablehook = hook
    signal.signal(signal.SIGINT, handler)


def _exit(number, frame):
  with contextlib.suppress(OSError):
    os.write(1, b'\nStopped.\n')
  os._exit(STATUS)
