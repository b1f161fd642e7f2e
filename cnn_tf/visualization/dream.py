"""Climbs uphill from a picture, to what excites a layer or some of its maps.

python -m cnn_tf.visualization.dream --workdir=DIR --layer=conv3 --start=test:17
python -m cnn_tf.visualization.dream --workdir=DIR --layer=conv2 --start=cat.jpg

The start is an image of the run's data, such as test:17 or train:0, or a
picture file (PNG, JPEG, GIF or BMP). Convolutions fit any size; pictures are
scaled to at most 400 pixels. For dense layers, the picture is scaled to the
size of the images. The figure is saved in the folder of the run.
"""

import math
import pathlib
import time

from absl import flags

from cnn_tf.run import command
from cnn_tf.visualization import choices

_LARGEST = 400  # pixels, the longer side of a picture


def main() -> None:
  """Climbs, and draws the picture after each size."""
  started = time.perf_counter()
  with command.silent_libraries():
    from cnn_tf.figures import dreams
    from cnn_tf.figures import sheet
    from cnn_tf.measure import dream
    from cnn_tf.measure import runs
    from cnn_tf.visualization import draw
  run = runs.load(command.folder('workdir'), data_dir=flags.FLAGS.data_dir)
  geometries, maps = choices.layer_and_maps(
    run.geometries, flags.FLAGS.layer, flags.FLAGS.maps
  )
  picture = _picture(run, dream.only_size(geometries))
  settings = dream.Settings(
    **{field: flags.FLAGS[field].value for field in dream.Settings._fields}
  )
  found = dream.climb(run.network, geometries, maps, picture, settings)
  name = geometries[-1].spec.name
  some = f' {",".join(map(str, maps))}' if flags.FLAGS.maps else ''
  source = run.source(f'start: {pathlib.Path(flags.FLAGS.start).name}')
  with sheet.defaults():
    figure = dreams.dreams(name + some, picture, found, source)
    folder = command.folder('output') or run.place(draw.FOLDER)
    print('\n'.join(draw.write(run, [(f'dream_{name}', figure)], folder)))
  print(f'{time.perf_counter() - started:.0f} s')


def _picture(run, only_size):
  """The grey values of the start, `[height, width]` in [0, 1].

  Args:
    run: its data have the images.
    only_size: the size that the picture must have, or None.
  """
  from cnn_tf import pictures

  start = flags.FLAGS.start
  part, _, number = start.partition(':')
  if part in ('train', 'test') and number:
    images = getattr(run.data, part).images
    [index] = choices.numbers('start', [number], len(images))
    return images[index] / 255
  grey = pictures.read(pathlib.Path(start))
  size = only_size
  if not size:
    scale = min(1, _LARGEST / max(grey.shape))
    size = tuple(max(1, round(scale * side)) for side in grey.shape)
  return pictures.fit(grey, size) / 255


def _define_flags():
  command.define_run('folder of the file (default: <workdir>/figures)')
  flags.mark_flag_as_required('workdir')
  flags.DEFINE_string(
    'layer', None, 'name of a layer with kernels', required=True
  )
  flags.DEFINE_list('maps', None, 'numbers of the maps or units (default: all)')
  flags.DEFINE_string(
    'start', None, 'test:NUMBER, train:NUMBER, or a picture file', required=True
  )
  integer, number = flags.DEFINE_integer, flags.DEFINE_float
  integer('num_sizes', 4, 'from small to large, each 1.4 times the last', 1, 99)
  integer('num_steps', 20, 'steps at each size', 1, 2**31 - 1)
  number('rate', 0.02, 'change of a pixel in a step', lower_bound=0.0)
  flags.register_validator('rate', math.isfinite, 'must be finite')


if __name__ == '__main__':
  _define_flags()
  command.run(main)
