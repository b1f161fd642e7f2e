"""Figures -> PNG files in the folder of a run, and TensorBoard events."""

import csv
import io
import os
import pathlib
from collections.abc import Iterable
from collections.abc import Sequence

from cnn_tf.figures import patterns
from cnn_tf.figures import sheet
from cnn_tf.measure import ascent
from cnn_tf.measure import excitation
from cnn_tf.measure import pattern_search
from cnn_tf.measure import runs
from cnn_tf.run import history
from cnn_tf.run import storage
from cnn_tf.visualization import catalogue

FOLDER = 'figures'


def at_the_end(workdir: pathlib.Path) -> None:
  """Draws all figures of a run, as files and as TensorBoard events.

  The folder gets its name, `figures`, when all files are written, so if it
  exists, it is complete.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  run = runs.load(workdir)
  images = range(min(3, len(run.data.test.labels)))
  partial = workdir / f'{FOLDER}.partial'
  with storage.locked(workdir):
    write(
      run, catalogue.of_run(run, images), partial, history.TensorBoard(workdir)
    )
    os.replace(partial, workdir / FOLDER)


def write(
  run: runs.Run,
  named_figures: Iterable[catalogue.NamedFigure],
  folder: pathlib.Path,
  board: history.TensorBoard | None = None,
) -> list[str]:
  """Writes each figure as a PNG file; returns their paths.

  Args:
    run: the run that the figures show.
    named_figures: names of the files, without suffix, and their figures.
    folder: created if it does not exist.
    board: if given, the figures are added to its events as well.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  storage.make_folder(folder)
  paths = []
  with sheet.defaults():  # figures are drawn one by one, as they are asked for
    for name, figure in named_figures:
      png = sheet.to_png(figure)
      paths.append(folder / f'{name}.png')
      storage.write(paths[-1], png)
      if board:
        board.image(name, png, run.step)
  return [str(path) for path in paths]


def write_patterns(
  run: runs.Run,
  name: str,
  maps: Sequence[int],
  settings: ascent.Settings,
  folder: pathlib.Path | None = None,
) -> list[str]:
  """Finds and draws what excites some maps of the layer `name` most.

  The files go into the folder of the run's figures, or another one.

  Returns:
    The paths of the PNG file, the CSV file, and the file that the page reads.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  excitations, steps = pattern_search.find(run, name, maps, settings)
  source = run.source(
    f'patches of {len(run.data.train.labels):,} training images'
  )
  objective = _objective(name, settings)
  folder = folder or run.place(FOLDER)
  with sheet.defaults():
    figure = patterns.patterns(name, excitations, steps, objective, source)
    paths = write(run, [(f'patterns_{name}', figure)], folder)
  text = io.StringIO()
  csv.writer(text, lineterminator='\n').writerows(excitation.table(excitations))
  storage.write(folder / f'patterns_{name}.csv', text.getvalue())
  kept = excitation.save(folder, name, run.epoch, excitations)
  return [*paths, f'{folder}/patterns_{name}.csv', str(kept)]


def _objective(name, settings):
  text = (
    f'Maximised: {name} before its activation function, by '
    f'{settings.num_steps} steps of gradient ascent on pixels in [0, 1]; best '
    f'of {settings.num_starts} starts'
  )
  if settings.jitter:
    text += f'; jitter of {settings.jitter} pixels'
  if settings.smoothing:
    text += f'; smoothing {settings.smoothing:g}'
  return text
