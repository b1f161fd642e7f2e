"""A line that says what is being done and how long it will take."""

import sys
import time

_SECONDS_BETWEEN_LINES = 60.0  # where a line cannot be overwritten


class Progress:
  """Progress in equal steps, on standard error.

  A terminal has one line, which is overwritten; a file gets a line per minute.
  """

  def __init__(self, num_steps: int):
    self._num_steps = num_steps
    self._done = 0
    self._started = self._shown = time.perf_counter()

  def show(self, text: str) -> None:
    """Shows what is being done now."""
    now = time.perf_counter()
    line = f'{self._done / self._num_steps:4.0%}  {self._left(now)}{text}'
    if sys.stderr.isatty():
      print(f'\r{line}\033[K\r', end='', file=sys.stderr, flush=True)
    elif now - self._shown >= _SECONDS_BETWEEN_LINES:
      self._shown = now
      print(line, file=sys.stderr, flush=True)

  def step(self) -> None:
    """One more of the steps is done."""
    self._done += 1

  def clear(self) -> None:
    """Clears the line, for other text."""
    if sys.stderr.isatty():
      print('\r\033[K', end='', file=sys.stderr, flush=True)

  def _left(self, now):
    if not self._done:
      return ''
    to_do = self._num_steps - self._done
    seconds = round((now - self._started) / self._done * to_do)
    return f'{seconds // 60}:{seconds % 60:02} left  '
