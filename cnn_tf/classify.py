"""Pictures -> the three most probable classes of each, by the network of a run.

  python -m cnn_tf.classify --workdir=DIR picture.png ...
  python -m cnn_tf.classify --workdir=DIR --invert --frame photo.jpg

Images of MNIST are white on black, 20 of 28 pixels high or wide, and centred:
`--invert` is for ink on paper, `--frame` scales and centres the ink like that.
"""

import pathlib

import numpy as np
from absl import flags

from cnn_tf import errors
from cnn_tf.run import command
from cnn_tf.run import terminal

_NUM_SHOWN = 3


def main(*names: str) -> None:
  """Prints a line for each picture."""
  if not names:
    raise errors.UserError('no pictures are given')
  with command.silent_libraries():
    import tensorflow as tf

    from cnn_tf import pictures
    from cnn_tf.data import datasets
    from cnn_tf.measure import runs
  run = runs.load(
    command.folder('workdir'), read_test=False, data_dir=flags.FLAGS.data_dir
  )
  put = pictures.frame if flags.FLAGS.frame else pictures.fit
  size = run.data.train.images.shape[1:]
  images = [
    put(pictures.read(pathlib.Path(name), flags.FLAGS.invert), size)
    for name in names
  ]
  logits = run.predict(datasets.to_float(np.array(images)))
  rows = map(_answers, tf.nn.softmax(logits).numpy())
  header = ['picture', *['class', 'probability'] * _NUM_SHOWN]
  print(
    terminal.align(
      [header[: 1 + 2 * min(_NUM_SHOWN, run.data.num_classes)]]
      + [
        [name, *(cell for k, p in row for cell in (run.class_names[k], p))]
        for name, row in zip(names, rows, strict=True)
      ]
    )
  )


def _answers(probabilities):
  """(class, probability in percent as text) of the most probable classes."""
  best = np.argsort(-probabilities, kind='stable')[:_NUM_SHOWN]
  return [(k, f'{probabilities[k]:.1%}') for k in best]


if __name__ == '__main__':
  flags.DEFINE_string('workdir', None, 'folder of the run', required=True)
  flags.DEFINE_string(
    'data_dir', '', 'the folder of the IDX files of the run, if it has moved'
  )
  flags.DEFINE_bool('invert', False, 'black becomes white: for ink on paper')
  flags.DEFINE_bool('frame', False, 'scale and centre the ink as in MNIST')
  command.run(main, takes_arguments=True)
