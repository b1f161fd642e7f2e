"""Trains several settings over seeds, and compares them on validation.

  python -m cnn_tf.sweep --vary=--l2_scale=0 --vary=--l2_scale=1e-3 --seeds=3
  python -m cnn_tf.sweep --vary= --vary="--optimizer=momentum --l2_scale=5e-4"

Each --vary gives the flags of one setting, and an empty one adds none; flags
outside of --vary hold for all settings. A value may contain spaces, as in
--vary="--layers=conv 16 3x3, dense 50 --l2_scale=0". A file may hold a --vary
per line: --flagfile=FILE.

All runs are kept in --workdir. The same command resumes what was stopped, and
trains no finished run again. The test files are not read.

At the end, the validation accuracy after the last epoch: its mean over the
seeds and the 95 % interval of the mean, in percent; the difference from the
first setting, paired by seed, in points; the mean seconds of training a run.
"""

import contextlib
import dataclasses
import functools
import re
from collections.abc import Sequence

from absl import flags

from cnn_tf import errors
from cnn_tf.run import command
from cnn_tf.run import history
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import terminal
from cnn_tf.sweep import kept
from cnn_tf.sweep import table

# The flags that a setting adds -> the setting. The seed is not one of them.
Sweep = dict[str, settings_lib.Settings]
_UNCHANGED = 'no change'  # what is shown of a line without flags


def main() -> None:
  """Trains what is missing, and prints the table."""
  sweep = read(flags.FLAGS.vary, flags.FLAGS)
  folder = command.folder('workdir')
  storage.check_name(folder)
  first = flags.FLAGS.seed
  seeds = range(first, first + flags.FLAGS.seeds)
  runs = {
    line: [dataclasses.replace(settings, seed=seed) for seed in seeds]
    for line, settings in sweep.items()
  }
  try:
    diverged = _train(sweep, runs, folder)
  except KeyboardInterrupt:
    raise KeyboardInterrupt('To resume, give the same command.') from None
  found = [
    _trained(line, of_seeds, diverged, folder)
    for line, of_seeds in runs.items()
  ]
  print(terminal.align(table.table(found)))


def read(lines: Sequence[str], given: flags.FlagValues) -> Sweep:
  """The setting of each line: the flags `given`, and then those of the line.

  Raises:
    UserError: a line is not of valid flags, changes the seed, leaves nothing
      to validate on, or makes the same setting as another line.
  """
  base = [
    f'--{field.name}={given[field.name].value}'
    for field in dataclasses.fields(settings_lib.Settings)
    if given[field.name].present
  ]
  found = {}
  for line in (' '.join(line.split()) for line in lines):
    with _naming(line):
      settings = settings_lib.given(settings_lib.parse(base + _words(line)))
      layers.parse(settings.layers)
      if settings.seed != given['seed'].value:
        raise errors.UserError('all settings have the same seeds')
      if not settings.num_validation:
        raise errors.UserError('--num_validation=0 leaves nothing to compare')
    for other, its_settings in found.items():
      if its_settings == settings:
        raise errors.UserError(
          f'--vary="{other}" and --vary="{line}" are the same settings'
        )
    found[line] = settings
  return found


def check_comparable(sweep: Sweep) -> None:
  """Checks that all settings are validated on the same images.

  Raises:
    UserError: they are not.
  """
  seen = {}
  for line, settings in sweep.items():
    data = settings.dataset, settings.data_dir, settings.num_validation
    seen.setdefault(data, line)
  if len(seen) > 1:
    lines = ' and '.join(f'--vary="{line}"' for line in seen.values())
    raise errors.UserError(f'{lines} are validated on different images')


def _words(line):
  """The flags in a line: a new one begins at each `--` after a space."""
  words = re.split(r' (?=--)', line) if line else []
  return [re.sub(r'=([\'"])(.*)\1$', r'=\2', word) for word in words]


@contextlib.contextmanager
def _naming(line):
  """Adds the line to a `UserError`, unless it is empty."""
  try:
    yield
  except errors.UserError as error:
    if not line:
      raise
    raise errors.UserError(f'--vary="{line}": {error}') from None


def _train(sweep, runs, folder):
  """Trains what is missing, seed by seed; returns the runs that diverge."""
  names = {
    run: f'{line or _UNCHANGED}, seed {run.seed}'
    for of_one_seed in zip(*runs.values(), strict=True)
    for line, run in zip(runs, of_one_seed, strict=True)
  }
  if all(kept.is_finished(run, folder, read_test=False) for run in names):
    check_comparable(sweep)
    return set()
  kept.import_tensorflow()
  _prepare(sweep, folder)
  return _train_each(names, folder)


def _prepare(sweep, folder):
  """Checks all settings, and makes the devices of their replicas.

  TensorFlow cannot add a device after its first op. So the devices are those of
  all settings, whatever is still to be trained: the bits depend on them.
  """
  from cnn_tf.data import datasets
  from cnn_tf.run import replicas

  if replicas.has_cluster():
    raise errors.UserError('TF_CONFIG is set, but a sweep is for one machine')
  most_replicas_first = sorted(
    sweep.items(),
    key=lambda item: (
      -replicas.largest_count(replicas.num_cores(), item[1].batch_size)
    ),
  )
  for line, settings in most_replicas_first:
    with _naming(line):
      replicas.make_strategy(flags.FLAGS.replicas, settings.batch_size)
  load = functools.cache(datasets.load)
  for line, settings in sweep.items():
    with _naming(line):
      data = settings.dataset, settings.data_dir, settings.num_validation
      load(*data, read_test=False)
      kept.seconds_left(settings, folder)  # checks the layers
  check_comparable(sweep)


def _train_each(names, folder):
  """Prints a line after each run."""
  from cnn_tf.run import loop

  queue, diverged = kept.Queue(names, folder, read_test=False), set()
  queue.announce()
  for run in queue.unfinished:
    try:
      place = kept.train(run, folder, flags.FLAGS.replicas, read_test=False)
      result = f'{kept.validation_accuracy(place):.2%}'
    except loop.DivergedError:
      diverged.add(run)
      result = 'diverged'
    left = queue.left_after(run)
    print(f'{names[run]}: {result}; left: {left}', flush=True)
  print()
  return diverged


def _trained(line, runs, diverged, folder):
  """What the table shows of the runs of a setting."""
  places = {
    run: kept.workdir(run, folder) for run in runs if run not in diverged
  }
  accuracies = {
    run: kept.validation_accuracy(place) for run, place in places.items()
  }
  return table.Trained(
    line or _UNCHANGED,
    [accuracies.get(run) for run in runs],
    [history.read_seconds(place) for place in places.values()],
  )


def _define_flags():
  flags.DEFINE_multi_string(
    'vary',
    [''],
    'the flags of a setting, in addition to those given for all; repeat it for '
    'each setting',
    module_name='sweep',
  )
  flags.DEFINE_integer(
    'seeds',
    3,
    'runs per setting: their seeds count up from --seed',
    lower_bound=1,
    module_name='sweep',
  )
  flags.DEFINE_string(
    'workdir', 'runs/sweep', 'folder of all runs', module_name='sweep'
  )
  flags.DEFINE_string(
    'replicas', 'auto', 'as for run_train.py', module_name='sweep'
  )
  settings_lib.define()


if __name__ == '__main__':
  _define_flags()
  command.run(main)
