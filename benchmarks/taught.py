r"""A small network that learns from the answers of larger ones, over seeds.

  python -m benchmarks.accuracy configs/fashion_teacher.flags
  python -m benchmarks.taught configs/fashion_taught.flags \
    --teacher=configs/fashion_teacher.flags --temperature=2

The first command trains the teachers, with the seeds 0, 1 and 2. Their answer
is the mean of their log-probabilities. Every image has a fixed number of
versions, changed at random as the student's flags say (`--shift`, `--flip`,
...); an epoch shows the next version of all images. The answers for all
versions are computed once and kept beside the teachers, so a step of training
costs no more than without a teacher. Without `--teacher`, the student learns
the labels from the same versions.

Only the students differ in their seeds: an interval says nothing of other
teachers or other versions. On validation, students and teachers are trained
without the validation images. Finished seeds are kept in benchmarks/taught.csv.
"""

import dataclasses
import pathlib
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from absl import flags

from benchmarks import records
from benchmarks import results
from benchmarks import seeds
from cnn_tf import errors
from cnn_tf.run import settings as settings_lib
from cnn_tf.sweep import kept

_LABELS = 'labels'  # the teacher of a student without one


class Case(NamedTuple):
  """What the seeds of a row share."""

  student: str  # name of the flagfile
  settings: str  # of the student, from `kept.digest`
  teacher: str  # name of the flagfile and `kept.digest`; or 'labels'
  teachers: int
  temperature: float
  versions: int
  on: str  # validation or test


class Taught(NamedTuple):
  """A line of the table: a case, a seed and its results."""

  student: str
  settings: str
  teacher: str
  teachers: int
  temperature: float
  versions: int
  on: str
  seed: int
  epochs: int
  accuracy: float  # of single images, after the last epoch
  cross_entropy: float
  accuracy_with_flips: float | None  # with `--evaluate_flips`
  training_accuracy: float  # on the training images as they are
  teacher_accuracy: float | None  # of the mean of the teachers, by `predict`
  seconds: int  # of the student
  teacher_seconds: int  # of the training of all teachers
  machine: str
  tensorflow: str


def main(*flagfiles: str) -> None:
  """Trains the students that the table does not have, and prints the rows."""
  chosen = flags.FLAGS
  table = pathlib.Path(chosen.csv)
  if not chosen.table:
    if not flagfiles:
      raise errors.UserError('no flagfile is given (--help shows examples)')
    # All are read first, so that a mistake in the last one is found now.
    teacher = _settings(chosen.teacher) if chosen.teacher else None
    students = {path: _settings(path) for path in flagfiles}
    for path, settings in students.items():
      check(path, settings, teacher)
    last = chosen.first_seed + chosen.seeds
    for path, settings in students.items():
      case = _case(path, settings, teacher)
      measure(case, settings, teacher, range(chosen.first_seed, last), table)
  print(summary(records.read(table, Taught)))


def _settings(path):
  settings = seeds.settings_on(settings_lib.read(path), flags.FLAGS.on)
  if settings.precision == 'auto':
    raise errors.UserError(f'{path}: write out the --precision')
  return settings


_SHARED = ('dataset', 'data_dir', 'transpose', 'num_validation')


def check(
  path: str,
  settings: settings_lib.Settings,
  teacher: settings_lib.Settings | None,
) -> None:
  """Raises UserError if a student would not be trained as its flags say.

  Args:
    path: of the student's flagfile.
    settings: of the student.
    teacher: the settings of its teachers, if it has any.
  """
  if settings.label_smoothing or 'dropout' in settings.layers:
    raise errors.UserError(
      f'{path}: students have neither dropout nor --label_smoothing'
    )
  for name in _SHARED if teacher else ():
    if getattr(settings, name) != getattr(teacher, name):
      raise errors.UserError(f'{path}: its teachers have another --{name}')


def _case(path, settings, teacher):
  chosen = flags.FLAGS
  of_teacher = (_LABELS, 0, 1.0)
  if teacher:
    name = f'{pathlib.Path(chosen.teacher).stem}-{kept.digest(teacher)}'
    of_teacher = (name, chosen.teachers, chosen.temperature)
  name = pathlib.Path(path).stem
  return Case(
    name, kept.digest(settings), *of_teacher, chosen.versions, chosen.on
  )


def measure(
  case: Case,
  settings: settings_lib.Settings,
  teacher: settings_lib.Settings | None,
  wanted: Sequence[int],
  table: pathlib.Path,
  folder: pathlib.Path = seeds.RUNS,
) -> None:
  """Adds a line to the table for each seed that it does not have.

  Args:
    case: the fields of the lines that do not depend on the seed.
    settings: of the student, with any seed.
    teacher: the settings of the teachers, with any seed, if there are any.
    wanted: the seeds.
    table: the CSV file.
    folder: of the runs of the teachers.

  Raises:
    UserError: the teachers are not trained, or a training diverges.
  """
  found = {
    line.seed for line in records.read(table, Taught) if case_of(line) == case
  }
  missing = [seed for seed in wanted if seed not in found]
  print(f'{case}: {len(missing)} of {len(wanted)} seeds are missing')
  if not missing:
    return
  records.check_writable(table)
  kept.import_tensorflow()
  from benchmarks import students
  from cnn_tf.run import environment

  print(environment.describe_precision(settings.precision), flush=True)
  course = students.prepare(case, settings, teacher, folder)
  for seed in missing:
    seeded = dataclasses.replace(settings, seed=seed)
    scores = students.teach(seeded, course, case.temperature)
    line = Taught(
      *case,
      seed,
      epochs=settings.num_epochs,
      **scores,
      teacher_accuracy=course.teacher_accuracy,
      teacher_seconds=course.teacher_seconds,
    )
    records.append(table, line)
    print(f'seed {seed}: {line.accuracy:.2%}', flush=True)


def case_of(line: Taught) -> Case:
  """The fields that the seeds of a row share."""
  return Case(*line[: len(Case._fields)])


_COLUMNS = (
  'student',
  'teachers',
  'T',
  'versions',
  'on',
  'epochs',
  'n',
  'accuracy, %',
  '95 % interval',
  'with flips, %',
  'training images, %',
  'teachers together, %',
  'time per seed',
  'time of all teachers',
)


def summary(lines: Sequence[Taught]) -> str:
  """A table in Markdown: one row for all seeds of a case."""
  cases = {}
  for line in lines:
    cases.setdefault(case_of(line), []).append(line)
  rows = [_COLUMNS, ['---'] * len(_COLUMNS), *map(_cells, cases.values())]
  return '\n'.join(f'| {" | ".join(row)} |' for row in rows)


def _cells(lines):
  first = lines[0]
  flips = [line.accuracy_with_flips for line in lines]
  teacher, _, _ = first.teacher.rpartition('-')
  return [
    f'`{first.student}`',
    f'{first.teachers} `{teacher}`' if teacher else 'none: the labels',
    f'{first.temperature:g}' if teacher else '',
    str(first.versions),
    first.on,
    str(first.epochs),
    str(len(lines)),
    results.spread(line.accuracy for line in lines),
    results.interval(line.accuracy for line in lines),
    '' if None in flips else results.spread(flips),
    results.spread(line.training_accuracy for line in lines),
    results.spread([first.teacher_accuracy]) if teacher else '',
    results.minutes(statistics.median(line.seconds for line in lines)),
    results.minutes(first.teacher_seconds) if teacher else '',
  ]


if __name__ == '__main__':
  flags.DEFINE_string('teacher', '', 'the flagfile of the teachers')
  flags.DEFINE_integer('teachers', 3, 'how many teachers', lower_bound=1)
  flags.DEFINE_float(
    'temperature', 4.0, 'T of the soft answers', lower_bound=0.1
  )
  flags.DEFINE_integer('versions', 18, 'of each image', lower_bound=1)
  flags.DEFINE_bool('table', False, 'only print the table')
  seeds.define_on()
  seeds.run(main, 'benchmarks/taught.csv')
