"""The least work for a mean of 99.0 % on MNIST.

  python -m benchmarks.work_to_99
  python -m benchmarks.work_to_99 --on=validation --images=20000 --first_seed=0
  python -m benchmarks.work_to_99 --on=validation --layers="conv 8 5x5, dense 9"

The work is fixed in advance: every image is seen once, the learning rate
follows its schedule to the end, and the network is evaluated there, once. The
defaults, with the reference network, were chosen on the validation images with
the seeds 0 to 4; docs/results.md has the results.
"""

import gc
import time
from typing import NamedTuple

from absl import flags

from cnn_tf import errors
from cnn_tf.measure import intervals
from cnn_tf.network import geometry
from cnn_tf.run import command
from cnn_tf.run import layers as layers_lib
from cnn_tf.run import settings as settings_lib

GOAL = 99.0


class Work(NamedTuple):
  """How to train, and for how long."""

  images: int = 40000  # seen in all, each once; whole batches
  batch_size: int = 16
  learning_rate: float = 0.006  # the highest
  warmup: float = 0.1  # share of the steps in which the rate rises
  optimizer: str = 'adam'
  momentum: float = 0.9
  nesterov: bool = False
  l2_scale: float = 0.0
  average: float = 0.0  # decay of the average of the kernels per step
  label_smoothing: float = 0.2
  precision: str = 'float32'
  layers: str = settings_lib.REFERENCE_LAYERS


def flop_per_image(layers: str) -> int:
  """The operations of a training step for one image, with these layers.

  A multiplication and the addition of its product are two. Each layer
  multiplies three times: for its output, for the gradient of its kernel, and
  for that of its inputs. The first layer leaves out the last: its inputs are
  the pixels.
  """
  geometries = geometry.trace(layers_lib.parse(layers), (28, 28, 1))
  counts = [layer.num_multiplications for layer in geometries]
  return 2 * (3 * sum(counts) - next(filter(None, counts)))


def accuracy(work: Work, seed: int, on: str, num_replicas: str) -> float:
  """Trains one network; returns its accuracy in percent.

  Raises:
    UserError: there are too few images, or the training diverges.
  """
  with command.silent_libraries():  # only now, because it takes seconds
    import tensorflow as tf

    from cnn_tf.data import datasets
    from cnn_tf.run import evaluation
    from cnn_tf.run import replicas
    from cnn_tf.run import trainer as trainer_lib

  tf.get_logger().setLevel('ERROR')  # it warns of one graph per seed
  names = [name for name in work._fields if name not in ('images', 'warmup')]
  settings = settings_lib.Settings(
    dataset='mnist',
    num_validation=5000 if on == 'validation' else 0,
    seed=seed,
    **{name: getattr(work, name) for name in names},
  )
  strategy = replicas.make_strategy(num_replicas, work.batch_size)
  data = datasets.load('mnist', '', settings.num_validation, on == 'test')
  num_examples = len(data.train.labels)
  if work.images > num_examples:
    raise errors.UserError(
      f'--images={work.images}: there are {num_examples}, each seen once'
    )
  if work.images % work.batch_size:
    raise errors.UserError(
      f'--images={work.images} must be a multiple of '
      f'--batch_size={work.batch_size}'
    )
  geometries = trainer_lib.geometries(settings, data)
  trainer = trainer_lib.Trainer(settings, data, geometries, strategy)
  num_steps = work.images // work.batch_size
  trainer.schedule = _up_and_down(work.learning_rate, num_steps, work.warmup)
  order = datasets.order(num_examples, seed, epoch=1)
  progress = trainer.train_steps(
    order, tf.constant(0), tf.constant(work.images)
  )
  if not progress.all_finite:
    raise errors.UserError(f'seed {seed} diverges: try a lower --learning_rate')
  examples = data.test if on == 'test' else data.validation
  means = evaluation.Evaluation(trainer.evaluated, examples, strategy)()
  return 100 * means.accuracy


def _up_and_down(highest_rate, num_steps, warmup):
  """Step t -> a rate that rises linearly in a share of the steps, then falls.

  `highest_rate * min((t + 1) / rising, (num_steps - t) / (num_steps - rising))`
  """
  import tensorflow as tf

  rising = max(1.0, warmup * num_steps)

  def rate(step):
    t = tf.cast(step, tf.float32)
    up, down = (t + 1) / rising, (num_steps - t) / (num_steps - rising)
    return highest_rate * tf.minimum(up, down)

  return rate


def main() -> None:
  """Prints the accuracy of each seed, and the interval of the mean."""
  given = {name: flags.FLAGS[name].value for name in Work._fields}
  work = Work(**given)
  on, first = flags.FLAGS.on, flags.FLAGS.first_seed
  print(work)
  found = []
  started = time.perf_counter()
  for seed in range(first, first + flags.FLAGS.seeds):
    found.append(accuracy(work, seed, on, flags.FLAGS.replicas))
    gc.collect()  # graphs hold the images, and are in reference cycles
    elapsed = time.perf_counter() - started
    left = elapsed / len(found) * (flags.FLAGS.seeds - len(found))
    print(f'seed {seed}: {found[-1]:.2f} %; left: {left:.0f} s', flush=True)
  print(describe(work, on, found))


def describe(work: Work, on: str, accuracies: list[float]) -> str:
  """The work, the mean and its interval, and whether the goal is reached."""
  found = intervals.describe(accuracies)
  flop = work.images * flop_per_image(work.layers)
  reached = 'reached' if found.mean >= GOAL else 'not reached'
  return (
    f'{work.images:,} images, {flop / 1e12:.2f} TFLOP: '
    f'{found.mean:.3f} % on {on}, deviation {found.deviation:.3f}, '
    f'n = {len(accuracies)}, '
    f'95 % interval of the mean {found.low:.3f} to {found.high:.3f}; '
    f'a mean of {GOAL} % is {reached}'
  )


if __name__ == '__main__':
  _DEFINE = {
    bool: flags.DEFINE_bool,
    int: flags.DEFINE_integer,
    float: flags.DEFINE_float,
    str: flags.DEFINE_string,
  }
  for _name, _type in Work.__annotations__.items():
    _default = Work._field_defaults[_name]
    _DEFINE[_type](_name, _default, 'see the code', module_name='work')
  flags.DEFINE_integer('seeds', 20, 'how many networks', lower_bound=1)
  flags.DEFINE_integer('first_seed', 1000, 'the first of them', lower_bound=0)
  flags.DEFINE_enum(
    'on', 'test', ['test', 'validation'], 'on what they are evaluated'
  )
  flags.DEFINE_string('replicas', 'auto', 'as for run_train.py')
  command.run(main)
