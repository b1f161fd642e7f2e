"""The race: the README's command, whole, in this project, Keras and PyTorch.

  pip install -e '.[benchmark]' && python -m benchmarks.race
  python -m benchmarks.race --report       prints what race.csv has

All train with the same layers, dropout, label smoothing, L2 penalty, Adam and
learning rates for the same number of steps, and evaluate on the validation
images after every epoch, in float32 and, where the processor multiplies in it,
in bfloat16. Each library runs in a
process of its own, with the setting that was the fastest in a short heat. They
take turns, epoch by epoch, so a slow period of the machine affects all of them.

A finished precision and seed is added to race.csv and not run again. race.txt
and race.png are made from race.csv.
"""

import contextlib
import dataclasses
import multiprocessing
import pathlib
import tempfile
import time
from collections.abc import Iterator
from collections.abc import Sequence

from absl import flags

from benchmarks import machine
from benchmarks import peers
from benchmarks import progress
from benchmarks import race_results
from benchmarks import racers
from benchmarks import recipes
from benchmarks import records
from benchmarks import workers
from cnn_tf import errors
from cnn_tf.run import command
from cnn_tf.run import settings as settings_lib

_HEAT_IMAGES, _HEAT_EPOCHS = 12800, 3  # of which the first does not count
_LIBRARIES = ('ours', 'Keras', 'PyTorch')


def main() -> None:
  """Runs what is missing, and prints the tables of `benchmarks/README.md`."""
  folder = command.folder('folder') or pathlib.Path(__file__).parent
  table = folder / 'race.csv'
  if not flags.FLAGS.report:
    folder.mkdir(parents=True, exist_ok=True)
    print(f'{machine.describe()}\n', flush=True)
    given = (
      {} if flags.FLAGS.epochs is None else {'num_epochs': flags.FLAGS.epochs}
    )
    settings = settings_lib.Settings(
      dataset='fashion',
      lr_schedule='exp',
      data_dir=flags.FLAGS.data_dir,
      **given,
    )
    for seed in range(flags.FLAGS.seeds):
      for precision in flags.FLAGS.precisions:
        run_group(
          dataclasses.replace(settings, seed=seed, precision=precision),
          table,
          flags.FLAGS.libraries,
          flags.FLAGS.images,
        )
  found = _read_runs(table)
  text = race_results.report(found)
  print(text, flush=True)
  if not flags.FLAGS.report:
    _write(folder, found, text)


def run_group(
  settings: settings_lib.Settings,
  table: pathlib.Path,
  libraries: Sequence[str],
  num_images: int = 0,
) -> None:
  """Races with one precision and seed, unless the table has that group.

  Args:
    settings: the recipe, with the precision and the seed.
    table: the CSV file to which the rows of the group are added.
    libraries: which of 'ours', 'Keras' and 'PyTorch' take part.
    num_images: train on the first ones only, if not 0.

  Raises:
    UserError: the table is of another number of epochs or images.
  """
  rows = records.read(table, race_results.Row)
  groups = race_results.finished(rows, settings.num_epochs)
  name = f'{settings.precision}, seed {settings.seed}'
  key = settings.precision, settings.seed
  if any((row.precision, row.seed) == key for row, *_ in groups):
    print(f'{name}: in {table}', flush=True)
    return
  recipe = recipes.make(settings, num_images)
  _check(table, rows, recipe)
  contestants = list(
    dict.fromkeys(
      peers.Peer(row.library, row.setting)
      for group in groups
      for row in group
      if row.precision == settings.precision
    )
  ) or _heat(settings, libraries, num_images)
  print(f'{name}: {"; ".join(map(str, contestants))}', flush=True)
  records.append(table, *race(contestants, recipe))


def race(
  contestants: Sequence[peers.Peer], recipe: recipes.Recipe
) -> list[race_results.Row]:
  """Lets all contestants train in turn, epoch by epoch, in rotating order.

  Returns:
    The rows, epoch by epoch, without contestants that failed or whose library
    is missing.
  """
  settings = recipe.settings
  answers = {peer: [] for peer in contestants}
  with _ready(contestants, recipe) as running:
    bar = progress.Progress((settings.num_epochs + 1) * len(running))
    # The last turn is the test set.
    for turn in range(settings.num_epochs + 1):
      for peer in _rotated(running, turn + settings.seed):
        bar.show(f'{settings.precision}, turn {turn + 1}: {peer}')
        try:
          answers[peer].append(running[peer].ask(True))
        except EOFError:
          bar.clear()
          print(f'{peer} failed and is left out: {running[peer].tail()}')
          del running[peer]
        bar.step()
    bar.clear()
    complete = list(running)
  return [
    _row(peer, recipe, epoch, answers[peer])
    for epoch in range(1, settings.num_epochs + 1)
    for peer in complete
  ]


def _heat(settings, libraries, num_images):
  """The fastest setting of each library, after a short race of all."""
  contestants = [racers.OURS] if 'ours' in libraries else []
  variants = [peer for peer in racers.PEERS if peer.library in libraries]
  if not variants:
    return contestants
  num_images = min(num_images or _HEAT_IMAGES, _HEAT_IMAGES)
  settings = dataclasses.replace(settings, num_epochs=_HEAT_EPOCHS)
  seconds = {}
  for row in race(variants, recipes.make(settings, num_images)):
    if row.epoch > 1:
      peer = peers.Peer(row.library, row.setting)
      seconds[peer] = seconds.get(peer, 0) + row.train_seconds
  images = (_HEAT_EPOCHS - 1) * (num_images // settings.batch_size)
  images *= settings.batch_size
  for peer, its_seconds in seconds.items():
    print(
      f'heat in {settings.precision}: {peer}: {images / its_seconds:,.0f} '
      'images/s in training',
      flush=True,
    )
  for library in libraries:
    its_peers = [peer for peer in seconds if peer.library == library]
    contestants += sorted(its_peers, key=seconds.get)[:1]
  return contestants


@contextlib.contextmanager
def _ready(contestants, recipe) -> Iterator[dict[peers.Peer, workers.Worker]]:
  """The workers, started one after the other so that none slows another."""
  with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
    running = {}
    for index, peer in enumerate(contestants):
      arguments = peer, recipe, time.time()
      log = pathlib.Path(folder, str(index))
      worker = workers.Worker(racers.serve, arguments, log)
      stack.callback(worker.stop)
      if problem := worker.problem():
        print(f'{peer} is left out: {problem}', flush=True)
      else:
        running[peer] = worker
    yield running


def _rotated(items, count):
  """The items, beginning `count` places later than in the round `count = 0`."""
  items = list(items)
  start = count % len(items) if items else 0
  return items[start:] + items[:start]


def _row(peer, recipe, epoch, answers):
  """The row of an epoch; the answers are a lap per epoch, and the test."""
  settings, lap = recipe.settings, answers[epoch - 1]
  is_last = epoch == settings.num_epochs
  return race_results.Row(
    *peer,
    precision=settings.precision,
    seed=settings.seed,
    epoch=epoch,
    images=recipe.images_per_epoch,
    train_seconds=round(lap.train_seconds, 4),
    evaluate_seconds=round(lap.evaluate_seconds, 4),
    validation_accuracy=round(lap.accuracy, 6),
    first_step=round(lap.first_step, 4) if epoch == 1 else None,
    test_accuracy=round(answers[-1], 6) if is_last else None,
  )


def _check(table, rows, recipe):
  """Raises a `UserError` if the table is of a longer or shorter race."""
  num_epochs = max((row.epoch for row in rows), default=0)
  others = {row.images for row in rows} - {recipe.images_per_epoch}
  if others or num_epochs not in (0, recipe.settings.num_epochs):
    raise errors.UserError(
      f'{table}: is of another number of epochs or images; use another --folder'
    )


def _read_runs(table):
  rows = records.read(table, race_results.Row)
  num_epochs = max((row.epoch for row in rows), default=0)
  groups = race_results.finished(rows, num_epochs)
  if not groups:
    raise errors.UserError(f'{table}: there is no finished race')
  return race_results.runs(row for group in groups for row in group)


def _write(folder, found, text):
  """The report and the figure."""
  from benchmarks import race_chart  # it takes a second
  from cnn_tf.figures import sheet

  described = machine.describe()
  (folder / 'race.txt').write_text(f'{described}\n\n{text}\n')
  with sheet.defaults():
    figure = race_chart.draw(found, described.splitlines()[0])
    sheet.save(figure, folder / 'race.png')
  print(f'\nWritten: {folder / "race.txt"}, {folder / "race.png"}', flush=True)


if __name__ == '__main__':
  flags.DEFINE_integer('seeds', 3, 'how many seeds', lower_bound=1)
  flags.DEFINE_integer(
    'epochs', None, 'as --num_epochs of run_train.py', lower_bound=1
  )
  flags.DEFINE_list(
    'precisions',
    machine.precisions(),
    'which to run; by default bfloat16 only where the processor has it',
  )
  flags.DEFINE_list('libraries', list(_LIBRARIES), 'which take part')
  flags.DEFINE_integer(
    'images', 0, 'train on the first ones only; 0: on all', lower_bound=0
  )
  flags.DEFINE_string('data_dir', '', 'as for run_train.py')
  flags.DEFINE_string(
    'folder', None, 'of race.csv, race.txt and race.png; benchmarks/ by default'
  )
  flags.DEFINE_bool('report', False, 'only print what race.csv has')
  multiprocessing.set_start_method('spawn')
  command.run(main)
