"""What is printed: aligned tables, and the progress of a run."""

import sys
import time
from collections.abc import Iterable
from collections.abc import Sequence

from cnn_tf.run import history

_GROUPS = '\n                    training, mean of the epoch'
_VALIDATION_GROUP = '      validation, at its end'
_HEADER = '      rate  cross-entropy        L2  correct'
_VALIDATION_HEADER = '  cross-entropy  correct'


def align(rows: Iterable[Sequence[str | int]]) -> str:
  """One line per row: the first column is aligned left, the others right.

  Integers get thousands separators. All rows have the same length.
  """
  cells = [
    [f'{cell:,}' if isinstance(cell, int) else cell for cell in row]
    for row in rows
  ]
  widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
  lines = (
    [first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]
    for first, *rest in cells
  )
  return '\n'.join('  '.join(line).rstrip() for line in lines)


class Terminal:
  """Prints one line per epoch, and the progress within the current epoch.

  The progress is overwritten in place, and only on a terminal; a log file gets
  one line per epoch.
  """

  def __init__(
    self, num_epochs: int, images_per_epoch: int, is_validated: bool = True
  ):
    self._num_epochs = num_epochs
    self._images_per_epoch = images_per_epoch
    self._started = time.perf_counter()
    self._images_so_far = 0
    groups, header = _GROUPS, _HEADER
    if is_validated:
      groups, header = groups + _VALIDATION_GROUP, header + _VALIDATION_HEADER
    epoch = 'epoch'.rjust(len(self._name(1)))
    print(f'{groups}\n{epoch}{header}  images/s    left', flush=True)

  def status(self, epoch: int, num_images: int, seconds: float) -> None:
    """Shows that `num_images` of the epoch took `seconds`."""
    if sys.stdout.isatty():
      share = num_images / self._images_per_epoch
      speed = f'{num_images / seconds:,.0f} images/s'
      # The last \r lets whatever is printed next overwrite this line.
      line = f'\r{self._name(epoch)} {share:4.0%}  {speed}\033[K\r'
      print(line, end='', flush=True)

  def epoch(self, row: history.Epoch, seconds: float) -> None:
    """Prints the line of an epoch, whose updates took `seconds`."""
    self._images_so_far += self._images_per_epoch
    per_epoch = self._images_per_epoch / self._images_so_far
    elapsed = time.perf_counter() - self._started
    left = int((self._num_epochs - row.epoch) * per_epoch * elapsed)
    validation = ''
    if row.is_validated:
      validation = f'  {row.validation_cross_entropy:13.4f}'
      validation += f'  {row.validation_accuracy:7.2%}'
    print(
      f'{self._name(row.epoch)}  {row.learning_rate:8.3g}'
      f'  {row.train_cross_entropy:13.4f}  {row.l2_penalty:8.4f}'
      f'  {row.train_accuracy:7.2%}{validation}'
      f'  {self._images_per_epoch / seconds:8,.0f}'
      f'  {f"{left // 60}:{left % 60:02}":>6}',
      flush=True,
    )

  def _name(self, epoch):
    return f'{epoch:>{len(str(self._num_epochs))}}/{self._num_epochs}'.rjust(5)
