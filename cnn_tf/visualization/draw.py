"""Figures -> PNG files in the folder of a run, and TensorBoard events."""

import os
import pathlib
from collections.abc import Iterable

from cnn_tf.training import events
from cnn_tf.training import run_folder
from cnn_tf.visualization import figures
from cnn_tf.visualization import pages
from cnn_tf.visualization import runs

FOLDER = 'figures'


def at_the_end(workdir: pathlib.Path) -> None:
  """Draws all figures of a run, also into its TensorBoard events.

  The folder gets its name when all are there: a run that has it is complete.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  run = runs.load(workdir)
  images = range(min(3, len(run.data.test.labels)))
  partial = workdir / f'{FOLDER}.partial'
  write(run, pages.of_run(run, images), partial, events.TensorBoard(workdir))
  os.replace(partial, workdir / FOLDER)


def write(
  run: runs.Run,
  named: Iterable[pages.Named],
  folder: pathlib.Path,
  board: events.TensorBoard | None = None,
) -> list[str]:
  """Writes each figure as a PNG file; returns their paths.

  Args:
    run: whose figures they are.
    named: file names and figures.
    folder: where to; made if it is not there.
    board: takes them too, if given.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  run_folder.make(folder)
  step = run.epochs[-1].step
  paths = []
  for name, page in named:
    png = figures.to_png(page)
    paths.append(folder / f'{name}.png')
    run_folder.write(paths[-1], png)
    if board:
      board.image(name, png, step)
  return [str(path) for path in paths]
