"""What does it cost that the network never sees the last rows and columns?

The second pooling of the reference network drops the last row and column of its
11x11 maps, because 11 / 2 rounds down. No path leads from rows and columns 26
and 27 of the image to the logits. This follows from the windows alone
(`fields.unseen`), and is confirmed on a trained network: the gradient of every
logit with respect to these pixels is exactly 0, and noise in their place leaves
all logits equal, to the bit.

What would be gained by seeing them? On a canvas of 30x30 pixels, with a black
frame around the image, the maps have even sizes and every pixel is seen. Two
such networks are trained and tested, one on the images as they are, and one on
images whose last 2 rows and columns are black. The difference is what these 108
pixels are worth to a network that sees them.

To know what to expect, the reference network is trained and tested on images
whose last 2, 4, 6 or 8 rows and columns are black. The first of these is the
null: training leaves unseen pixels out (`network/faster.py`), so the kernels
are the same, to the bit. The others show what further rows and columns are
worth. All networks have half as many filters and units as the reference
network.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import functools
import re
from typing import NamedTuple

import numpy as np

from cnn_tf.figures import charts
from cnn_tf.figures import receptive_fields
from cnn_tf.figures import sheet
from cnn_tf.measure import fields
from cnn_tf.measure import intervals
from cnn_tf.network import model
from cnn_tf.studies import changed
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import influence
from cnn_tf.studies.measure import shifts

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion,mnist', seeds=20, epochs=4)

LAYERS = trained.SMALL_LAYERS


def blacken(images: np.ndarray, count: int) -> np.ndarray:
  """Images whose last `count` rows and columns are 0."""
  black = images.copy()
  black[:, -count:] = 0
  black[:, :, -count:] = 0
  return black


def on_canvas(images: np.ndarray) -> np.ndarray:
  """Images in a black frame of one pixel, of which every pixel is seen."""
  return shifts.on_canvas(images, 30)


NULL = 'last 2 black'
BLACK = {
  f'last {n} black': functools.partial(blacken, count=n) for n in range(2, 9, 2)
}
WHOLE, CUT = '30x30, all seen', '30x30, last 2 black'
CHANGES = {
  'original': None,
  **BLACK,
  WHOLE: on_canvas,
  CUT: lambda images: on_canvas(blacken(images, 2)),
}


class Border(NamedTuple):
  """The results for one dataset."""

  unseen: np.ndarray  # [height, width] bool, from the windows
  slopes: np.ndarray  # [height, width]: largest |d logit / d pixel|
  same_logits: bool  # whether noise in unseen pixels leaves the logits equal
  same_kernels: bool  # whether training on the null gives equal kernels
  mean_image: np.ndarray  # [height, width], of the test set
  lost: dict[str, float]  # change -> share of the ink that reaches no logit
  accuracy: dict[str, list[float]]  # change -> test accuracy, by seed


def measure(plan: study.Plan) -> study.Report:
  """Ink, gradients and accuracy for each dataset."""
  parts = plan.by_dataset()
  trained.announce(
    plan,
    [
      settings
      for part in parts.values()
      for used, changes in networks(part).values()
      for settings in trained.of_seeds(used, **changes)
    ],
  )
  found = {name: look(part) for name, part in parts.items()}
  return study.Report(_table(found), _draw(found, plan))


def networks(plan: study.Plan) -> dict[str, tuple[study.Plan, dict[str, str]]]:
  """One of `CHANGES` -> the seeds and the settings of its networks."""
  found = {}
  for name, change in CHANGES.items():
    # One seed is enough to see that its kernels are equal, and fewer for the
    # large losses than for the small one.
    fewer = 1 if name == NULL else max(1, plan.seeds // 4)
    used = plan if name in (WHOLE, CUT) else plan._replace(seeds=fewer)
    folder = plan.data_dir
    if change:
      folder = changed.write(plan, re.sub('[, ]+', '-', name), change)
    found[name] = used, {'layers': LAYERS, 'data_dir': folder}
  return found


def look(plan: study.Plan) -> Border:
  """Measures one dataset."""
  run, null = (
    next(trained.seeds(used, **changes))
    for used, changes in (networks(plan)[x] for x in ('original', NULL))
  )
  images = run.data.test.images
  unseen = fields.unseen(run.geometries)
  lost, accuracy = {}, {}
  for name, (used, changes) in networks(plan).items():
    accuracy[name] = trained.test_accuracies(used, **changes)
    change = CHANGES[name]
    shown = change(images) if change else images
    reaches = shown if name in (WHOLE, CUT) else shown[:, ~unseen]
    lost[name] = 1 - reaches.sum() / images.sum()
  return Border(
    unseen,
    influence.slopes(run.network, images),
    influence.same_with_noise(run.network, images, unseen),
    same_kernels(run.network, null.network),
    images.mean(axis=0),
    lost,
    accuracy,
  )


def same_kernels(one: model.ConvNet, other: model.ConvNet) -> bool:
  """Whether all variables of two networks are equal, to the bit."""
  pairs = zip(one.trainable_variables, other.trainable_variables, strict=True)
  return all(np.array_equal(a, b) for a, b in pairs)


def _table(found):
  rows = [['', 'value, or ink lost (%)', 'n', 'test accuracy (%)']]
  rows[0].append('- original, or - all seen (points)')
  for name, x in found.items():
    largest = [
      x.slopes[where].max(initial=0) for where in (x.unseen, ~x.unseen)
    ]
    for fact, value in (
      ('unseen pixels', f'{x.unseen.sum()} of {x.unseen.size}'),
      ('largest gradient, unseen pixels', f'{largest[0]:.3g}'),
      ('largest gradient, other pixels', f'{largest[1]:.3g}'),
      ('noise in unseen pixels', _equal('logits', x.same_logits)),
      (f'trained on {NULL}', _equal('kernels', x.same_kernels)),
    ):
      rows.append([f'{name}: {fact}', value, '', '', ''])
    for change, accuracies in x.accuracy.items():
      gains = ''
      if change not in ('original', WHOLE):
        gains = intervals.percent(_gains(x, change))
      rows.append(
        [f'{name}: {change}', f'{100 * x.lost[change]:.2f}']
        + [str(len(accuracies)), intervals.percent(accuracies), gains]
      )
  return rows


def _equal(what, is_equal):
  return f'{what} {"equal" if is_equal else "DIFFER"}'


def _gains(border, change):
  """The gain of each seed; the null has fewer seeds."""
  values = border.accuracy[change]
  before = border.accuracy[WHOLE if change == CUT else 'original']
  return np.subtract(values, before[: len(values)])


def _draw(found, plan):
  gains = [
    f'{name} {intervals.percent(-_gains(x, CUT))}' for name, x in found.items()
  ]
  figure = sheet.new(
    9.8,
    1.0 + 3.2 * len(found),
    f'What seeing the border gains, in points: {", ".join(gains)}',
    f'{plan} (black: a quarter); bars: 95 % interval; unseen: right of and '
    'below orange lines',
  )
  for index, (name, x) in enumerate(found.items()):
    top = 1.3 + 3.2 * index
    places = [sheet.place(figure, left, top, 2.2, 2.2) for left in (0.5, 3.3)]
    title = f'mean image of {name}'
    receptive_fields.with_unseen(places[0], x.mean_image, x.unseen, title)
    sizes = np.log10(np.where(x.slopes > 0, x.slopes, np.nan))
    title = 'log10 of the largest gradient, seed 0'
    receptive_fields.with_unseen(places[1], sizes, x.unseen, title)
    _dose(sheet.place(figure, 6.5, top, 2.9, 2.2), x)
  return figure


def _dose(panel, border):
  """What is lost with the ink that reaches no logit."""
  black = ['original', *(name for name in BLACK if name != NULL)]
  for label, color, shown in (
    ('last 4, 6, 8 black', sheet.BLUE, black),
    (CUT, sheet.VERMILLION, [CUT]),
  ):
    gains = 100 * np.transpose([_gains(border, change) for change in shown])
    series = charts.over_seeds(label, color, gains)
    charts.lines(panel, [100 * border.lost[x] for x in shown], [series])
  panel.axhline(0, color=sheet.QUIET, linewidth=0.8)
  panel.set(xlabel='ink that reaches no logit (%)')
  panel.set(ylabel='difference of test accuracy (points)')
  panel.set_title('blue: last 4, 6, 8 black; orange: 2, of 30x30', fontsize=9)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
