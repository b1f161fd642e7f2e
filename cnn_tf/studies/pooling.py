"""Maximum, average or stride 2: what does pooling do?

Networks of three convolutions shrink their maps by maximum pooling, by average
pooling, by convolutions of stride 2, or only at the end, by an average over 7x7
nodes. All end with 3x3 maps and the same dense layers, so networks of equal
width have equally many parameters. Networks whose maps shrink only at the end
need about ten times the multiplications. So each kind is compared with two
networks with maximum pooling: one with as many multiplications (within 5 %),
which is wider or narrower, and one with as many parameters. Receptive fields
differ: they are what pooling changes.

The study measures the accuracy on the test set, its difference from the
training accuracy, and how many predictions stay the same when the image is
shifted by two pixels (as in Zhang 2019, "Making Convolutional Networks
Shift-Invariant Again", but with shifts of a fixed distance, which move some
pixels out).
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from typing import NamedTuple

import numpy as np

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.measure import runs
from cnn_tf.network import specs
from cnn_tf.run import environment
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import shifts

QUICK = study.Plan('fashion', seeds=1, epochs=1)
FULL = study.Plan('fashion', seeds=5, epochs=4)

KINDS = ('maximum', 'average', 'stride 2', 'only at the end')
# Filters of the first convolution, for each of `KINDS`. A row has about equal
# multiplications: 0.75, 2.8 and 7.1 million.
EQUAL_MULTIPLICATIONS = ((16, 16, 24, 5), (32, 32, 47, 10), (52, 52, 75, 16))
EQUAL_PARAMETERS = (16, 16, 16, 16)
DISTANCE = 2  # of the shift, in pixels

_NUM_TRAIN, _NUM_SHIFTED = 10000, 2000  # images for the gap and the shifts
_COLORS = dict(
  zip(
    KINDS,
    (sheet.BLUE, sheet.QUIET, sheet.VERMILLION, sheet.INK),
    strict=True,
  )
)


class Found(NamedTuple):
  """The results for one network; lists are by seed."""

  multiplications: int
  parameters: int
  field: int  # side of the receptive field of the last convolution, in pixels
  accuracy: list[float]  # on the test images
  gap: list[float]  # accuracy on training images - on test images
  unchanged: list[float]  # fraction of the predictions on shifted images


def measure(plan: study.Plan) -> study.Report:
  """Accuracy, gap and agreement of each kind of pooling, at several widths."""
  compared = (*EQUAL_MULTIPLICATIONS, EQUAL_PARAMETERS)
  keys = {key for x in compared for key in zip(KINDS, x, strict=True)}
  networks = {
    key: {'layers': layers_of(*key), 'precision': precision()}
    for key in sorted(keys)
  }
  trained.announce(
    plan, [x for y in networks.values() for x in trained.of_seeds(plan, **y)]
  )
  found = {key: look(plan, changes) for key, changes in networks.items()}
  return study.Report(_table(found), _draw(found, plan))


def layers_of(kind: str, width: int) -> str:
  """The layers of a network whose first convolution has `width` filters."""
  stride, pool, last = {
    'maximum': ('', 'maxpool 2x2, ', ''),
    'average': ('', 'avgpool 2x2, ', ''),
    'stride 2': (' stride 2', '', 'avgpool 2x2 stride 1, '),
    'only at the end': ('', '', 'avgpool 7x7, '),
  }[kind]
  return (
    f'conv {width} 3x3{stride}, {pool}conv {2 * width} 3x3{stride}, {pool}'
    f'conv {2 * width} 3x3, {last}dense 50'
  )


def precision() -> str:
  """bfloat16 where the processor has instructions for it."""
  return 'bfloat16' if environment.bfloat16_unit() else 'float32'


def look(plan: study.Plan, changes: dict[str, str]) -> Found:
  """Trains and measures one network."""
  accuracy, gap, unchanged = [], [], []
  for run in trained.seeds(plan, **changes):
    accuracy.append(trained.accuracy(run.network, run.data.test))
    train = trained.accuracy(run.network, _first(run.data.train, _NUM_TRAIN))
    gap.append(train - accuracy[-1])
    test = _first(run.data.test, _NUM_SHIFTED)
    shifted = shifts.predictions(run.network, test, [DISTANCE])
    unchanged.append(float(shifted.agreement[0]))
  return Found(*_costs(run), accuracy, gap, unchanged)


def _first(examples, count):
  return datasets.Examples(*(array[:count] for array in examples))


def _costs(run: runs.Run):
  convs = [x for x in run.geometries if isinstance(x.spec, specs.Conv)]
  return (
    sum(layer.num_multiplications for layer in run.geometries),
    sum(layer.num_parameters for layer in run.geometries),
    convs[-1].receptive_field[0],
  )


def _table(found):
  rows = [
    [f'trained in {precision()}', 'multiplications', 'parameters', 'field']
    + ['test accuracy (%)', '- maximum (points)', 'train - test (points)']
    + [f'unchanged at {DISTANCE} pixels (%)', '- maximum (points)']
  ]
  for title, comparisons in (
    ('equal multiplications', EQUAL_MULTIPLICATIONS),
    ('equal parameters', [EQUAL_PARAMETERS]),
  ):
    for widths in comparisons:
      keys = list(zip(KINDS, widths, strict=True))
      for key in keys:
        cells = _cells(found[key], found[keys[0]])
        rows.append([f'{title}: {key[0]}, width {key[1]}', *cells])
  return rows


def _cells(own, maximum):
  return [
    f'{own.multiplications:,}',
    f'{own.parameters:,}',
    f'{own.field}x{own.field}',
    intervals.percent(own.accuracy),
    _difference(own.accuracy, maximum.accuracy),
    intervals.percent(own.gap),
    intervals.percent(own.unchanged, 1),
    _difference(own.unchanged, maximum.unchanged),
  ]


def _difference(values, others):
  """The difference of each seed; empty for maximum pooling itself."""
  return (
    '' if values is others else intervals.percent(np.subtract(values, others))
  )


def _draw(found, plan):
  late, maximum = (
    f'{np.mean(found[KINDS[i], EQUAL_MULTIPLICATIONS[-1][i]].accuracy):.1%}'
    for i in (-1, 0)
  )
  figure = sheet.new(
    8.4,
    5.4,
    f'Equal multiplications: maximum {maximum}, only at the end {late}',
    f'{plan}; {precision()}; bars: 95 % interval; rings: equal parameters',
  )
  panel = sheet.place(figure, 0.9, 1.1, 7.0, 3.6)
  for kind in KINDS:
    own = sorted(x for (name, _), x in found.items() if name == kind)
    accuracy = 100 * np.transpose([x.accuracy for x in own])
    series = charts.over_seeds(kind, _COLORS[kind], accuracy)
    charts.lines(panel, [x.multiplications / 1e6 for x in own], [series])
  for key in zip(KINDS, EQUAL_PARAMETERS, strict=True):
    x, y = found[key].multiplications / 1e6, 100 * np.mean(found[key].accuracy)
    panel.plot(x, y, 'o', ms=11, fillstyle='none', color=sheet.QUIET)
  panel.set(xscale='log', xlabel='million multiplications for one image')
  panel.set_xticks([0.5, 1, 2, 4, 8], ['0.5', '1', '2', '4', '8'])
  panel.minorticks_off()
  panel.set(ylabel='test accuracy (%)')
  panel.legend(fontsize=9, frameon=False)
  return figure


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
