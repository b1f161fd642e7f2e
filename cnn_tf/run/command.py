"""What all commands of this project have in common."""

import contextlib
import os
import pathlib
import sys
from collections.abc import Callable
from collections.abc import Iterator

from absl import app
from absl import flags
from absl import logging

from cnn_tf import errors


def run(main: Callable[[], None]) -> None:
  """Parses the flags and calls `main`; a `UserError` is printed as one line."""

  def main_or_one_line(unused_argv):
    logging.set_verbosity(logging.WARNING)
    try:
      main()
    except errors.UserError as error:
      sys.exit(f'{_name()}: {error}')

  app.run(main_or_one_line, flags_parser=_parse)


def folder(flag: str) -> pathlib.Path | None:
  """The folder that a flag names, with `~` expanded, or None.

  Raises:
    UserError: the flag is given without a name.
  """
  name = flags.FLAGS[flag].value
  if name == '':
    raise errors.UserError(f'--{flag}= must name a folder')
  return None if name is None else pathlib.Path(name).expanduser()


@contextlib.contextmanager
def silent_libraries() -> Iterator[None]:
  """Hides the messages about CUDA and oneDNN that TensorFlow prints on import.

  Its libraries write them to file descriptor 2 while they load, before their
  log level can be set. An exception is still shown: Python prints it later.
  """
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
  terminal = os.dup(2)
  nowhere = os.open(os.devnull, os.O_WRONLY)
  os.dup2(nowhere, 2)
  try:
    yield
  finally:
    os.dup2(terminal, 2)
    os.close(nowhere)
    os.close(terminal)


def _parse(argv):
  if {'--help', '-help', '-h', '-?'} & set(argv[1:]):
    print(_help())
    sys.exit(0)
  try:
    leftover = flags.FLAGS(argv)[1:]
  except flags.Error as error:
    sys.exit(f'{_name()}: {error} (--help lists the flags)')
  if leftover:
    # This includes lines of a flagfile that are neither flags nor comments.
    sys.exit(f'{_name()}: not a flag: {leftover[0]!r} (--help lists the flags)')
  return [argv[0]]


def _help():
  """The docstring of the command and its flags, in order of definition."""
  groups = [
    group
    for group in flags.FLAGS.flags_by_module_dict()
    if not group.startswith(('absl.', 'tensorflow.'))
  ]
  docstring = sys.modules['__main__'].__doc__
  return '\n'.join([docstring, *map(flags.FLAGS.module_help, groups)])


def _name():
  path = pathlib.Path(sys.argv[0])
  return path.parent.name if path.name == '__main__.py' else path.name
