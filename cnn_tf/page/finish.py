"""The folder of a run -> its page."""

import pathlib

from cnn_tf.measure import runs
from cnn_tf.page import contents
from cnn_tf.page import document
from cnn_tf.run import storage

FILE = 'page.html'


def at_the_end(workdir: pathlib.Path) -> None:
  """Writes the page of a run that has just finished.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  with storage.locked(workdir):
    write(workdir)


def write(
  workdir: pathlib.Path,
  output: pathlib.Path | None = None,
  data_dir: str = '',
) -> pathlib.Path:
  """Writes the page of a run; returns its path.

  Args:
    workdir: the folder of the run.
    output: the file (default: page.html, as `Run.place` says).
    data_dir: as for `runs.load`.

  Raises:
    UserError: there is no run, or the file cannot be written.
  """
  run = runs.load(workdir, data_dir=data_dir)
  path = output or run.place(FILE)
  storage.write(path, document.write(contents.of_run(run)))
  return path
