"""What a run records of its epochs, for people, figures and TensorBoard.

metrics.csv        the numbers of each epoch
first_kernels.npz  the first layer's kernels, initial and after each epoch
seconds.txt        how long training has taken so far, over all sessions
events.*           the numbers and figures, for TensorBoard

The checkpoint is the run, and these are records of it. Each row and each kernel
carries the number of its epoch, so a record that was damaged has gaps, but
never keeps a run from being resumed or drawn. Whatever writes a record raises a
`UserError` if the disk is full.
"""

import contextlib
import io
import math
import pathlib
import struct
import time
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import NamedTuple

from cnn_tf import errors
from cnn_tf.run import storage

if TYPE_CHECKING:
  # Imported by the functions that need them: without, `compare` is quick.
  import numpy as np
  import tensorflow as tf

METRICS = 'metrics.csv'
KERNELS = 'first_kernels.npz'
SECONDS = 'seconds.txt'


class Epoch(NamedTuple):
  """A row of `metrics.csv`. It has no times: equal runs give equal bytes."""

  epoch: int  # counted from 1
  step: int  # updates so far
  learning_rate: float  # of the last update
  # Means over the epoch, as the kernels change, of the images as training sees
  # them: with augmentation and dropout, but without label smoothing.
  train_cross_entropy: float
  l2_penalty: float  # at the end; loss = cross-entropy + L2 penalty
  train_accuracy: float
  # At the end of the epoch; without validation, the file lacks these columns.
  validation_cross_entropy: float | None = None
  validation_accuracy: float | None = None

  @property
  def is_validated(self) -> bool:
    """Whether there are validation examples."""
    return self.validation_accuracy is not None


_UNVALIDATED = Epoch._fields[:-2]  # the columns without validation


class History:
  """The records of a run; `add` appends an epoch to each of them.

  An epoch is added before its checkpoint is saved. If the run is killed between
  the two, the epoch is repeated, and replaces what was recorded of it.
  """

  def __init__(self, workdir: pathlib.Path, kernel: 'tf.Variable', done: int):
    """Reads what is recorded up to epoch `done`, that of the checkpoint.

    `kernel` is that of the first layer, and holds its values after that epoch.
    """
    self._workdir = workdir
    self._kernel = kernel
    self._done = done
    self._epochs = read_epochs(workdir, done)
    self._kernels = {0: kernel.numpy()}
    self._seconds_before = 0.0
    if done:
      self._kernels = read_kernels(workdir, kernel.shape, done)
      self._seconds_before = read_seconds(workdir)
    self._started = time.perf_counter()
    self._board = TensorBoard(workdir)

  def gaps(self) -> list[str]:
    """One line for each record that has lost something."""
    done = self._done
    rows = {epoch.epoch for epoch in self._epochs}
    is_timed = self._seconds_before or not done
    lost = {
      METRICS: _spans(range(1, done + 1), rows),
      KERNELS: _spans(range(done + 1), self._kernels),
      SECONDS: '' if is_timed else 'earlier sessions',
    }
    return [
      f'{self._workdir / name} lacks {what}: the run continues anyway'
      for name, what in lost.items()
      if what
    ]

  def add(self, epoch: Epoch) -> None:
    """Records the epoch that has just been trained, and the kernel as it is."""
    self._epochs.append(epoch)
    self._kernels[epoch.epoch] = self._kernel.numpy()
    seconds = self._seconds_before + time.perf_counter() - self._started
    write_epochs(self._workdir, self._epochs)
    write_kernels(self._workdir, self._kernels)
    storage.write(self._workdir / SECONDS, f'{seconds:.3f}\n')
    self._board.scalars(epoch)


def read_epochs(workdir: pathlib.Path, last: float = math.inf) -> list[Epoch]:
  """The intact rows of `metrics.csv` up to epoch `last`, in order."""
  try:
    text = (workdir / METRICS).read_bytes().decode(errors='replace')
  except OSError:
    return []
  header, *lines = text.split('\n')[:-1] or ['']
  columns = tuple(header.split(','))
  if columns not in (Epoch._fields, _UNVALIDATED):
    return []
  kinds = [int, int, *[float] * (len(columns) - 2)]
  epochs = {}
  for line in lines:
    with contextlib.suppress(ValueError):  # damaged
      cells = zip(kinds, line.split(','), strict=True)
      epoch = Epoch(*(kind(cell) for kind, cell in cells))
      if 1 <= epoch.epoch <= last:
        epochs[epoch.epoch] = epoch
  return [epochs[number] for number in sorted(epochs)]


def read_all_epochs(workdir: pathlib.Path, num_epochs: int) -> list[Epoch]:
  """Like `read_epochs`, for those who need every row.

  Raises:
    UserError: rows are missing.
  """
  epochs = read_epochs(workdir, num_epochs)
  lost = _spans(range(1, num_epochs + 1), {epoch.epoch for epoch in epochs})
  if lost:
    raise errors.UserError(f'{workdir / METRICS} lacks {lost}')
  return epochs


def write_epochs(workdir: pathlib.Path, epochs: Sequence[Epoch]) -> None:
  """Rewrites `metrics.csv`."""
  columns = Epoch._fields if epochs[0].is_validated else _UNVALIDATED
  rows = [columns, *(epoch[: len(columns)] for epoch in epochs)]
  text = ''.join(','.join(map(str, row)) + '\n' for row in rows)
  storage.write(workdir / METRICS, text)


def read_kernels(
  workdir: pathlib.Path, shape: Iterable[int], last: int
) -> 'dict[int, np.ndarray]':
  """Epoch -> the first layer's kernel after it; 0 -> the initial kernel.

  Kernels after epoch `last` are ignored; nothing is returned if the file is
  missing or damaged, or its kernels do not have this shape.
  """
  import numpy as np

  try:
    with np.load(workdir / KERNELS) as file:  # verifies its checksums
      epochs, kernels = file['epochs'].tolist(), file['kernels']
  except Exception:  # of seven kinds, depending on where the file is damaged
    return {}
  if kernels.shape != (len(epochs), *shape):
    return {}
  kept = dict(zip(epochs, kernels, strict=True))
  return {epoch: kept[epoch] for epoch in sorted(kept) if epoch <= last}


def write_kernels(
  workdir: pathlib.Path, kernels: 'Mapping[int, np.ndarray]'
) -> None:
  """Rewrites `first_kernels.npz`: `epochs` `[n]` and `kernels` `[n, ...]`."""
  import numpy as np

  content = io.BytesIO()
  np.savez(content, epochs=list(kernels), kernels=list(kernels.values()))
  storage.write(workdir / KERNELS, content.getvalue())


def read_seconds(workdir: pathlib.Path) -> float:
  """How long training has taken up to the last epoch recorded; 0 if unknown."""
  with contextlib.suppress(OSError, ValueError):
    seconds = float((workdir / SECONDS).read_text())
    return seconds if 0 <= seconds < math.inf else 0.0
  return 0.0


class TensorBoard:
  """Writes event files for TensorBoard.

  `tf.summary.scalar` needs the package tensorboard, which TensorFlow no longer
  installs. `tf.summary.write`, with the metadata of the plugin, does not.
  """

  def __init__(self, workdir: pathlib.Path):
    self._workdir = workdir
    self._writer = None

  def scalars(self, epoch: Epoch) -> None:
    """Adds a point at `epoch.step` to the curve of each number."""
    numbers = {
      name.replace('_', '/', 1) if name[0] in 'tv' else name: float(value)
      for name, value in epoch._asdict().items()
      if value is not None
    }
    self._write('scalars', numbers, epoch.step)

  def image(self, tag: str, png: bytes, step: int) -> None:
    """Adds an image, given as the bytes of a PNG file."""
    # Every PNG file starts with a header that contains its size.
    width, height = struct.unpack('>II', png[16:24])
    self._write('images', {tag: [str(width), str(height), png]}, step)

  def _write(self, plugin, values, step):
    import tensorflow as tf

    metadata = tf.compat.v1.SummaryMetadata(plugin_data={'plugin_name': plugin})
    try:
      if self._writer is None:
        self._writer = tf.summary.create_file_writer(str(self._workdir))
      with self._writer.as_default():  # flushes at its end
        for tag, value in values.items():
          tf.summary.write(tag, tf.constant(value), step, metadata)
    except tf.errors.OpError as error:
      raise errors.UserError(
        f'{self._workdir}/events.*: {storage.reason(error)}'
      ) from None


def _spans(wanted: Iterable[int], have: Container[int]) -> str:
  """The epochs that are missing, as 'epoch 2' or 'epochs 1 to 3, 5', or ''."""
  lost = {number for number in wanted if number not in have}
  starts = sorted(number for number in lost if number - 1 not in lost)
  ends = sorted(number for number in lost if number + 1 not in lost)
  spans = [
    f'{start}' if start == end else f'{start} to {end}'
    for start, end in zip(starts, ends, strict=True)
  ]
  if not lost:
    return ''
  return f'{"epoch" if len(lost) == 1 else "epochs"} {", ".join(spans)}'
