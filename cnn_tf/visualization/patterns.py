"""Shows what input excites each map of a layer most, into the folder of a run.

python -m cnn_tf.visualization.patterns --workdir=DIR --layer=conv3
python -m cnn_tf.visualization.patterns --workdir=DIR --layer=conv3 --maps=0,5,9

Beside the patterns stand the nine patches of the training set that excite the
map most; figures/patterns_<layer>.csv has all scores.
"""

import math
import time

from absl import flags

from cnn_tf.run import command
from cnn_tf.visualization import choices


def main() -> None:
  """Searches the patterns that the flags ask for, and draws them."""
  started = time.perf_counter()
  with command.silent_libraries():
    from cnn_tf.measure import ascent
    from cnn_tf.measure import runs
    from cnn_tf.visualization import draw
  run = runs.load(command.folder('workdir'))
  geometries = {
    layer.spec.name: layer for layer in run.geometries if layer.kernel_shape
  }
  layer = choices.layer(flags.FLAGS.layer, list(geometries))
  num_maps = geometries[layer].output_shape[-1]
  chosen = flags.FLAGS.maps or [str(number) for number in range(num_maps)]
  maps = choices.numbers('maps', chosen, num_maps)
  settings = ascent.Settings(
    **{name: flags.FLAGS[name].value for name in ascent.Settings._fields}
  )
  print('\n'.join(draw.write_patterns(run, layer, maps, settings)))
  print(f'{time.perf_counter() - started:.0f} s')


def _define_flags():
  flags.DEFINE_string('workdir', None, 'folder of the run', required=True)
  flags.DEFINE_string('layer', None, 'a layer with kernels', required=True)
  flags.DEFINE_list('maps', None, 'maps or units, by number (default: all)')
  integer, number = flags.DEFINE_integer, flags.DEFINE_float
  integer('num_starts', 4, 'starts; the best end is kept', 1, 9999)
  integer('num_steps', 200, 'steps from each start', 1, 2**31 - 1)
  number('rate', 1.0, 'length of the first step', lower_bound=0.0)
  integer('jitter', 0, 'pixels of random shift, each step', 0, 9999)
  number(
    'smoothing',
    0.0,
    'how much total variation counts against a pattern; about 0.3 turns noise '
    'into strokes, and costs some of the score',
    lower_bound=0.0,
  )
  integer('seed', 0, 'of the starts and the shifts', 0, 2**63 - 1)
  for name in ('rate', 'smoothing'):
    flags.register_validator(name, math.isfinite, 'must be finite')


if __name__ == '__main__':
  _define_flags()
  command.run(main)
