"""Trains a convolutional network on MNIST or Fashion-MNIST, in raw TensorFlow.

python run_train.py --dataset=fashion --lr_schedule=exp
python run_train.py --flagfile=configs/article.flags
python run_train.py --workdir=runs/...    goes on with an unfinished run
"""

import contextlib
import dataclasses
import os
import pathlib
import shlex
import sys
import time

from absl import flags

from cnn_tf import command
from cnn_tf import config
from cnn_tf import errors
from cnn_tf.network import layers
from cnn_tf.training import run_folder

_DEFINE = {
  bool: flags.DEFINE_bool,
  int: flags.DEFINE_integer,
  float: flags.DEFINE_float,
  str: flags.DEFINE_string,
}

for _field in dataclasses.fields(config.Config):
  _DEFINE[_field.type](
    _field.name,
    _field.default,
    _field.metadata['meaning'],
    module_name=_field.metadata['group'],
  )
_WORKDIR = flags.DEFINE_string(
  'workdir',
  None,
  'folder of the run; that of an unfinished run continues it '
  '(default: runs/<date>-<time>-<dataset>-<schedule>)',
  module_name='run',
)
_FIGURES = flags.DEFINE_bool(
  'figures',
  True,
  'draw the figures at the end; python -m cnn_tf.visualization can do it later',
  module_name='run',
)

_REPLICAS = flags.DEFINE_string(
  'replicas',
  'auto',
  'copies of the network that share each batch: a number, or auto for one a '
  'GPU or, without a GPU, one a core',
  module_name='run',
)


def config_from_flags(begun: config.Config | None = None) -> config.Config:
  """The settings that the command line gives.

  Args:
    begun: those of the run to continue, for all flags that are not given.
  """
  given = {
    field.name: flags.FLAGS[field.name].value
    for field in dataclasses.fields(config.Config)
    if flags.FLAGS[field.name].present
  }
  if given.get('data_dir'):
    # A run can be replayed from any folder.
    given['data_dir'] = os.path.abspath(given['data_dir'])
  return dataclasses.replace(begun or config.Config(), **given)


def main() -> None:
  """Trains and evaluates, as the flags say."""
  given = _WORKDIR.value
  begun = run_folder.read_config(pathlib.Path(given)) if given else None
  settings = config_from_flags(begun)
  layers.parse(settings.layers)  # TensorFlow takes seconds to load; this not
  workdir = pathlib.Path(given) if given else _new_workdir(settings)
  try:
    with command.silent_libraries():
      from cnn_tf.training import train_loop
    train_loop.train_and_evaluate(settings, workdir, _REPLICAS.value)
    if _FIGURES.value:
      _draw_figures(workdir)
  except KeyboardInterrupt:
    print(f'\nStopped. {_how_to_go_on(workdir)}')
    sys.exit(130)
  finally:
    if not given:
      with contextlib.suppress(OSError):
        workdir.rmdir()  # if nothing came of the run, and it is empty


def _draw_figures(workdir):
  """All figures of a finished run, unless it has them."""
  folder = workdir / 'figures'
  # Of several machines only one has written the run: let it be asked later.
  if not folder.exists() and 'TF_CONFIG' not in os.environ:
    from cnn_tf.visualization import draw

    draw.at_the_end(workdir)
    print(f'Figures: {folder}')


def _new_workdir(settings):
  """A folder that no other run has, named after the time and the settings."""
  dataset = pathlib.Path(settings.data_dir or settings.dataset).name
  now = time.strftime('%Y%m%d-%H%M%S')
  path = pathlib.Path('runs', f'{now}-{dataset}-{settings.lr_schedule}')
  while path.exists():
    path = path.with_name(f'{path.name}+')
  try:
    path.mkdir(parents=True)
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None
  return path


def _how_to_go_on(workdir):
  if run_folder.read_config(workdir) is None:
    return 'The run had not begun.'
  return f'To go on: python run_train.py --workdir={shlex.quote(str(workdir))}'


if __name__ == '__main__':
  command.run(main)
