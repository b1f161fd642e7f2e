"""Can a network know a 3 without ever having seen one?

Known before: Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a
Neural Network": a student that was shown no 3 called 87 % of the 3s of the test
set 3, and 98.6 % after its bias for 3 had been raised.

A teacher, the reference network, learns all digits. A student of half the width
learns the teacher's soft answers at the temperature T, on images that are no
3s: all it can know of a 3 is how much other digits look like one to the
teacher. What share of the 3s of the test set does it get right? T is chosen on
validation images without 3s.

A student hardly ever meets a high probability for 3, so its logit is too low
for all images. A bias is added to it, without any label: the one with which a
tenth of the test images are called 3. (1,010 of the 10,000 are 3s, so at most
99.0 % of them can be found that way; guessing finds 10 %.)

The nulls, with the same images and the same training:

- the teacher's probabilities of the wrong classes in a random order for each
  image, which keeps how certain the teacher is, but not of what: after the
  bias, such a student can still call 3 what is none of the nine;
- a teacher that never saw a 3 either;
- the labels themselves, without a teacher.

MNIST has a few 3s with another label. So some students are not shown the images
that the teacher itself calls 3, whatever their label is.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.figures import tiles
from cnn_tf.measure import activity
from cnn_tf.measure import intervals
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import teaching

QUICK = study.Plan('mnist', seeds=1, epochs=1)
FULL = study.Plan('mnist', seeds=5, epochs=2)

HIDDEN = 3  # the class that students are not shown
SHARE = 0.1  # of the test images that are called 3, after the bias
TEMPERATURES = (1, 2, 4, 8)
LEARNING_RATE = 0.03  # of students; at the usual 0.1, one of them diverged
SOFT, STRICT = 'soft answers', 'soft, without its own 3s'
PERMUTED, IGNORANT = 'wrong classes permuted', 'of a teacher without 3s'
HARD = 'labels'
_NUM_SHOWN = 10  # images in the figure


class Scores(NamedTuple):
  """What a student knows, as fractions of 1."""

  validation: float  # accuracy without 3s
  before: float  # the share of the 3s that it gets right
  after: float  # the same after the bias
  others: float  # the share of the other digits that it gets right, after it


class Teaching(NamedTuple):
  """The results of one seed."""

  students: dict[tuple[str, int], Scores]  # by kind of answers and temperature
  teacher: float  # the share of the 3s of the test set that it gets right
  answers: np.ndarray  # [n, classes], of the teacher for the students' images
  examples: datasets.Examples  # those images, with their labels


def measure(plan: study.Plan) -> study.Report:
  """The scores of all students."""
  teachers = trained.of_seeds(plan)
  students = [student_settings(one, plan) for one in teachers]
  num_students = 4 * len(TEMPERATURES) + 1
  # A second teacher of each seed is shown no 3.
  trained.announce(plan, teachers, teachers + num_students * students)
  found = []
  for run in trained.seeds(plan):
    found.append(teach(run, plan))
    print(f'seed {run.settings.seed}: {len(found[-1].students)} students')
  return study.Report(_table(found), _draw(found, plan))


def teach(run: runs.Run, plan: study.Plan) -> Teaching:
  """Trains all students of one teacher."""
  train, validation = (
    without(part, HIDDEN) for part in (run.data.train, run.data.validation)
  )
  answers = activity.log_probabilities(run.network, train.images)
  students = {}
  settings = student_settings(run.settings, plan)
  geometries = trainer.geometries(settings, run.data)
  for kind, temperature, shown in lessons(run, train, answers, plan):
    student = teaching.train(
      settings, geometries, lambda epoch, shown=shown: shown, temperature
    )
    students[kind, temperature] = score(student, validation, run.data.test)
  scores = activity.log_probabilities(run.network, run.data.test.images)
  is_hidden = run.data.test.labels == HIDDEN
  knows = float(np.mean(scores[is_hidden].argmax(axis=1) == HIDDEN))
  return Teaching(students, knows, answers, train)


def lessons(
  run: runs.Run,
  train: datasets.Examples,
  answers: np.ndarray,
  plan: study.Plan,
) -> Iterator[tuple[str, int, teaching.Lessons]]:
  """The kind of answers, the temperature, and the lessons of each student.

  Args:
    run: of the teacher.
    train: the images that students are shown, with their labels.
    answers: of the teacher for them.
    plan: the number of epochs.
  """
  images, labels = train
  hard = teaching.certain(labels, run.data.num_classes)
  ignorant = teaching.train(
    trained.settings(plan, seed=run.settings.seed),
    run.geometries,
    lambda epoch: teaching.Lessons(images, hard),
    temperature=1,
  )
  strict = answers.argmax(axis=1) != HIDDEN
  kinds = {
    SOFT: (images, answers),
    STRICT: (images[strict], answers[strict]),
    PERMUTED: (images, teaching.permuted(answers, labels, run.settings.seed)),
    IGNORANT: (images, activity.log_probabilities(ignorant, images)),
  }
  for kind, shown in kinds.items():
    for temperature in TEMPERATURES:
      yield kind, temperature, teaching.Lessons(*shown)
  yield HARD, 1, teaching.Lessons(images, hard)


def without(examples: datasets.Examples, label: int) -> datasets.Examples:
  """The examples of all other classes."""
  others = examples.labels != label
  return datasets.Examples(*(array[others] for array in examples))


def student_settings(
  teacher: settings_lib.Settings, plan: study.Plan
) -> settings_lib.Settings:
  """Half the width of the teacher, its seed, and a lower rate."""
  return trained.settings(
    plan,
    seed=teacher.seed,
    layers=trained.SMALL_LAYERS,
    learning_rate=LEARNING_RATE,
  )


def score(
  student: model.ConvNet,
  validation: datasets.Examples,
  test: datasets.Examples,
) -> Scores:
  """What a student knows; `validation` has no 3s."""
  logits = activity.log_probabilities(student, test.images)
  is_hidden = test.labels == HIDDEN
  before = logits.argmax(axis=1) == test.labels
  after = biased(logits, HIDDEN, SHARE) == test.labels
  return Scores(
    trained.accuracy(student, validation),
    float(before[is_hidden].mean()),
    float(after[is_hidden].mean()),
    float(after[~is_hidden].mean()),
  )


def biased(logits: np.ndarray, label: int, share: float) -> np.ndarray:
  """The predictions after a bias that gives a `share` of the images a label.

  A bias adds the same to a logit of all images. So those images get the label
  whose logit is highest above the others, or least below them. Of images with
  equal logits, of which a bias would take all or none, the first ones get it.

  Args:
    logits: `[n, classes]`.
    label: the class whose logit is raised, or lowered.
    share: of the images, from 0 to 1.
  """
  others = logits.copy()
  others[:, label] = -np.inf
  predictions = others.argmax(axis=1)
  below = others.max(axis=1) - logits[:, label]
  nearest = np.argsort(below, kind='stable')
  predictions[nearest[: round(share * len(logits))]] = label
  return predictions


def chosen(found: list[Teaching]) -> int:
  """The temperature with the best mean accuracy on validation images."""
  return max(
    TEMPERATURES,
    key=lambda t: np.mean([x.students[SOFT, t].validation for x in found]),
  )


_COLUMNS = {
  'before': '3s right, before the bias (%)',
  'after': '3s right, after it (%)',
  'others': 'other digits right, after it (%)',
  'validation': 'validation without 3s (%)',
}


def _table(found):
  rows = [['student learns', 'T', *_COLUMNS.values()]]
  for kind, temperature in found[0].students:
    scores = [x.students[kind, temperature] for x in found]
    rows.append([kind, str(temperature), *_cells(scores)])
  for temperature in TEMPERATURES:
    differences = [
      Scores(
        *np.subtract(
          x.students[SOFT, temperature], x.students[PERMUTED, temperature]
        )
      )
      for x in found
    ]
    name = f'{SOFT} - {PERMUTED}'
    rows.append([name, str(temperature), *_cells(differences)])
  of_teachers = intervals.percent([x.teacher for x in found])
  rows.append(['(the teacher)', '', of_teachers, '', '', ''])
  rows.append(['(T chosen on validation)', str(chosen(found)), '', '', '', ''])
  return rows


def _cells(scores):
  return [
    intervals.percent([getattr(one, field) for one in scores])
    for field in _COLUMNS
  ]


def _draw(found, plan):
  temperature = chosen(found)
  before = [x.students[SOFT, temperature].before for x in found]
  figure = sheet.new(
    9.6,
    6.3,
    f'Without having seen a 3, a student gets {intervals.percent(before, 1)} % '
    'of them right',
    f'{plan}; T = {temperature} is chosen on validation images without 3s; '
    'bars: 95 % interval over seeds',
  )
  for field, left in (('before', 0.9), ('after', 5.4)):
    panel = sheet.place(figure, left, 1.3, 3.8, 2.7)
    series = [
      charts.over_seeds(kind, color, _by_temperature(found, kind, field))
      for kind, color in (
        (SOFT, sheet.BLUE),
        (IGNORANT, sheet.QUIET),
        (PERMUTED, sheet.VERMILLION),
      )
    ]
    charts.lines(panel, range(len(TEMPERATURES)), series, dashed=[PERMUTED])
    panel.set(ylim=(-3, 103), xlabel='temperature T of the answers')
    panel.set_xticks(range(len(TEMPERATURES)), map(str, TEMPERATURES))
    panel.set_title(_COLUMNS[field], fontsize=10)
  panel.legend(fontsize=8, frameon=False)
  _draw_examples(figure, found[0])
  return figure


def _by_temperature(found, kind, field):
  """Percent, `[seeds, temperatures]`."""
  return 100 * np.array(
    [[getattr(x.students[kind, t], field) for t in TEMPERATURES] for x in found]
  )


def _draw_examples(figure, teaching_):
  """The training images that look most like a 3 to the teacher."""
  images, labels = teaching_.examples
  likely = np.argsort(-teaching_.answers[:, HIDDEN], kind='stable')
  shown = likely[:_NUM_SHOWN]
  texts = [
    f'a {labels[i]}: {np.exp(teaching_.answers[i, HIDDEN]):.0%}' for i in shown
  ]
  sheet.write(
    figure,
    sheet.MARGIN,
    4.8,
    'The training images of the students that look most like a 3 to the '
    'teacher (seed 0), with its probability of a 3:',
  )
  grid = tiles.Tiles([images[i] for i in shown], _NUM_SHOWN, 9.0, texts)
  grid.draw(figure, sheet.MARGIN, 4.9, sheet.BYTES)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
