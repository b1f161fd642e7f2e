"""Trains a convolutional network on MNIST or Fashion-MNIST, in raw TensorFlow.

python run_train.py --dataset=fashion --lr_schedule=exp
python run_train.py --flagfile=configs/article.flags
python run_train.py --workdir=runs/...    resumes an unfinished run

`pip install .` makes the same command available as cnn-tf-train.
"""

import contextlib
import importlib
import pathlib
import re
import shlex
import sys
import time

from absl import flags

from cnn_tf import errors
from cnn_tf.run import command
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage


def run() -> None:
  """The command: parses the flags, then trains."""
  settings_lib.define()
  flags.DEFINE_string(
    'workdir',
    None,
    'folder of the run; an unfinished run in it is resumed '
    '(default: runs/<date>-<time>-<dataset>-<schedule>)',
    module_name='run',
  )
  flags.DEFINE_bool(
    'figures',
    True,
    'draw the figures at the end; python -m cnn_tf.visualization does it later',
    module_name='run',
  )
  flags.DEFINE_bool(
    'page',
    True,
    'write page.html at the end; python -m cnn_tf.page does it later',
    module_name='run',
  )
  flags.DEFINE_string(
    'replicas',
    'auto',
    'copies of the network that share each batch equally: a number, or auto '
    'for one per GPU or, without a GPU, one per core, if they can',
    module_name='run',
  )
  command.run(main, docstring=__doc__ or '')


def main() -> None:
  """Trains and evaluates according to the flags."""
  given = command.folder('workdir')
  begun = storage.read_settings(given) if given else None
  settings = settings_lib.given(begun=begun)
  layers.parse(settings.layers)  # errors come before TensorFlow loads
  workdir = given or _new_workdir(settings)
  try:
    with command.ctrl_c_raises():
      with command.silent_libraries():
        from cnn_tf.run import loop
      loop.train_and_evaluate(settings, workdir, flags.FLAGS.replicas)
      if flags.FLAGS.figures:
        _finish(workdir, 'Figures', 'figures', 'cnn_tf.visualization.draw')
      if flags.FLAGS.page:
        _finish(workdir, 'Page', 'page.html', 'cnn_tf.page.finish')
  except KeyboardInterrupt:
    raise KeyboardInterrupt(_how_to_resume(workdir)) from None
  finally:
    if not given:
      with contextlib.suppress(OSError):
        workdir.rmdir()  # only succeeds if the folder is empty


def _finish(workdir, what, name, module):
  """Draws the figures or writes the page of a finished run, unless it exists.

  Args:
    workdir: the folder of the run.
    what: 'Figures' or 'Page', for the messages.
    name: the file or folder that is made in `workdir`.
    module: makes it by `at_the_end(workdir)`; its package is a command that
      makes it again.
  """
  from cnn_tf.run import replicas  # imports TensorFlow

  path = workdir / name
  # With several machines, only the chief has the run: make it later there.
  if path.exists() or replicas.num_machines() > 1:
    return
  try:
    importlib.import_module(module).at_the_end(workdir)
  except errors.UserError:
    raise
  except Exception as error:
    # The run is complete, and this command shows where it fails.
    package, _ = module.rsplit('.', 1)
    again = f'python -m {package} --workdir={_quote(workdir)}'
    reason, *_ = [*str(error).splitlines(), '']
    kind = type(error).__name__
    print(f'No {what.lower()} ({kind}: {reason}); again: {again}')
  else:
    print(f'{what}: {path}')


def _new_workdir(settings):
  """A new folder, named after the time and the settings."""
  dataset = pathlib.Path(settings.data_dir or settings.dataset).name
  dataset = re.sub(storage.NOT_IN_NAMES, '-', dataset)
  now = time.strftime('%Y%m%d-%H%M%S')
  path = pathlib.Path('runs', f'{now}-{dataset}-{settings.lr_schedule}')
  storage.make_folder(path.parent)
  while True:
    try:
      path.mkdir()
      return path
    except FileExistsError:
      path = path.with_name(f'{path.name}+')
    except OSError as error:
      raise errors.UserError(f'{path}: {error.strerror}') from None


def _how_to_resume(workdir):
  if storage.read_settings(workdir) is None:
    return 'The run had not started.'
  program = pathlib.Path(sys.argv[0])
  is_script = program.suffix == '.py'
  used = f'python {_quote(program)}' if is_script else program.name
  return f'To resume: {used} --workdir={_quote(workdir)}'


def _quote(path):
  return shlex.quote(str(path))
