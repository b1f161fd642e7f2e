"""What does bfloat16 cost, and what does it give?

Networks with equal seeds are trained in float32 and in bfloat16. The paired
differences of their test accuracies are compared with those of a null: float32
trained with one replica instead of the usual number, which only adds the same
numbers in a different order.

For one trained network and one batch, `studies/measure/rounding.py` measures
relative errors against float64: of each op alone with its gradients, from
operands that are rounded first, and of the whole network, in which errors
accumulate. `studies/measure/op_times.py` measures the time of each op.

How many bits is a trained weight worth? The kernels of the float32 networks are
rounded to fewer bits, with a scale for each filter, and not trained again.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import copy
from typing import NamedTuple

import numpy as np

from cnn_tf.data import datasets
from cnn_tf.figures import low_precision
from cnn_tf.figures import sheet
from cnn_tf.measure import integers
from cnn_tf.measure import intervals
from cnn_tf.measure import runs
from cnn_tf.run import environment
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import op_errors
from cnn_tf.studies.measure import op_times
from cnn_tf.studies.measure import rounding

QUICK = study.Plan('fashion', seeds=2, epochs=1)
FULL = study.Plan('fashion,mnist', seeds=30, epochs=6)

PRECISIONS = ('float32', 'bfloat16')
WEIGHT_BITS = (8, 6, 4, 3, 2)
_FLOAT32 = {'precision': 'float32'}
_BATCH_SIZE, NUM_ROUNDS = 128, 101


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


def measure(plan: study.Plan) -> study.Report:
  """Accuracies for each dataset; errors and times for the first one."""
  plans = plan.by_dataset()
  if 'mnist' in plans and len(plans) > 1:
    plans['mnist'] = a_third(plans['mnist'])  # Its accuracies vary less.
  for part in plans.values():
    each = [trained.of_seeds(part, precision=name) for name in PRECISIONS]
    trained.announce(part, sum(each, []))
    trained.announce(alone(part), trained.of_seeds(alone(part), **_FLOAT32))
  found = {name: accuracies(part) for name, part in plans.items()}
  rounded = {
    name: [*map(with_fewer_bits, trained.seeds(part, **_FLOAT32))]
    for name, part in plans.items()
  }
  ops = look(next(iter(plans.values())))
  return study.Report(_table(found, rounded, ops), _draw(found, ops, plan))


def a_third(plan: study.Plan) -> study.Plan:
  """The same plan with a third of the seeds."""
  return plan._replace(seeds=max(1, plan.seeds // 3))


def alone(plan: study.Plan) -> study.Plan:
  """The plan of the null: one replica, for a third of the seeds."""
  # The number of replicas is not in the settings, which name the folders.
  folder = plan.networks / 'one_replica'
  return a_third(plan)._replace(networks=folder, num_replicas='1')


def accuracies(plan: study.Plan) -> Accuracies:
  """Trains in both precisions and, for a third of the seeds, the null."""
  return Accuracies(
    *(trained.test_accuracies(plan, precision=name) for name in PRECISIONS),
    trained.test_accuracies(alone(plan), **_FLOAT32),
  )


def with_fewer_bits(run: runs.Run) -> list[float]:
  """What kernels of `WEIGHT_BITS` change of the test accuracy.

  Each is the largest weight of its filter times a fraction; no other scale is
  tried. Both accuracies are of the same ops, which need not be those of the
  training.
  """
  before = trained.accuracy(run.network, run.data.test)
  found = []
  for bits in WEIGHT_BITS:
    network = copy.deepcopy(run.network)
    for name, kernel in run.network.kernels.items():
      values, scales = integers.rounded(kernel.numpy(), bits)
      network.kernels[name].assign(values * scales)
    found.append(trained.accuracy(network, run.data.test) - before)
  return found


def look(plan: study.Plan) -> op_errors.OpErrors:
  """Errors and times of the first float32 network, on validation images."""
  run = next(trained.seeds(plan, **_FLOAT32))
  images, labels = (x[: 2 * _BATCH_SIZE] for x in run.data.validation)
  pixels = datasets.to_float(images)
  return op_errors.measure(run.network, pixels, labels, PRECISIONS, NUM_ROUNDS)


def _table(found, rounded, ops):
  names = list(ops.times[op_times.FORWARD, 'float32'])
  rows = [['', 'network', *names]]

  def add(title, *cells):
    rows.append([title, *cells, *[''] * (len(rows[0]) - 1 - len(cells))])

  for dataset, result in found.items():
    for title, cell in _accuracy_rows(result, rounded[dataset]):
      add(f'{dataset}: {title}', cell)
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


def _accuracy_rows(result, rounded):
  """Titles and cells of the rows of a dataset."""
  for precision in PRECISIONS:
    values = getattr(result, precision)
    yield f'test accuracy, {precision} (%)', intervals.percent(values)
    if len(values) > 1:
      deviation = 100 * intervals.describe(values).deviation
      yield f'{precision}, standard deviation of the seeds', f'{deviation:.2f}'
  for change, values in result.differences.items():
    title = f'{change} - float32 (points, {len(values)} pairs)'
    yield title, intervals.spread(values)
    if len(values) > 1:
      deviation = intervals.describe(values).deviation
      yield f'{change}, standard deviation of the pairs', f'{deviation:.2f}'
  for bits, losses in zip(WEIGHT_BITS, np.transpose(rounded), strict=True):
    title = f'weights of {bits} bits - float32 (points, {len(losses)} networks)'
    yield title, intervals.percent(losses)


def _error(error):
  if error is None:
    return ''
  if not error:
    return '0'
  return f'{error:.1e} ({rounding.bits(error):.1f})'


def _title(name, result):
  changes = result.differences['bfloat16']
  return (
    f'bfloat16 - float32, mean test accuracy on {name}: '
    f'{intervals.spread(changes)} points ({len(changes)} pairs)'
  )


def _draw(found, ops, plan):
  name, result = next(iter(found.items()))
  source = (
    f'{plan}; errors and times: {name}, seed 0, {_BATCH_SIZE} validation '
    f'images; {environment.describe(1)["cpu"]}, one thread per op'
  )
  figure = sheet.new(12.0, 4.5, _title(name, result), source)
  differences = {
    f'{dataset},\n{change} ({len(values)})': values
    for dataset, result in found.items()
    for change, values in result.differences.items()
  }
  bits = {
    kind: {
      layer: rounding.bits(error) for layer, error in errors.items() if error
    }
    for (precision, kind), errors in ops.errors.items()
    if precision == 'bfloat16'
  }
  times = {
    precision: {layer: 1e3 * seconds for layer, seconds in by_layer.items()}
    for (kind, precision), by_layer in ops.times.items()
    if kind == op_times.BOTH
  }
  low_precision.draw(figure, differences, bits, times)
  return figure


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
