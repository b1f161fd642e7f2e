"""What has to change in a 4 to become a 9, and how little?

Known before: Goodfellow et al. 2015, "Explaining and Harnessing Adversarial
Examples": a step along the sign of the gradient misleads networks, other ones
too. Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial
Attacks": several steps mislead more, and training on such images helps. Tsipras
et al. 2019, "Robustness May Be at Odds with Accuracy": the gradients of
networks trained that way look more like what people see.

No pixel may change by more than epsilon. The study measures the accuracy
against epsilon after FGSM and after the stronger of two starts of PGD
(`attacks.py`), and how many 4s of the test set become 9 if PGD raises the
margin between these two logits. What could make little of it:

- random signs of the same size, also the worse of two;
- images that were made for the network of another seed; or, shown to the
  network trained on PGD, for the one that is not: if they mislead it more than
  its own do, its gradient hides the way;
- rounding the pixels to bytes;
- pixels that no logit sees: their gradient is 0, and noise in them changes
  nothing, however large it is.

Two networks of half the width are trained by a loop of our own
(`teaching.py`): one on images after PGD of a few steps, one on the images
themselves. Are the gradients of the first one easier to read? They are shown,
with two numbers. The correlation of neighbouring pixels says how smooth they
are; it is 0 for noise. The other is the share of the gradient that lies on ink,
not on black; for noise, it is the share of the ink among all pixels.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import functools
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf import keys
from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.figures import tiles
from cnn_tf.measure import fields
from cnn_tf.measure import intervals
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.run import trainer
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import attacks
from cnn_tf.studies.measure import influence
from cnn_tf.studies.measure import teaching

QUICK = study.Plan('mnist', seeds=2, epochs=1)
FULL = study.Plan('mnist', seeds=5, epochs=6)

EPSILONS = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
SHOWN = 0.1  # the epsilon of the title
NUM_IMAGES = 1000  # of the test set
NUM_STARTS = 2
NUM_SHOWN = 2  # 4s in the figure
LABEL, TARGET = 4, 9
TRAINING_EPSILON, TRAINING_STEPS = 0.2, 5
WARM_UP = 300  # updates in which epsilon rises from 0: otherwise all may die

SIGNS, FGSM, PGD = 'random signs', 'FGSM', 'PGD'
ROUNDED, TRANSFER = 'PGD, rounded to bytes', 'PGD, made for another seed'
USUAL, HALF, ROBUST = 'usual', 'half the width', 'trained on PGD'
FROM_HALF = 'PGD, made for half the width, trained on PGD'


class Found(NamedTuple):
  """The results of one seed."""

  accuracy: dict[str, np.ndarray]  # by attack, `[epsilons]`
  become: dict[str, np.ndarray]  # the share of 4s that become 9, `[epsilons]`
  numbers: dict[str, float]  # of the gradients, by `describe`
  largest_unseen: float  # of the gradients of pixels that no logit sees
  same_with_noise: bool  # whether noise there leaves the logits equal
  columns: list['Column']  # of the figure


class Column(NamedTuple):
  """Pictures of the same 4s."""

  title: str
  pictures: np.ndarray  # [NUM_SHOWN, height, width]
  labels: list[str]


def measure(plan: study.Plan) -> study.Report:
  """The results of all seeds; each attacks the network of the next one, too."""
  if plan.seeds < 2:
    raise errors.UserError('other networks need other seeds: --seeds=2 or more')
  trained.announce(plan, trained.of_seeds(plan))
  ready = list(trained.seeds(plan))
  found = []
  for run, other in zip(ready, ready[1:] + ready[:1], strict=True):
    found.append(look(run, other.network, plan))
    print(f'seed {run.settings.seed} is done', flush=True)
  return study.Report(_table(found), _draw(found, plan))


def look(run: runs.Run, other: model.ConvNet, plan: study.Plan) -> Found:
  """Trains two networks of half the width, and attacks them and the run's."""
  examples = datasets.Examples(*(x[:NUM_IMAGES] for x in run.data.test))
  fours = datasets.Examples(*(x[examples.labels == LABEL] for x in examples))
  networks = {
    USUAL: run.network,
    HALF: half_width(run, plan, 0.0),
    ROBUST: half_width(run, plan, TRAINING_EPSILON),
  }
  seen = tuple(map(slice, run.geometries[-1].receptive_field))
  margins = {
    name: attacks.gradients(network, fours, attacks.towards(TARGET))
    for name, network in networks.items()
  }
  unseen = fields.unseen(run.geometries)
  return Found(
    accuracies(examples, networks, other),
    becoming(fours, networks),
    describe(
      fours.images[:, *seen],
      {name: values[:, *seen] for name, values in margins.items()},
    ),
    float(np.abs(margins[USUAL][:, unseen]).max(initial=0)),
    influence.same_with_noise(run.network, examples.images, unseen),
    columns(fours, networks, margins),
  )


def describe(
  images: np.ndarray, gradients: dict[str, np.ndarray]
) -> dict[str, float]:
  """How smooth the gradients are, and which share of them lies on ink.

  Args:
    images: `[n, height, width]`, the pixels that are seen.
    gradients: by network, of the same shape.
  """
  smooth = {'the images': images} | gradients
  spread = {'noise': np.ones(images.shape)} | gradients
  return {
    f'correlation of neighbours, {name}': attacks.between_neighbours(values)
    for name, values in smooth.items()
  } | {
    f'share of the gradient on ink, {name}': attacks.on_ink(values, images)
    for name, values in spread.items()
  }


def half_width(
  run: runs.Run, plan: study.Plan, epsilon: float
) -> model.ConvNet:
  """A network of half the width that is trained on images after PGD."""
  seed = run.settings.seed
  settings = trained.settings(plan, seed=seed, layers=trained.SMALL_LAYERS)
  lessons = teaching.Lessons(
    run.data.train.images,
    teaching.certain(run.data.train.labels, run.data.num_classes),
  )

  def attacked(network, pixels, answers, number):
    attack = attacks.pgd(keys.key(seed, 'training', number), TRAINING_STEPS)
    risen = epsilon * tf.minimum(tf.cast(number, tf.float32) / WARM_UP, 1.0)
    return attack(network, pixels, tf.argmax(answers, axis=1), risen)

  return teaching.train(
    settings,
    trainer.geometries(settings, run.data),
    lambda epoch: lessons,
    temperature=1,
    change=attacked if epsilon else None,
  )


def accuracies(
  examples: datasets.Examples,
  networks: dict[str, model.ConvNet],
  other: model.ConvNet,
) -> dict[str, np.ndarray]:
  """The accuracy after each attack, by epsilon.

  Args:
    examples: images with labels.
    networks: the usual network, and those of half the width.
    other: the usual network of another seed.
  """
  judges = {
    name: functools.partial(attacks.answers, network)
    for name, network in (networks | {TRANSFER: other}).items()
  }
  starts = attacks.starts(0, NUM_STARTS)
  pgd, signs = (
    list(map(make, starts)) for make in (attacks.pgd, attacks.random_signs)
  )
  of_usual = {PGD: judges[USUAL], TRANSFER: judges[TRANSFER]}
  of_usual[ROUNDED] = lambda pixels: judges[USUAL](attacks.rounded(pixels))
  attempts = (
    (signs, USUAL, {SIGNS: judges[USUAL]}),
    ([attacks.fgsm()], USUAL, {FGSM: judges[USUAL]}),
    (pgd, USUAL, of_usual),
    (pgd, HALF, {f'{PGD}, {HALF}': judges[HALF], FROM_HALF: judges[ROBUST]}),
    (pgd, ROBUST, {f'{PGD}, {ROBUST}': judges[ROBUST]}),
  )
  return {
    name: (answers == examples.labels).all(axis=0).mean(axis=-1)
    for tries, attacked, shown_to in attempts
    for name, answers in attacks.answers_after(
      tries, networks[attacked], examples, EPSILONS, shown_to
    ).items()
  }


def becoming(
  fours: datasets.Examples, networks: dict[str, model.ConvNet]
) -> dict[str, np.ndarray]:
  """The share of the 4s that are called 9 after PGD towards it, by epsilon."""
  starts = attacks.starts(1, NUM_STARTS)
  towards = [
    attacks.pgd(key, objective=attacks.towards(TARGET)) for key in starts
  ]
  signs = list(map(attacks.random_signs, starts))
  found = {}
  for name, network in networks.items():
    judge = functools.partial(attacks.answers, network)
    found |= attacks.answers_after(
      towards, network, fours, EPSILONS, {name: judge}
    )
    if name == USUAL:
      found |= attacks.answers_after(
        signs, network, fours, EPSILONS, {SIGNS: judge}
      )
  return {
    name: (given == TARGET).any(axis=0).mean(axis=-1)
    for name, given in found.items()
  }


def columns(
  fours: datasets.Examples,
  networks: dict[str, model.ConvNet],
  margins: dict[str, np.ndarray],
) -> list[Column]:
  """The images, the gradients of the margins, and the first 9s."""
  shown = datasets.Examples(*(x[:NUM_SHOWN] for x in fours))
  blank = [''] * len(shown.labels)
  found = [Column('image', shown.images / 255, blank)]
  for name in (HALF, ROBUST):
    found.append(Column(name, margins[name][:NUM_SHOWN], blank))
  (key,) = attacks.starts(1, 1)
  attack = attacks.pgd(key, objective=attacks.towards(TARGET))
  for name in (HALF, ROBUST):
    images, sizes = attacks.first_success(
      attack, networks[name], shown, EPSILONS, TARGET
    )
    labels = ['no 9' if x is None else f'9 at {x:g}' for x in sizes]
    found.append(Column(name, images[..., 0], labels))
  return found


def _table(found):
  rows = [['by epsilon', *(f'{epsilon:g}' for epsilon in EPSILONS)]]

  def add(title, *cells):
    rows.append([title, *cells, *[''] * (len(EPSILONS) - len(cells))])

  for name in found[0].accuracy:
    by_seed = np.array([x.accuracy[name] for x in found])
    add(f'{name}: accuracy (%)', *map(intervals.percent, by_seed.T))
  for name in found[0].become:
    by_seed = np.array([x.become[name] for x in found])
    label = f'4s that become 9, {name} (%)'
    add(label, *map(intervals.percent, by_seed.T))
  for name in found[0].numbers:
    add(name, intervals.spread([x.numbers[name] for x in found]))
  largest = max(x.largest_unseen for x in found)
  add('largest gradient of an unseen pixel', f'{largest:g}')
  same = all(x.same_with_noise for x in found)
  add('logits with noise in unseen pixels', 'equal' if same else 'different')
  return rows


def _draw(found, plan):
  at = EPSILONS.index(SHOWN)
  signs, pgd, half, robust = (
    f'{np.mean([x.accuracy[name][at] for x in found]):.0%}'
    for name in (SIGNS, PGD, f'{PGD}, {HALF}', f'{PGD}, {ROBUST}')
  )
  figure = sheet.new(
    11.8,
    5.0,
    f'{SHOWN:g} uphill: {pgd} right (random signs {signs}); '
    f'half the width {half}, trained on PGD {robust}',
    f'{plan}; {NUM_IMAGES:,} test images; bars: 95 % interval over seeds; '
    f'trained on PGD: with changes of {TRAINING_EPSILON:g}, half the width',
  )
  panel = sheet.place(figure, 0.8, 1.2, 4.4, 3.2)
  series = [
    charts.over_seeds(
      name, color, 100 * np.array([x.accuracy[name] for x in found])
    )
    for name, color in _COLORS.items()
  ]
  dashed = [TRANSFER, f'{PGD}, {HALF}']
  charts.lines(panel, EPSILONS, series, dashed)
  panel.set(ylim=(-3, 103), xlabel='largest change of a pixel, epsilon')
  panel.set_title('accuracy (%)', fontsize=10)
  panel.legend(fontsize=8, frameon=False)
  _draw_columns(figure, found[0].columns)
  return figure


_COLORS = {
  SIGNS: sheet.QUIET,
  TRANSFER: sheet.BLUE,
  FGSM: sheet.VERMILLION,
  PGD: sheet.BLUE,
  f'{PGD}, {HALF}': sheet.INK,
  f'{PGD}, {ROBUST}': sheet.INK,
}


def _draw_columns(figure, columns):
  """Images in one row of tiles each; gradients on a scale of their own."""
  side, left = 1.12, 5.7
  sheet.write(figure, left + 1.2, 1.2, 'gradient of logit 9 - logit 4')
  sheet.write(figure, left + 3.6, 1.2, 'the first 9, uphill')
  for number, column in enumerate(columns):
    x = left + 1.2 * number
    is_gradient = column.pictures.min() < 0
    scale = sheet.scale(column.pictures, 0.99) if is_gradient else sheet.PIXELS
    sheet.write(figure, x, 1.4, column.title)
    grid = tiles.Tiles(list(column.pictures), 1, side, column.labels)
    grid.draw(figure, x, 1.45, scale)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
