"""Numbers and pictures -> `metrics.csv` and TensorBoard event files."""

import contextlib
import csv
import io
import pathlib
import struct
from typing import NamedTuple

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.run import durable
from cnn_tf.run import run_folder


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


def read_epochs(path: pathlib.Path, last: int) -> list[Epoch]:
  """The rows of `metrics.csv` up to epoch `last`.

  Raises:
    UserError: the file cannot be read, or has fewer intact rows.
  """
  if not last:
    return []
  try:
    epochs = _intact_rows(path)
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None
  if len(epochs) < last:
    raise errors.UserError(f'{path}: {len(epochs)} of {last} epochs')
  return epochs[:last]


def num_epochs(path: pathlib.Path) -> int:
  """How many epochs `read_epochs` can read."""
  try:
    return len(_intact_rows(path))
  except OSError:
    return 0


def _intact_rows(path):
  """The rows before the first one that is damaged."""
  text = path.read_bytes().decode(errors='replace')
  complete, _, _ = text.rpartition('\n')
  epochs = []
  with contextlib.suppress(ValueError, csv.Error):
    header, *rows = csv.reader(complete.split('\n'))
    if tuple(header) not in (_columns(True), _columns(False)):
      return []
    kinds = [int, int, *[float] * (len(header) - 2)]
    for row in rows:
      cells = zip(kinds, row, strict=True)
      epochs.append(Epoch(*(kind(cell) for kind, cell in cells)))
      if epochs[-1].epoch != len(epochs):
        return epochs[:-1]
  return epochs


def _columns(is_validated):
  return Epoch._fields if is_validated else Epoch._fields[:-2]


def write_epochs(path: pathlib.Path, epochs: list[Epoch]) -> None:
  """Rewrites the whole file atomically.

  Raises:
    UserError: the disk is full.
  """
  columns = _columns(any(row.is_validated for row in epochs))
  text = io.StringIO()
  writer = csv.writer(text, lineterminator='\n')
  writer.writerows([columns, *(row[: len(columns)] for row in epochs)])
  run_folder.write(path, text.getvalue())


class TensorBoard:
  """Writes event files for TensorBoard.

  `tf.summary.scalar` needs the package tensorboard, which TensorFlow no longer
  installs. `tf.summary.write`, with the metadata of the plugin, does not.

  Raises:
    UserError: the disk is full.
  """

  def __init__(self, folder: pathlib.Path):
    self._folder = folder
    with self._one_line():
      self._writer = tf.summary.create_file_writer(str(folder))

  def scalars(self, row: Epoch) -> None:
    """Adds a point at `row.step` to the curve of each number.

    Raises:
      UserError: the disk is full.
    """
    numbers = {
      name.replace('_', '/', 1) if name[0] in 'tv' else name: value
      for name, value in row._asdict().items()
      if value is not None
    }
    self._write('scalars', numbers, tf.float32, row.step)

  def image(self, tag: str, png: bytes, step: int) -> None:
    """Adds an image, given as the bytes of a PNG file.

    Raises:
      UserError: the disk is full.
    """
    # Every PNG file starts with a header that contains its size.
    width, height = struct.unpack('>II', png[16:24])
    value = [str(width), str(height), png]
    self._write('images', {tag: value}, tf.string, step)

  def _write(self, plugin, values, dtype, step):
    metadata = tf.compat.v1.SummaryMetadata(plugin_data={'plugin_name': plugin})
    # The writer flushes at the end of its context.
    with self._one_line(), self._writer.as_default():
      for tag, value in values.items():
        tf.summary.write(tag, tf.constant(value, dtype), step, metadata)

  @contextlib.contextmanager
  def _one_line(self):
    try:
      yield
    except tf.errors.OpError as error:
      raise errors.UserError(
        f'{self._folder}/events.*: {durable.reason(error)}'
      ) from None
