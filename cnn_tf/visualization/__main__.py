"""Draws the figures of a run, and saves them in its folder.

python -m cnn_tf.visualization --workdir=DIR
python -m cnn_tf.visualization --workdir=DIR --images=3,17,42 --layer=conv2
python -m cnn_tf.visualization --workdir=DIR --images=class:4 --layer=conv3

With a class, each map is drawn for a dozen images of it, and of the class with
which it is confused most.
"""

import time

from absl import flags

from cnn_tf.run import command
from cnn_tf.visualization import choices


def main() -> None:
  """Draws the figures that the flags select, from the newest checkpoint."""
  started = time.perf_counter()
  with command.silent_libraries():
    from cnn_tf.measure import runs
    from cnn_tf.visualization import catalogue
    from cnn_tf.visualization import draw
  workdir = command.folder('workdir')
  run = runs.load(workdir, data_dir=flags.FLAGS.data_dir)
  num_images = len(run.data.test.labels)
  chosen = flags.FLAGS.images or [str(n) for n in range(min(3, num_images))]
  layers = {layer.name: layer for layer in run.network.layers}
  name = flags.FLAGS.layer and choices.layer(flags.FLAGS.layer, list(layers))
  shown = [layers[name]] if name else run.network.layers
  label = choices.class_label(chosen, run.class_names)
  if label is not None:
    named_figures = catalogue.of_class(run, label, shown)
  else:
    images = choices.numbers('images', chosen, num_images)
    named_figures = (
      catalogue.of_layers(run, images, shown)
      if name
      else catalogue.of_run(run, images)
    )
  folder = command.folder('output') or run.place(draw.FOLDER)
  print('\n'.join(draw.write(run, named_figures, folder)))
  print(f'{time.perf_counter() - started:.0f} s')


def _define_flags():
  command.define_run('folder of the figures (default: <workdir>/figures)')
  flags.mark_flag_as_required('workdir')
  flags.DEFINE_list(
    'images',
    None,
    'numbers of the test images to show (default: 0,1,2), or class:NAME for a '
    'dozen images of a class',
  )
  flags.DEFINE_string('layer', None, 'draw only the figures of this layer')


if __name__ == '__main__':
  _define_flags()
  command.run(main)
