"""Settings -> the folder of a finished run, which is trained once and kept.

The folder is named after the settings: equal settings share a run, and an
interrupted run is resumed. Sweeps, studies and benchmarks train by this file.
"""

import contextlib
import dataclasses
import functools
import gc
import pathlib
import re
import sys
import time
import zlib
from collections.abc import Iterable
from collections.abc import Sequence
from typing import TextIO

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.run import command
from cnn_tf.run import history
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage

# Of training in float32 on two cores of an AMD EPYC; the multiplications are
# those of the forward pass.
_MULTIPLICATIONS_PER_SECOND = 5e10
_SECONDS_PER_IMAGE, _SECONDS_PER_RUN = 5e-6, 3


def import_tensorflow() -> None:
  """Imports TensorFlow without its messages; this takes seconds."""
  with command.silent_libraries():
    import tensorflow as tf

    # This writes the message about missing CUDA now, while it is hidden.
    tf.config.list_physical_devices()
  # The same functions are traced for every network; it would warn of that.
  tf.get_logger().setLevel('ERROR')


def digest(settings: settings_lib.Settings) -> str:
  """Eight digits that are equal for settings that differ in the seed only.

  Settings that are off (0, false or empty) are left out, so that a setting
  that is added to `Settings` later, and is off, changes nothing.
  """
  values = dataclasses.asdict(dataclasses.replace(settings, seed=0))
  on = sorted((name, value) for name, value in values.items() if value)
  return f'{zlib.crc32(repr(on).encode()):08x}'


def workdir(
  settings: settings_lib.Settings, folder: pathlib.Path
) -> pathlib.Path:
  """The folder of the run with these settings, in a folder of runs."""
  data = pathlib.Path(settings.data_dir or settings.dataset).name
  data = re.sub(storage.NOT_IN_NAMES, '-', data)
  return folder / f'{data}-{digest(settings)}-seed{settings.seed}'


def is_finished(
  settings: settings_lib.Settings, folder: pathlib.Path, read_test: bool = True
) -> bool:
  """Whether the run is trained and, with `read_test`, evaluated on the test."""
  place = workdir(settings, folder)
  if (place / 'result.json').exists():
    return True
  return not read_test and settings.num_epochs in storage.saved_epochs(place)


def train(
  settings: settings_lib.Settings,
  folder: pathlib.Path,
  num_replicas: str = 'auto',
  num_kept: int = storage.NUM_KEPT,
  read_test: bool = True,
) -> pathlib.Path:
  """The folder of the finished run, which is trained if needed.

  What training prints goes to the file `log.txt` in it.

  Args:
    settings: of the run.
    folder: of all runs.
    num_replicas: as for run_train.py.
    num_kept: as for `storage.save_checkpoint`.
    read_test: if False, the test files are not opened, and the run has no
      result.

  Raises:
    UserError: the data, the layers, the folder, the memory or the disk is not
      usable, or the training diverges.
  """
  place = workdir(settings, folder)
  if is_finished(settings, folder, read_test):
    return place
  from cnn_tf.run import loop  # imports TensorFlow

  storage.check_name(place)
  storage.make_folder(place)
  try:
    with (place / storage.LOG).open('a') as file, _printing_to(file):
      if read_test:
        loop.train_and_evaluate(settings, place, num_replicas, num_kept)
      else:
        loop.train(settings, place, num_replicas, num_kept, read_test)
  except OSError as error:  # the log
    raise errors.UserError(f'{place}: {storage.reason(error)}') from None
  # Graphs are in reference cycles, and hold a copy of the training set: many of
  # them fill the memory before Python collects them.
  gc.collect()
  return place


def validation_accuracy(place: pathlib.Path) -> float:
  """The validation accuracy of a finished run after its last epoch.

  Raises:
    UserError: `metrics.csv` is not complete.
  """
  num_epochs = storage.read_settings(place).num_epochs
  return history.read_all_epochs(place, num_epochs)[-1].validation_accuracy


class Queue:
  """Runs that are trained one after the other, and how long they still take.

  Attributes:
    unfinished: the settings that are still to be trained, in order.
  """

  def __init__(
    self,
    wanted: Iterable[settings_lib.Settings],
    folder: pathlib.Path,
    read_test: bool = True,
  ):
    """Predicts the seconds of all runs that are not finished.

    Args:
      wanted: the settings of all runs.
      folder: of all runs.
      read_test: as for `train`.

    Raises:
      UserError: the data or the layers are not usable.
    """
    self._seconds = {
      settings: seconds_left(settings, folder, read_test) for settings in wanted
    }
    self.unfinished = [
      settings for settings, seconds in self._seconds.items() if seconds
    ]
    self._started, self._done = time.perf_counter(), 0.0

  def announce(self, unkept: Sequence[settings_lib.Settings] = ()) -> None:
    """Prints how many networks are to be trained, and how long it takes.

    Args:
      unkept: the settings of further networks, which are not kept as runs.
    """
    count = len(self.unfinished) + len(unkept)
    if count:
      others = sum(seconds_of(one, one.num_epochs) for one in unkept)
      minutes = max((sum(self._seconds.values()) + others) / 60, 1)
      print(
        f'{count} networks to train: about {minutes:.0f} min on two cores',
        flush=True,
      )

  def left_after(self, settings: settings_lib.Settings) -> str:
    """The time that the others still take, now that this run has ended.

    It is the prediction, times how much longer than predicted this run and
    those before it have taken.
    """
    self._done += self._seconds.pop(settings)
    elapsed = time.perf_counter() - self._started
    factor = elapsed / self._done if self._done else 1
    left = int(factor * sum(self._seconds.values()))
    return f'{left // 60}:{left % 60:02}'


def seconds_left(
  settings: settings_lib.Settings, folder: pathlib.Path, read_test: bool = True
) -> float:
  """About how long a run still takes on two cores; 0 if it is finished.

  Raises:
    UserError: the data or the layers are not usable.
  """
  if is_finished(settings, folder, read_test):
    return 0.0
  done = max(storage.saved_epochs(workdir(settings, folder)), default=0)
  return seconds_of(settings, settings.num_epochs - done)


def seconds_of(settings: settings_lib.Settings, num_epochs: int) -> float:
  """About how long it takes to train for some epochs on two cores.

  Raises:
    UserError: the data or the layers are not usable.
  """
  num_images, *size = _train_shape(settings.dataset, settings.data_dir)
  if settings.transpose:
    size.reverse()
  specs = layers.parse(settings.layers)
  geometries = geometry.trace(specs, (*size, 1))
  multiplications = sum(layer.num_multiplications for layer in geometries)
  per_image = _SECONDS_PER_IMAGE + multiplications / _MULTIPLICATIONS_PER_SECOND
  num_trained = num_epochs * (num_images - settings.num_validation)
  return _SECONDS_PER_RUN + num_trained * per_image


@functools.cache
def _train_shape(dataset, data_dir):
  # Not `datasets.load`: it runs ops, and replicas need their devices before.
  from cnn_tf.data import files  # imports NumPy, which starts threads
  from cnn_tf.data import idx

  paths = files.find(files.folder(dataset, data_dir))
  arrays = [idx.read(path) for path in paths[:2]]  # not those of the test
  files.check(paths, arrays)
  return arrays[0].shape


@contextlib.contextmanager
def _printing_to(file):
  """Sends what is printed to a file; a terminal still shows the progress."""
  progress = _Progress(file, sys.stdout)
  with contextlib.redirect_stdout(progress):
    yield
  if progress.isatty():
    print(end='\033[K')  # of the last step


class _Progress:
  """Standard output that sends lines to a file, and progress to a terminal.

  The progress within an epoch, which is overwritten in place, starts with a
  carriage return.
  """

  def __init__(self, file: TextIO, terminal: TextIO):
    self._file, self._terminal = file, terminal

  def isatty(self):
    return self._terminal.isatty()

  def write(self, text):
    (self._terminal if text.startswith('\r') else self._file).write(text)

  def flush(self):
    self._file.flush()
    self._terminal.flush()
