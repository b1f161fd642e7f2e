"""Settings, seeds -> one training per seed, each with a line in the table."""

import dataclasses
import pathlib
import sys
import time
from collections.abc import Callable
from collections.abc import Sequence

from absl import flags

from benchmarks import records
from cnn_tf import errors
from cnn_tf.run import command
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.sweep import kept

RUNS = pathlib.Path('runs/accuracy')


def settings_on(
  settings: settings_lib.Settings, on: str
) -> settings_lib.Settings:
  """The settings with which a result on 'validation' or 'test' is trained.

  For a result on the test set, a network is trained on all training examples.

  Raises:
    UserError: there are no validation examples.
  """
  if on == 'validation':
    if not settings.num_validation:
      raise errors.UserError('--on=validation needs a --num_validation above 0')
    return settings
  return dataclasses.replace(settings, num_validation=0)


def measure(
  name: str,
  settings: settings_lib.Settings,
  on: str,
  seeds: Sequence[int],
  table: pathlib.Path,
  num_replicas: str = 'auto',
  folder: pathlib.Path = RUNS,
) -> list[records.Record]:
  """The records of all seeds; trains what the table does not have.

  Args:
    name: of the settings, for the table.
    settings: of the training, with any seed.
    on: 'validation', without opening the test files, or 'test'.
    seeds: one training each.
    table: the CSV file to which each finished training is added.
    num_replicas: as for run_train.py.
    folder: of the runs, which are resumed if they were interrupted.
  """
  settings = settings_on(settings, on)
  found = records.find(records.read(table), settings, on)
  missing = [seed for seed in seeds if seed not in found]
  print(
    f'{name}, {on}: {len(seeds) - len(missing)} of {len(seeds)} seeds are in '
    f'{table}',
    flush=True,
  )
  if missing:
    kept.import_tensorflow()
    from cnn_tf.run import environment

    if settings.precision != 'auto':  # auto: the faster one
      print(environment.describe_precision(settings.precision), flush=True)
  runs = [dataclasses.replace(settings, seed=seed) for seed in missing]
  queue = kept.Queue(runs, folder, read_test=on == 'test')
  for run in runs:
    record = found[run.seed] = _record(name, run, on, num_replicas, folder)
    records.append(table, record)
    print(f'{_line(record)}; left: {queue.left_after(run)}', flush=True)
  return [found[seed] for seed in seeds]


def _line(record):
  flips = record.accuracy_with_flips
  with_flips = '' if flips is None else f', with flips {flips:.2%}'
  return f'seed {record.seed}: {record.accuracy:.2%}{with_flips}'


def run(
  main: Callable[..., None], table: str = 'benchmarks/accuracy.csv'
) -> None:
  """The command line of a benchmark over flagfiles and seeds.

  Args:
    main: takes the names of the flagfiles.
    table: the CSV file if there is no `--csv`.
  """
  flags.DEFINE_integer('seeds', 3, 'how many seeds', lower_bound=1)
  flags.DEFINE_integer('first_seed', 0, 'the first of them', lower_bound=0)
  flags.DEFINE_string('csv', table, 'the table to add to')
  # absl would read a flagfile as flags of this command.
  sys.argv = [word.removeprefix('--flagfile=') for word in sys.argv]
  command.run(main, takes_arguments=True)


def define_on() -> None:
  """Defines `--on`, which `settings_on` takes."""
  flags.DEFINE_enum(
    'on',
    'validation',
    ['validation', 'test'],
    'validation: the examples held out, without opening the test files; test: '
    'trains on all examples, and evaluates once on the test set',
  )


def define_replicas() -> None:
  """Defines `--replicas`, which `of_flags` reads."""
  flags.DEFINE_string('replicas', 'auto', 'as for run_train.py')


def of_flags(
  name: str, settings: settings_lib.Settings, on: str
) -> list[records.Record]:
  """`measure` for the seeds, the table and the replicas of the flags.

  Args:
    name: as for `measure`.
    settings: as for `measure`.
    on: as for `measure`.
  """
  first = flags.FLAGS.first_seed
  seeds = range(first, first + flags.FLAGS.seeds)
  table = pathlib.Path(flags.FLAGS.csv)
  return measure(name, settings, on, seeds, table, flags.FLAGS.replicas)


def _record(name, settings, on, num_replicas, folder):
  """Trains one seed and evaluates it after the last epoch."""
  is_new = not kept.workdir(settings, folder).exists()
  started = time.perf_counter()
  workdir = kept.train(settings, folder, num_replicas, read_test=on == 'test')
  seconds = round(time.perf_counter() - started)
  scores, here = _evaluate(workdir, on, num_replicas)
  return records.Record(
    name=name,
    settings=kept.digest(settings),
    dataset=pathlib.Path(settings.data_dir or settings.dataset).name,
    on=on,
    seed=settings.seed,
    epochs=settings.num_epochs,
    **scores,
    precision=storage.read_settings(workdir).precision,
    replicas=here['replicas'],
    seconds=seconds if is_new else None,
    machine=f'{here["cores"]} x {here["cpu"]}',
    tensorflow=here['tensorflow'],
  )


def _evaluate(workdir, on, num_replicas):
  """The scores of a finished run for its record, and where it is evaluated."""
  from cnn_tf.measure import runs
  from cnn_tf.run import environment
  from cnn_tf.run import evaluation
  from cnn_tf.run import replicas

  # Devices first: `load` runs ops.
  batch_size = storage.read_settings(workdir).batch_size
  strategy = replicas.make_strategy(num_replicas, batch_size)
  run = runs.load(workdir, read_test=on == 'test')
  examples = run.data.test if on == 'test' else run.data.validation
  scored = evaluation.Evaluation(run.network, examples, strategy)()
  flipped = None
  if run.settings.evaluate_flips:
    both = evaluation.Evaluation(run.predict, examples, strategy)()
    flipped = round(both.accuracy, 6)
  scores = {
    'accuracy': round(scored.accuracy, 6),
    'cross_entropy': round(scored.cross_entropy, 6),
    'accuracy_with_flips': flipped,
  }
  return scores, environment.describe(strategy.num_replicas_in_sync)
