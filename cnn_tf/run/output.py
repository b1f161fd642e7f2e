"""Standard output that cannot end a run.

A disk with a full log, or a terminal that is gone, would otherwise end hours of
training at the next line that is printed.
"""

import contextlib
import io
import os
import sys

from cnn_tf.run import storage


class _Lossy(io.FileIO):
  """Discards what cannot be written, and says so once on standard error."""

  lost = False

  def write(self, content):
    try:
      return super().write(content)
    except BrokenPipeError:
      raise
    except OSError as error:
      if not self.lost:
        self.lost = True
        with contextlib.suppress(OSError):
          print(
            f'standard output is lost: {storage.reason(error)}',
            file=sys.stderr,
          )
      return len(content)


def protect() -> None:
  """Makes standard output lossy, and able to show every name of a file.

  A broken pipe still raises a BrokenPipeError: `head` has seen enough.
  """
  if sys.stdout is None:  # it was closed from the start
    return
  sys.stdout.flush()
  sys.stdout = io.TextIOWrapper(
    io.BufferedWriter(_Lossy(sys.stdout.fileno(), 'w', closefd=False)),
    encoding=sys.stdout.encoding,
    errors='backslashreplace',
    line_buffering=sys.stdout.line_buffering,
  )


def discard() -> None:
  """Makes what is still buffered go nowhere, as the end of Python writes it."""
  nowhere = os.open(os.devnull, os.O_WRONLY)
  os.dup2(nowhere, sys.stdout.fileno())
