"""Where the time of a training step goes, in float32 and in bfloat16.

  python -m benchmarks.operations
  python -m benchmarks.operations --layers="conv 9 3x3, maxpool 2x2 dropout 0.1"

One replica with one thread, so that no two ops run at the same time. TensorFlow
writes its profile as an XSpace, a list of events with names like
`.../Conv2DBackpropFilter_1:_MklNativeConv2DBackpropFilter`: the name of the op
in the graph, and its kernel.
"""

import collections
import pathlib
import re
import statistics
import tempfile
from collections.abc import Mapping
from collections.abc import Sequence

from absl import flags

from benchmarks import machine
from benchmarks import peers
from cnn_tf.run import command
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import terminal

# The first pattern that is found in the kernel decides. A fused convolution or
# dense layer includes its bias and its relu.
_PARTS = (
  ('Conv2DBackpropFilter', 'kernel gradient of conv{backward}'),
  ('Conv2DBackpropInput', 'input gradient of conv{backward}'),
  ('Conv2D', 'conv{forward}'),
  ('MatMul', 'dense layers and their gradients'),
  ('MaxPoolGrad', 'gradients of max pooling'),
  ('MaxPool', 'max pooling'),
  ('BiasAddGrad|ReluGrad', 'gradients of bias and relu'),
  ('BiasAdd|Relu', 'bias and relu'),
  ('Random|Select|GreaterEqual', 'dropout'),
  ('Cast', 'casts'),
  ('', 'all others'),
)

Profile = Mapping[str, float]  # part of a step -> milliseconds


def main() -> None:
  """Prints the milliseconds of each part of a step."""
  chosen = flags.FLAGS.precision
  precisions = peers.PRECISIONS if chosen == 'both' else (chosen,)
  print(f'{machine.describe()}\n', flush=True)
  with command.silent_libraries():
    profiles = _measure(precisions)
  print(compare(profiles))


def part_of_step(event: str, num_convolutions: int) -> str | None:
  """The part of a training step that an event of a profile belongs to.

  None for events that are not ops of the training loop. The convolutions count
  from the image to the logits; their gradients are computed, and numbered, in
  the opposite order.
  """
  found = re.fullmatch(r'while/body.*?([A-Za-z]\w*?)(?:_(\d+))?:(\w+)', event)
  if not found:
    return None
  index, kernel = int(found[2] or 0), found[3]
  for pattern, name in _PARTS:
    if re.search(pattern, kernel):
      return name.format(forward=index + 1, backward=num_convolutions - index)
  return None


def median(profiles: Sequence[Profile]) -> Profile:
  """The median of each part."""
  parts = {part for profile in profiles for part in profile}
  return {
    part: statistics.median(profile.get(part, 0.0) for profile in profiles)
    for part in parts
  }


def compare(profiles: Mapping[str, Profile]) -> str:
  """A table: one line per part, one column per precision, and their ratio."""
  first, *others = profiles
  header = ['ms per step', *profiles]
  header += [f'{first} / {other}' for other in others]
  header += [f'share of {precision}' for precision in profiles]
  rows = [header]
  totals = [sum(profile.values()) for profile in profiles.values()]
  parts = sorted(
    {part for profile in profiles.values() for part in profile},
    key=lambda part: -max(p.get(part, 0.0) for p in profiles.values()),
  )
  for part in [*parts, 'all']:
    values = [
      total if part == 'all' else profile.get(part, 0.0)
      for profile, total in zip(profiles.values(), totals, strict=True)
    ]
    ratios = [f'{values[0] / x:.2f}' if x else '' for x in values[1:]]
    shares = [
      f'{x / total:.1%}' for x, total in zip(values, totals, strict=True)
    ]
    rows.append([part, *(f'{x:.2f}' for x in values), *ratios, *shares])
  return terminal.align(rows)


def _measure(precisions):
  """The median profile of each precision, measured in turns."""
  import tensorflow as tf

  tf.config.threading.set_intra_op_parallelism_threads(1)
  tf.config.threading.set_inter_op_parallelism_threads(1)
  layers, num_steps = flags.FLAGS.layers, flags.FLAGS.steps
  works = {name: peers.ours(name, '1', layers) for name in precisions}
  profiles = {precision: [] for precision in precisions}
  for number in range(flags.FLAGS.rounds + 1):
    for precision, work in works.items():
      with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        work.train(num_steps)
        tf.profiler.experimental.stop()
        [path] = pathlib.Path(folder).rglob('*.xplane.pb')
        content = path.read_bytes()
      if number:  # the first round warms up
        total_steps = num_steps + peers.WARM_UP_STEPS
        profiles[precision].append(
          _by_part(content, total_steps, layers.count('conv'))
        )
  return {precision: median(each) for precision, each in profiles.items()}


def _by_part(content, num_steps, num_convolutions):
  """Milliseconds per step of each part."""
  from tensorflow.tsl.profiler.protobuf import xplane_pb2

  space = xplane_pb2.XSpace()
  space.ParseFromString(content)
  milliseconds = collections.Counter()
  for plane in space.planes:
    for line in plane.lines:
      for event in line.events:
        name = plane.event_metadata[event.metadata_id].name
        if part := part_of_step(name, num_convolutions):
          milliseconds[part] += event.duration_ps / 1e9 / num_steps
  return milliseconds


if __name__ == '__main__':
  flags.DEFINE_enum(
    'precision', 'both', [*peers.PRECISIONS, 'both'], 'what to profile'
  )
  flags.DEFINE_integer('rounds', 5, 'profiles of each', lower_bound=1)
  flags.DEFINE_integer(
    'steps', 20, 'training steps of a profile', lower_bound=1
  )
  flags.DEFINE_string(
    'layers', settings_lib.REFERENCE_LAYERS, 'as for run_train.py'
  )
  command.run(main)
