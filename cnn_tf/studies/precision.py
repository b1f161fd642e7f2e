"""What does bfloat16 cost, and what does it give?

Networks with equal seeds are trained in float32 and in bfloat16. The paired
differences of their test accuracies are compared with those of a null: float32
trained with one replica instead of the usual number of replicas, which only
adds the same numbers in another order.

For one trained network and one batch, `measure/rounding.py` measures relative
errors against float64: of each op alone with its gradients, from operands that
are rounded first, and of the whole network, in which errors
accumulate. `measure/op_times.py` measures the time of each op.

Results (30 seeds on Fashion-MNIST, 10 on MNIST, 6 epochs): bfloat16 changes the
test accuracy by -0.01 ± 0.17 points on Fashion-MNIST and by 0.00 ± 0.05 on
MNIST. The 95 % intervals of these means exclude differences larger than 0.07
and 0.04 points. The null, 10 pairs on Fashion-MNIST, has 0.05 ± 0.16 points:
the pairs of bfloat16 spread no more. One product agrees with float64 in 8.5 to
8.9 bits, the pre-activations of the network in 8.2 to 8.4, its gradients in 4.4
to 6.6. The gradient of max pooling has the largest error of all ops, 0.1 and
0.055: rounding changes which value is the maximum. On an AMD EPYC without a
matrix unit for bfloat16, all ops with their gradients are 1.5 times as fast.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cnn_tf.data import datasets
from cnn_tf.figures import sheet
from cnn_tf.measure import op_times
from cnn_tf.measure import rounding
from cnn_tf.run import environment
from cnn_tf.studies import study
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=2, epochs=1)
FULL = study.Plan('fashion,mnist', seeds=30, epochs=6)

PRECISIONS = ('float32', 'bfloat16')
_BATCH_SIZE, _NUM_ROUNDS = 128, 101
_SECONDS_PER_EPOCH = 4  # on two cores


class Accuracies(NamedTuple):
  """Test accuracies by seed."""

  float32: list[float]
  bfloat16: list[float]
  one_replica: list[float]  # float32, of the first seeds

  @property
  def differences(self) -> dict[str, np.ndarray]:
    """What changed -> the paired differences from float32, in points."""
    pairs = {'bfloat16': self.bfloat16, 'one replica': self.one_replica}
    return {
      name: 100 * np.subtract(values, self.float32[: len(values)])
      for name, values in pairs.items()
    }


class Ops(NamedTuple):
  """The errors of a trained network on a batch, and the times of its ops."""

  errors: dict[tuple[str, str], dict[str, float]]  # precision, what -> by layer
  times: dict[tuple[str, str], dict[str, float]]  # what, precision -> by layer
  between_batches: float


def measure(plan: study.Plan) -> study.Report:
  """Accuracies for each dataset; errors and times for the first one."""
  trained.need('scipy')
  plans = plan.by_dataset()
  if 'mnist' in plans and len(plans) > 1:
    plans['mnist'] = a_third(plans['mnist'])  # Its accuracies vary less.
  count = sum(2 * part.seeds + a_third(part).seeds for part in plans.values())
  each = _SECONDS_PER_EPOCH * plan.epochs
  print(f'{count} trainings of about {each} s; finished ones are not repeated')
  found = {name: accuracies(part) for name, part in plans.items()}
  ops = look(next(iter(plans.values())))
  return study.Report(_table(found, ops), _draw(found, ops, plan))


def a_third(plan: study.Plan) -> study.Plan:
  """The same plan with a third of the seeds."""
  return plan._replace(seeds=max(1, plan.seeds // 3))


def accuracies(plan: study.Plan) -> Accuracies:
  """Trains in both precisions and, for a third of the seeds, the null."""
  # The number of replicas is not in the settings, which name the folders.
  folder = plan.networks / 'one_replica'
  alone = a_third(plan)._replace(networks=folder, num_replicas='1')
  return Accuracies(
    *(trained.test_accuracies(plan, precision=name) for name in PRECISIONS),
    trained.test_accuracies(alone, precision='float32'),
  )


def look(plan: study.Plan) -> Ops:
  """Errors and times of the first float32 network, on validation images."""
  run = next(trained.seeds(plan, precision='float32'))
  images, labels = (x[: 2 * _BATCH_SIZE] for x in run.data.validation)
  both = datasets.to_float(images), labels
  batch = both[0][:_BATCH_SIZE], labels[:_BATCH_SIZE]
  operands = rounding.operands(run.network, *batch)
  errors = {}
  for precision in PRECISIONS:
    for name, op in operands.items():
      for kind, error in rounding.errors_alone(op, precision).items():
        errors.setdefault((precision, f'{kind} alone'), {})[name] = error
    together = rounding.errors_together(run.network, *batch, precision)
    errors |= {(precision, kind): by for kind, by in together.items()}
  medians = op_times.medians(operands.values(), PRECISIONS, _NUM_ROUNDS)
  times = {
    key: dict(zip(operands, values, strict=True))
    for key, values in medians.items()
  }
  return Ops(errors, times, rounding.between_batches(run.network, *both))


def interval(values: Sequence[float]) -> tuple[float, float]:
  """The 95 % t interval of the mean; NaN for a single value."""
  from scipy import special  # `measure` has checked for it

  if len(values) < 2:
    return np.nan, np.nan
  error = np.std(values, ddof=1) / np.sqrt(len(values))
  half = special.stdtrit(len(values) - 1, 0.975) * error
  return float(np.mean(values) - half), float(np.mean(values) + half)


def bound(values: Sequence[float]) -> float:
  """The largest absolute difference that the interval contains."""
  return max(np.abs(interval(values)))


def _table(found, ops):
  names = list(ops.times[op_times.FORWARD, 'float32'])
  rows = [['', 'network', *names]]

  def add(title, *cells):
    rows.append([title, *cells, *[''] * (len(rows[0]) - 1 - len(cells))])

  for dataset, result in found.items():
    for precision in PRECISIONS:
      accuracy = study.percent(getattr(result, precision))
      add(f'{dataset}: test accuracy, {precision} (%)', accuracy)
    for change, values in result.differences.items():
      title = f'{dataset}: {change} - float32 (points, {len(values)} pairs)'
      add(title, study.spread(values))
      if len(values) > 1:
        low, high = interval(values)
        add('its mean, 95 % interval', f'{low:.2f} to {high:.2f}')
  for (precision, kind), errors in ops.errors.items():
    cells = [_error(errors.get(name)) for name in rows[0][1:]]
    add(f'{precision}, {kind}: error (bits)', *cells)
  add('gradients of two batches differ by', f'{ops.between_batches:.2f}')
  for (kind, precision), times in ops.times.items():
    cells = [
      1e3 * seconds for seconds in (sum(times.values()), *times.values())
    ]
    add(f'{precision}, {kind} (ms)', *(f'{cell:.2f}' for cell in cells))
  return rows


def _error(error):
  if error is None:
    return ''
  if not error:
    return '0'
  return f'{error:.1e} ({rounding.bits(error):.1f})'


def _draw(found, ops, plan):
  name, result = next(iter(found.items()))
  mean = result.differences['bfloat16'].mean()
  title = f'bfloat16 changes the test accuracy by {mean:+.2f} points on {name}'
  if len(result.float32) > 1:
    largest = bound(result.differences['bfloat16'])
    title = (
      f'bfloat16: no difference in mean test accuracy on {name} larger than '
      f'{largest:.2f} points'
    )
  source = (
    f'{plan}; errors and times: {name}, seed 0, {_BATCH_SIZE} validation '
    f'images; {environment.describe(1)["cpu"]}, one thread'
  )
  page = sheet.new(12.0, 4.5, title, source)
  _accuracy_panel(sheet.place(page, 1.25, 1.2, 2.5, 2.7), found)
  _bits_panel(sheet.place(page, 4.5, 1.2, 3.5, 2.7), ops)
  _time_panel(sheet.place(page, 8.95, 1.2, 2.6, 2.7), ops)
  return page


def _accuracy_panel(panel, found):
  """A dot for each pair; the mean with its interval below the dots."""
  labels = []
  for dataset, result in found.items():
    for change, values in result.differences.items():
      y = len(labels)
      labels.append(f'{dataset},\n{change}')
      panel.plot(
        values,
        [y - 0.12] * len(values),
        'o',
        color=sheet.QUIET,
        alpha=0.4,
        ms=4,
      )
      mean, ends = values.mean(), interval(values)
      style = {'color': sheet.VERMILLION, 'ms': 5, 'capsize': 3}
      half = None if len(values) < 2 else ends[1] - mean
      panel.errorbar(mean, y + 0.15, xerr=half, fmt='D', **style)
  panel.axvline(0, color=sheet.QUIET, linewidth=0.8)
  panel.set_yticks(range(len(labels)), labels)
  panel.set_ylim(len(labels) - 0.5, -0.5)
  panel.set_xlabel('difference from float32 (points)')
  panel.set_title('test accuracy, pairs of equal seed', fontsize=9)


def _bits_panel(panel, ops):
  """Bits that agree, by layer."""
  names = list(ops.times[op_times.FORWARD, 'float32'])
  for kind, label, color, form in (
    ('output alone', 'output, op alone', sheet.BLUE, 's:'),
    ('pre-activation', 'output, network', sheet.BLUE, 'o-'),
    ('input gradient alone', 'input gradient, op alone', sheet.INK, '^:'),
    ('kernel gradient', 'kernel gradient, network', sheet.VERMILLION, 'D-'),
  ):
    errors = ops.errors['bfloat16', kind]
    known = [name for name in names if errors.get(name)]
    places = [names.index(name) for name in known]
    bits = [rounding.bits(errors[name]) for name in known]
    panel.plot(places, bits, form, label=label, color=color, ms=4)
  panel.set_xticks(range(len(names)), names)
  panel.set(ylim=(0, 10), ylabel='significant bits that agree')
  panel.grid(axis='y', color=sheet.PALE)
  panel.legend(fontsize=8, frameon=False, loc='lower right')
  panel.set_title('errors of bfloat16, in bits', fontsize=9)


def _time_panel(panel, ops):
  for offset, precision, color in (
    (-0.2, 'float32', sheet.BLUE),
    (0.2, 'bfloat16', sheet.VERMILLION),
  ):
    times = ops.times[op_times.BOTH, precision]
    values = [1e3 * seconds for seconds in times.values()]
    places = np.arange(len(times)) + offset
    drawn = panel.barh(places, values, 0.38, color=color, label=precision)
    panel.bar_label(drawn, fmt='%.1f', fontsize=8, padding=2)
  panel.set_yticks(range(len(times)), times)
  panel.invert_yaxis()
  panel.set(xlabel='time (ms)', xmargin=0.15)
  panel.legend(fontsize=8, frameon=False, loc='lower right')
  panel.set_title('op, forward and gradients', fontsize=9)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
