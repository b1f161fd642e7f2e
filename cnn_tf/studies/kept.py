"""Settings -> the folder of a finished run, which is trained once and kept.

The folder is named after the settings: equal settings share a run, and an
interrupted run is resumed.
"""

import contextlib
import dataclasses
import gc
import pathlib
import zlib

from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage


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
  return folder / f'{data}-{digest(settings)}-seed{settings.seed}'


def train(
  settings: settings_lib.Settings,
  folder: pathlib.Path,
  num_replicas: str = 'auto',
  num_kept: int = 3,
  read_test: bool = True,
) -> pathlib.Path:
  """The folder of the finished run, which is trained if needed.

  What training prints goes to a file beside the folder of the run.

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
  # Imports TensorFlow, which takes seconds, and which `digest` can do without.
  from cnn_tf.run import loop

  place = workdir(settings, folder)
  storage.make_folder(folder)
  log = folder / f'{place.name}.log'
  with log.open('a') as file, contextlib.redirect_stdout(file):
    if read_test:
      loop.train_and_evaluate(settings, place, num_replicas, num_kept)
    else:
      loop.train(settings, place, num_replicas, num_kept, read_test)
  # Graphs are in reference cycles, and hold a copy of the training set: many of
  # them fill the memory before Python collects them.
  gc.collect()
  return place
