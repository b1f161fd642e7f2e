"""What all commands of this project have in common."""

import contextlib
import os
import pathlib
import re
import sys
from collections.abc import Callable
from collections.abc import Iterator

from absl import app
from absl import flags
from absl import logging

from cnn_tf import errors
from cnn_tf.run import ctrl_c
from cnn_tf.run import output


def run(main: Callable[..., None], takes_arguments: bool = False) -> None:
  """Parses the flags and calls `main`; an end that is no bug prints one line.

  With `takes_arguments`, the words that are not flags are the arguments of
  `main`. Otherwise such a word is an error.

  The exit status is 1 after a `UserError`, 130 after Ctrl-C, and 141 after the
  reader of the output has closed it, as `head` does.
  """
  output.protect()
  # Figures are drawn as PNG files, for which matplotlib needs no backend, but
  # an unknown name here would keep it from loading.
  os.environ.pop('MPLBACKEND', None)
  try:
    try:
      app.run(
        lambda argv: _main_or_one_line(lambda: main(*argv[1:])),
        flags_parser=lambda argv: _parse(argv, takes_arguments),
      )
    finally:
      if sys.stdout is not None:
        sys.stdout.flush()
  except BrokenPipeError:
    output.discard()
    sys.exit(141)


def folder(flag: str) -> pathlib.Path | None:
  """The folder that a flag names, with `~` expanded, or None.

  Raises:
    UserError: the flag is given without a name, or `~user` is unknown.
  """
  name = flags.FLAGS[flag].value
  if name == '':
    raise errors.UserError(f'--{flag}= must name a folder')
  try:
    return None if name is None else pathlib.Path(name).expanduser()
  except RuntimeError as error:
    raise errors.UserError(f'--{flag}={name}: {error}') from None


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


def _main_or_one_line(main):
  logging.set_verbosity(logging.WARNING)
  try:
    with ctrl_c.raised():
      main()
  except errors.UserError as error:
    sys.exit(f'{_name()}: {error}')
  except Exception as error:
    # By name, because TensorFlow is not imported here.
    if type(error).__name__ not in ('MemoryError', 'ResourceExhaustedError'):
      raise
    sys.exit(f'{_name()}: out of memory')
  except KeyboardInterrupt as interrupt:
    print(f'\nStopped. {interrupt}'.rstrip())
    sys.exit(ctrl_c.STATUS)


def _parse(argv, takes_arguments):
  if {'--help', '-help', '-h', '-?'} & set(argv[1:]):
    print(_help())
    sys.exit(0)
  try:
    leftover = flags.FLAGS(argv)[1:]
    problem = _find_problem()
  except flags.Error as error:
    problem = _describe(error)
  except UnicodeDecodeError as error:
    problem = f'a flagfile is not UTF-8 text: {error}'
  except SystemExit:  # --helpfull, --helpshort or --helpxml has been printed
    sys.exit(0)
  if problem:
    sys.exit(f'{_name()}: {problem} (--help lists the flags)')
  if leftover and not takes_arguments:
    # This includes lines of a flagfile that are neither flags nor comments.
    sys.exit(f'{_name()}: not a flag: {leftover[0]!r} (--help lists the flags)')
  return [argv[0], *leftover]


def _find_problem():
  """What is wrong with a text that absl accepts, or ''."""
  for name, value in flags.FLAGS.flag_values_dict().items():
    for text in value if isinstance(value, list) else [value]:
      if isinstance(text, str) and '\0' in text:
        return f'--{name}={text!a}: a NUL cannot be part of it'
      if isinstance(text, str) and not _is_utf8(text):
        return (
          f'--{name}={text!a}: not UTF-8, or not for Python in this locale '
          '(LANG=C.UTF-8 is one)'
        )
  return ''


def _is_utf8(text):
  try:
    text.encode()
  except UnicodeEncodeError:
    return False
  return True


def _describe(error):
  """The words of absl, where they can be understood."""
  missing = re.fullmatch(r'flag --(\w+)=None: .* other than None\.', str(error))
  return f'--{missing[1]}=... is missing' if missing else str(error)


def _help():
  """The docstring of the command and its flags, in order of definition."""
  docstring = sys.modules['__main__'].__doc__ or ''  # none in python -OO
  groups = []
  for group in flags.FLAGS.flags_by_module_dict():
    if not group.startswith(('absl.', 'tensorflow.')):
      text = flags.FLAGS.module_help(group)
      # Without a name, absl gives a group that of its file.
      is_path = group == sys.argv[0] or group.startswith('cnn_tf.')
      groups.append(text.replace(group, 'flags', 1) if is_path else text)
  return '\n'.join([docstring, *groups])


def _name():
  path = pathlib.Path(sys.argv[0])
  return path.parent.name if path.name == '__main__.py' else path.name
