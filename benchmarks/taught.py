r"""A small network that learns from the answers of larger ones, over seeds.

  python -m benchmarks.taught configs/fashion_taught.flags --seeds=3 \
    --teacher=configs/fashion_teacher.flags --temperature=4

The teachers are runs of their flagfile, with the seeds 0, 1, ... Their answer
is the mean of their log-probabilities. Every image has a fixed number of
versions, changed at random as the student's flags say (`--shift`, `--flip`,
...); an epoch shows the next version of all images. The answers for all
versions are computed once, so a step of training costs no more than without a
teacher. Without `--teacher`, the student learns the labels from the same
versions.

On validation, students and teachers are trained without the validation images.
Finished seeds are kept in benchmarks/taught.csv.
"""

import dataclasses
import pathlib
import statistics
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from absl import flags

from benchmarks import records
from benchmarks import results
from benchmarks import seeds
from cnn_tf import errors
from cnn_tf.run import command
from cnn_tf.run import settings as settings_lib
from cnn_tf.sweep import kept

_LABELS = 'labels'  # the teacher of a student without one


class Taught(NamedTuple):
  """A line of the table."""

  student: str  # name of the flagfile
  settings: str  # of the student, from `kept.digest`
  teacher: str  # name of the flagfile and `kept.digest`; or 'labels'
  teachers: int
  temperature: float
  versions: int
  on: str  # validation or test
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
  for path in flagfiles:
    settings = seeds.settings_on(settings_lib.read(path), chosen.on)
    if settings.precision == 'auto':
      raise errors.UserError(
        f'{path}: write out the --precision of the student'
      )
    teacher = chosen.teacher and seeds.settings_on(
      settings_lib.read(chosen.teacher), chosen.on
    )
    case = {
      'student': pathlib.Path(path).stem,
      'settings': kept.digest(settings),
      'teacher': _name_of(teacher),
      'teachers': chosen.teachers if teacher else 0,
      'temperature': chosen.temperature if teacher else 1.0,
      'versions': chosen.versions,
      'on': chosen.on,
    }
    last = chosen.first_seed + chosen.seeds
    measure(case, settings, teacher, range(chosen.first_seed, last), table)
  if not flagfiles and not chosen.table:
    raise errors.UserError('no flagfile is given (--help shows examples)')
  print(summary(records.read(table, Taught)))


def _name_of(teacher):
  if not teacher:
    return _LABELS
  return f'{pathlib.Path(flags.FLAGS.teacher).stem}-{kept.digest(teacher)}'


def measure(
  case: dict[str, Any],
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
  """
  found = {
    line.seed
    for line in records.read(table, Taught)
    if case.items() <= line._asdict().items()
  }
  missing = [seed for seed in wanted if seed not in found]
  print(f'{case}: {len(missing)} of {len(wanted)} seeds are missing')
  if not missing:
    return
  with command.silent_libraries():  # only now, because it takes seconds
    from benchmarks import students

  lessons = students.prepare(case, settings, teacher, folder)
  for seed in missing:
    seeded = dataclasses.replace(settings, seed=seed)
    scores = students.teach(seeded, lessons, case['temperature'])
    line = Taught(
      **case,
      seed=seed,
      epochs=settings.num_epochs,
      **scores,
      teacher_accuracy=lessons.teacher_accuracy,
      teacher_seconds=lessons.teacher_seconds,
    )
    records.append(table, line)
    print(f'seed {seed}: {line.accuracy:.2%}', flush=True)


_COLUMNS = (
  'student',
  'teachers',
  'T',
  'on',
  'epochs',
  'n',
  'accuracy, %',
  '95 % interval',
  'with flips, %',
  'training images, %',
  'the teachers, %',
  'time per seed',
  'of the teachers',
)


def summary(lines: Sequence[Taught]) -> str:
  """A table in Markdown: one row for all seeds of a case."""
  cases = {}
  for line in lines:
    case = line[: Taught._fields.index('seed')] + (line.epochs,)
    cases.setdefault(case, []).append(line)
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
  flags.DEFINE_float('temperature', 4.0, 'T of the soft answers', lower_bound=0)
  flags.DEFINE_integer('versions', 18, 'of each image', lower_bound=1)
  flags.DEFINE_bool('table', False, 'only print the table')
  seeds.define_on()
  seeds.run(main, 'benchmarks/taught.csv')
