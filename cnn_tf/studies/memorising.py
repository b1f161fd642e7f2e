"""When does a network believe a wrong label?

A fifth of 8,000 training images get the label of another class, drawn at
random. What does the network say of these images after each epoch: the wrong
label on which it is trained, the true one, or neither? The images on which this
is measured are always those with the wrong labels.

Known before: Zhang et al. 2017, "Understanding deep learning requires
rethinking generalization": networks can fit labels that are all random. Arpit
et al. 2017, "A closer look at memorization in deep networks": they learn simple
patterns first, and regularization such as dropout can hinder the memorising
without a loss of accuracy. Liu et al. 2020, "Early-learning regularization
prevents memorization of noisy labels": they first predict the true labels of
mislabelled images, and later the wrong ones.

The basic setting has a constant rate, no L2 penalty and no other
regularization. Each of the others changes one thing, except that the falling
rate also starts higher. The nulls:

- the mislabelled images held out: what a network says of images that it never
  sees, after a fifth fewer steps;
- all labels random: nothing can be learned from other images.

The test accuracy after each epoch shows what the wrong labels cost, and the
validation images, whose labels are right, choose the epoch to stop at.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.run import evaluation
from cnn_tf.run import replicas
from cnn_tf.run import trainer
from cnn_tf.studies import study
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=1, epochs=10)
FULL = study.Plan('fashion', seeds=5, epochs=40)

NUM_IMAGES = 8000  # for training, or all if there are fewer
FRACTION = 0.2  # of the labels are wrong
BASIC, HELD_OUT, RANDOM = 'basic', 'wrong ones held out', 'all labels random'
FALLING = 'falling rate'
_USUAL = {
  'layers': trained.SMALL_LAYERS,
  'batch_size': 64,
  'lr_schedule': 'constant',
  'learning_rate': 0.03,
  'l2_scale': 0.0,
}
SETTINGS = {
  BASIC: {},
  FALLING: {'lr_schedule': 'exp', 'learning_rate': 0.1},  # to 0.001
  'L2 1e-3': {'l2_scale': 1e-3},
  'dropout 0.5': {'layers': f'{trained.SMALL_LAYERS} dropout 0.5'},
  'label smoothing 0.1': {'label_smoothing': 0.1},
  'shifts of 2 pixels': {'shift': 2},
  HELD_OUT: {},
  RANDOM: {},
}


class Task(NamedTuple):
  """What a network is trained on, and the images with wrong labels."""

  data: datasets.Dataset
  wrong: datasets.Examples  # with the wrong labels
  true: datasets.Examples  # the same images, with the true labels


class Answers(NamedTuple):
  """What a network says, as fractions of 1."""

  wrong: float  # of the mislabelled images: their wrong label
  true: float  # of the same images: their true label
  validation: float  # accuracy, with true labels
  test: float  # the same

  @property
  def neither(self) -> float:
    """The share of the mislabelled images that get any other class."""
    return 1 - self.wrong - self.true


# The answers after each epoch, for each seed.
Courses = list[list[Answers]]


def measure(plan: study.Plan) -> study.Report:
  """What networks say of mislabelled images, epoch by epoch."""
  print(f'{plan.seeds * len(SETTINGS)} networks to train')
  found = {name: [] for name in SETTINGS}
  for seed in range(plan.seeds):
    for name in SETTINGS:
      found[name].append(course(plan, name, seed))
    last = found[BASIC][-1][-1]
    print(f'seed {seed}: wrong {last.wrong:.1%}, true {last.true:.1%}')
  return study.Report(_table(found), _draw(found, plan))


def course(plan: study.Plan, name: str, seed: int) -> list[Answers]:
  """Trains a network, and asks it after each epoch."""
  settings = trained.settings(plan, seed=seed, **(_USUAL | SETTINGS[name]))
  strategy = replicas.make_strategy(plan.num_replicas, settings.batch_size)
  given = task(trainer.load(settings), name, seed)
  answers, ask = [], None
  for network in trained.by_epoch(settings, given.data, strategy):
    ask = ask or examiner(network, given, strategy)
    answers.append(ask())
  return answers


def task(data: datasets.Dataset, name: str, seed: int) -> Task:
  """The training images of a seed, with the labels that the setting asks for.

  Args:
    data: with true labels; validation and test stay as they are.
    name: one of `SETTINGS`.
    seed: chooses the images, and their labels.
  """
  random = np.random.default_rng(seed)
  chosen = random.permutation(len(data.train.labels))[:NUM_IMAGES]
  images, true = (array[chosen] for array in data.train)
  if name == RANDOM:
    labels = random.integers(data.num_classes, size=len(true), dtype=np.uint8)
  else:
    labels = mislabelled(true, FRACTION, data.num_classes, random)
  is_wrong = labels != true
  shown = ~is_wrong if name == HELD_OUT else slice(None)
  train = datasets.Examples(images[shown], labels[shown])
  return Task(
    data._replace(train=train),
    *(datasets.Examples(images[is_wrong], x[is_wrong]) for x in (labels, true)),
  )


def mislabelled(
  labels: np.ndarray,
  fraction: float,
  num_classes: int,
  random: np.random.Generator,
) -> np.ndarray:
  """The labels, `[n]`, with a `fraction` of them replaced by another class."""
  count = round(fraction * len(labels))
  chosen = random.permutation(len(labels))[:count]
  steps = random.integers(1, num_classes, count)  # around the circle of classes
  result = labels.copy()
  result[chosen] = (labels[chosen] + steps) % num_classes
  return result


def examiner(
  network: Callable[[tf.Tensor], tf.Tensor],
  given: Task,
  strategy: tf.distribute.Strategy,
) -> Callable[[], Answers]:
  """A function that asks the network, as it is at that time."""
  asked = (given.wrong, given.true, given.data.validation, given.data.test)
  evaluate = [evaluation.Evaluation(network, x, strategy) for x in asked]
  return lambda: Answers(*(one().accuracy for one in evaluate))


def peak(answers: list[Answers]) -> int:
  """The index of the epoch with the most true answers."""
  return int(np.argmax([x.true for x in answers]))


def best(answers: list[Answers]) -> int:
  """The index of the epoch that the validation images choose."""
  return int(np.argmax([x.validation for x in answers]))


_COLUMNS = (
  'mislabelled images (%): called by',
  'the wrong label at the end',
  'the true one at the end',
  'neither at the end',
  'the true one at its peak',
  'in epoch',
  'test accuracy at the end (%)',
  'in the epoch chosen on validation',
  'which is epoch',
  '- at the end (points)',
)


def _table(found):
  rows = [[*_COLUMNS]]
  rows += [[name, *_cells(courses)] for name, courses in found.items()]
  return rows


def _cells(courses):
  last = [answers[-1] for answers in courses]
  peaks, bests = ([index(x) for x in courses] for index in (peak, best))
  highest, chosen = (
    [answers[index] for answers, index in zip(courses, indices, strict=True)]
    for indices in (peaks, bests)
  )
  gains = [x.test - y.test for x, y in zip(chosen, last, strict=True)]
  return [
    *(
      intervals.percent([getattr(x, field) for x in last], 1)
      for field in ('wrong', 'true', 'neither')
    ),
    intervals.percent([x.true for x in highest], 1),
    intervals.spread([index + 1 for index in peaks], 1),
    intervals.percent([x.test for x in last]),
    intervals.percent([x.test for x in chosen]),
    intervals.spread([index + 1 for index in bests], 1),
    intervals.percent(gains),
  ]


def _draw(found, plan):
  true = np.mean([answers[peak(answers)].true for answers in found[BASIC]])
  wrong = np.mean([answers[-1].wrong for answers in found[BASIC]])
  figure = sheet.new(
    13.0,
    6.0,
    f'Images with a wrong label: up to {true:.0%} are called by their true '
    f'class, at the end {wrong:.0%} by the wrong one',
    f'{plan}; {NUM_IMAGES:,} training images, {FRACTION:.0%} with a wrong '
    'label; bars: 95 % interval over seeds',
  )
  panels = [
    sheet.place(figure, left, 1.25, width, 3.1)
    for left, width in ((0.8, 3.8), (6.3, 2.6), (9.7, 3.0))
  ]
  _draw_answers(panels[0], found)
  _draw_ends(panels[1], found)
  _draw_accuracies(panels[2], found)
  for panel in panels:
    panel.legend(
      loc='upper left', bbox_to_anchor=(0, -0.15), fontsize=8, frameon=False
    )
  return figure


def _draw_answers(panel, found):
  _line(panel, 'the true label', sheet.BLUE, found[BASIC], 'true')
  _line(panel, 'the wrong label', sheet.VERMILLION, found[BASIC], 'wrong')
  _line(panel, 'neither', sheet.QUIET, found[BASIC], 'neither')
  for name, color, field in (
    ('the true label, if held out', sheet.BLUE, 'true'),
    ('the wrong label, if all are random', sheet.VERMILLION, 'wrong'),
  ):
    courses = found[HELD_OUT if field == 'true' else RANDOM]
    _line(panel, name, color, courses, field, dashed=True)
  panel.set(xlabel='epoch', ylabel='mislabelled images (%)', ylim=(0, 100))
  panel.set_title('the network says, in the basic setting', fontsize=10)


def _draw_ends(panel, found):
  series = [
    charts.over_seeds(
      label,
      color,
      np.transpose(
        [
          [100 * getattr(answers[-1], field) for answers in courses]
          for courses in found.values()
        ]
      ),
    )
    for label, color, field in (
      ('the true label', sheet.BLUE, 'true'),
      ('the wrong label', sheet.VERMILLION, 'wrong'),
    )
  ]
  charts.dots(panel, list(found), series)
  panel.set(xlabel='mislabelled images (%)', xlim=(0, 100))
  panel.set_title('after the last epoch', fontsize=10)


def _draw_accuracies(panel, found):
  _line(panel, BASIC, sheet.VERMILLION, found[BASIC], 'test')
  _line(panel, FALLING, sheet.INK, found[FALLING], 'test')
  _line(panel, HELD_OUT, sheet.BLUE, found[HELD_OUT], 'test', dashed=True)
  tests = 100 * np.array(
    [
      [x.test for x in answers]
      for name in (BASIC, FALLING, HELD_OUT)
      for answers in found[name]
    ]
  )
  # Of all seeds: the intervals of two seeds are so wide that they hide lines.
  panel.set_ylim(tests.min() - 1, tests.max() + 1)
  panel.set(xlabel='epoch', ylabel='test accuracy (%)')
  panel.set_title('test images', fontsize=10)


def _line(panel, name, color, courses, field, dashed=False):
  """A line over every third epoch, the last one among them."""
  shares = 100 * np.array(
    [[getattr(x, field) for x in answers] for answers in courses]
  )
  epochs = np.arange(shares.shape[1], 0, -3)[::-1]
  one = charts.over_seeds(name, color, shares[:, epochs - 1])
  charts.lines(panel, epochs, [one], [name] if dashed else [])


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
