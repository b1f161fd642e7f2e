"""Where the time of a training step goes, op by op.

  python -m benchmarks.operations

One replica with one thread, so that no two ops run at the same time. TensorFlow
writes its profile as an XSpace, a list of events with names like
`.../Conv2DBackpropFilter_1:_MklNativeConv2DBackpropFilter`: op and kernel.
"""

import collections
import os
import pathlib
import tempfile

from absl import flags

from cnn_tf.run import command
from cnn_tf.run import tables

_MIN_SHARE = 0.01


def main() -> None:
  """Prints all ops that take at least 1 % of a step."""
  with command.silent_libraries():
    import tensorflow as tf

    from benchmarks import peers
  tf.config.threading.set_intra_op_parallelism_threads(1)
  tf.config.threading.set_inter_op_parallelism_threads(1)
  work = peers.PEERS['ours, 1 replica'](128)
  num_steps = flags.FLAGS.steps
  work.train(num_steps)  # warms up
  with tempfile.TemporaryDirectory() as folder:
    tf.profiler.experimental.start(folder)
    work.train(num_steps)
    tf.profiler.experimental.stop()
    [path] = pathlib.Path(folder).rglob('*.xplane.pb')
    milliseconds = _by_op(path.read_bytes(), num_steps)
  total = sum(milliseconds.values())
  rows = [['op', 'ms per step', 'share']]
  for name, value in milliseconds.most_common():
    if value >= _MIN_SHARE * total:
      rows.append([name, f'{value:.2f}', f'{value / total:.1%}'])
  few = [v for v in milliseconds.values() if v < _MIN_SHARE * total]
  rows.append(
    [f'{len(few)} others', f'{sum(few):.2f}', f'{sum(few) / total:.1%}']
  )
  rows.append(['all', f'{total:.2f}', '100.0%'])
  print(tables.align(rows))


def _by_op(content, num_steps):
  """Milliseconds per step, by the name of the op in the graph."""
  from tensorflow.tsl.profiler.protobuf import xplane_pb2

  space = xplane_pb2.XSpace()
  space.ParseFromString(content)
  milliseconds = collections.Counter()
  for plane in space.planes:
    for line in plane.lines:
      for event in line.events:
        name = plane.event_metadata[event.metadata_id].name
        if name.startswith('while/body') and ':' in name:
          op = name.partition(':')[0].rpartition('/')[2]
          backward = 'gradient_tape' in name
          label = f'{op}{" (backward)" if backward else ""}'
          milliseconds[label] += event.duration_ps / 1e9 / num_steps
  return milliseconds


if __name__ == '__main__':
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  flags.DEFINE_integer('steps', 50, 'training steps to look at', lower_bound=1)
  command.run(main)
