"""Draws the inputs that excite each map of a layer most.

python -m cnn_tf.visualization.patterns --workdir=DIR --layer=conv3
python -m cnn_tf.visualization.patterns --workdir=DIR --layer=conv3 --maps=0,5,9

Gradient ascent finds the patterns. Beside them are the nine patches of the
training set that excite the map most. The figure is saved in the folder of the
run, with all scores in figures/patterns_<layer>.csv.
"""

import math
import time

from absl import flags

from cnn_tf.run import command
from cnn_tf.visualization import choices


def main() -> None:
  """Finds and draws the patterns that the flags select."""
  started = time.perf_counter()
  with command.silent_libraries():
    from cnn_tf.measure import ascent
    from cnn_tf.measure import runs
    from cnn_tf.visualization import draw
  workdir = command.folder('workdir')
  run = runs.load(workdir, data_dir=flags.FLAGS.data_dir)
  name = flags.FLAGS.layer
  _, maps = choices.layer_and_maps(run.geometries, name, flags.FLAGS.maps)
  settings = ascent.Settings(
    **{field: flags.FLAGS[field].value for field in ascent.Settings._fields}
  )
  folder = command.folder('output')
  print('\n'.join(draw.write_patterns(run, name, maps, settings, folder)))
  print(f'{time.perf_counter() - started:.0f} s')


def _define_flags():
  command.define_run('folder of the files (default: <workdir>/figures)')
  flags.mark_flag_as_required('workdir')
  flags.DEFINE_string(
    'layer', None, 'name of a layer with kernels', required=True
  )
  flags.DEFINE_list('maps', None, 'numbers of the maps or units (default: all)')
  integer, number = flags.DEFINE_integer, flags.DEFINE_float
  integer('num_starts', 4, 'initial images; the best result is kept', 1, 9999)
  integer('num_steps', 200, 'steps from each initial image', 1, 2**31 - 1)
  number('rate', 1.0, 'length of the first step', lower_bound=0.0)
  integer('jitter', 0, 'largest random shift per step, in pixels', 0, 9999)
  number(
    'smoothing',
    0.0,
    'weight of the penalty on total variation; about 0.3 turns noise into '
    'strokes, with a lower score',
    lower_bound=0.0,
  )
  integer('seed', 0, 'of the initial images and the shifts', 0, 2**63 - 1)
  for name in ('rate', 'smoothing'):
    flags.register_validator(name, math.isfinite, 'must be finite')


if __name__ == '__main__':
  _define_flags()
  command.run(main)
