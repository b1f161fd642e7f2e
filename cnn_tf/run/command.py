"""What all commands of this project have in common.

Flags, help, and errors of one line; Ctrl-C ends a command with one line, from
its first import to its end; standard output cannot end a run.

This module imports quickly, without TensorFlow.
"""

import _thread
import contextlib
import io
import os
import pathlib
import re
import signal
import sys
import threading
from collections.abc import Callable
from collections.abc import Iterator

from absl import app
from absl import flags
from absl import logging

from cnn_tf import errors

CTRL_C_STATUS = 130  # what a shell reports of a command that Ctrl-C ended


def run(
  main: Callable[..., None],
  takes_arguments: bool = False,
  docstring: str | None = None,
) -> None:
  """Parses the flags and calls `main`.

  User errors and Ctrl-C print one line, not a traceback. `--help` prints
  `docstring`, by default that of the file that Python runs.

  With `takes_arguments`, the words that are not flags are the arguments of
  `main`. Otherwise such a word is an error.

  The exit status is 1 after a `UserError`, 130 after Ctrl-C, and 141 after the
  reader of the output has closed it, as `head` does.
  """
  if docstring is None:
    docstring = sys.modules['__main__'].__doc__ or ''  # none in python -OO
  protect_output()
  # Figures are drawn as PNG files, for which matplotlib needs no backend, but
  # an unknown name here would keep it from loading.
  os.environ.pop('MPLBACKEND', None)
  try:
    try:
      app.run(
        lambda argv: _main_or_one_line(lambda: main(*argv[1:])),
        flags_parser=lambda argv: _parse(argv, takes_arguments, docstring),
      )
    finally:
      if sys.stdout is not None:
        sys.stdout.flush()
      _forget_flags()
  except BrokenPipeError:
    # Python flushes again at its end, and must not fail there.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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


def define_run(output: str) -> None:
  """Defines the flags of a command that reads a run, and writes `output`."""
  flags.DEFINE_string('workdir', None, 'folder of the run')
  flags.DEFINE_string(
    'data_dir', '', 'the folder of the IDX files of the run, if it has moved'
  )
  flags.DEFINE_string('output', None, output)


@contextlib.contextmanager
def silent_libraries() -> Iterator[None]:
  """For importing TensorFlow: with oneDNN; without Keras and without messages.

  Its libraries write them to file descriptor 2 while they load, before their
  log level can be set. An exception is still shown: Python prints it later.
  """
  # Off by default with AVX2 alone, where it trains 1.3 times as fast (Zen 3).
  os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
  # Keras takes a third of the time. TensorFlow leaves it out when an older one
  # is wanted, which need not be installed.
  os.environ['TF_USE_LEGACY_KERAS'] = '1'
  terminal = os.dup(2)
  with open(os.devnull, 'w') as nowhere:
    os.dup2(nowhere.fileno(), 2)
  try:
    yield
  finally:
    os.dup2(terminal, 2)
    os.close(terminal)
    os.environ.pop('TF_USE_LEGACY_KERAS', None)  # Keras is found again


def exit_at_ctrl_c() -> None:
  """Makes Ctrl-C end the process at once: for imports, which take seconds."""
  if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, _exit)


@contextlib.contextmanager
def ctrl_c_raises() -> Iterator[None]:
  """Inside this block Ctrl-C always raises KeyboardInterrupt.

  Python raises it wherever the program is. That may be inside a library which
  swallows it, or turns it into an error of its own.
  """
  caught = []

  def interrupt(number, frame):
    caught.append(number)
    raise KeyboardInterrupt

  handler = signal.getsignal(signal.SIGINT)
  if handler is signal.SIG_IGN:  # a job in the background of a shell
    yield
    return
  signal.signal(signal.SIGINT, interrupt)
  try:
    with _lost_ctrl_c_comes_again():
      yield
    if caught:
      raise KeyboardInterrupt
  except Exception:
    if caught:
      raise KeyboardInterrupt from None
    raise
  finally:
    signal.signal(signal.SIGINT, handler)


@contextlib.contextmanager
def _lost_ctrl_c_comes_again():
  """Raises KeyboardInterrupt again after it was raised where nobody catches it.

  Python only reports an exception in a `__del__` or a callback of a library.
  """
  timers, hook = [], sys.unraisablehook

  def raise_later(unraisable):
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
      timers.append(threading.Timer(0.01, _thread.interrupt_main))
      timers[-1].start()
    else:
      hook(unraisable)

  sys.unraisablehook = raise_later
  try:
    yield
  finally:
    for timer in timers:
      timer.cancel()
    sys.unraisablehook = hook


def protect_output() -> None:
  """Makes standard output unable to end a run, and able to show every name.

  A disk with a full log, or a terminal that is gone, would otherwise end hours
  of training at the next line that is printed. A broken pipe still raises a
  BrokenPipeError: `head` has seen enough.
  """
  if not isinstance(sys.stdout, io.TextIOWrapper):
    return  # closed from the start, or not a file, as in a notebook
  sys.stdout.flush()
  try:
    descriptor = sys.stdout.fileno()
  except OSError:  # in memory
    return
  sys.stdout = io.TextIOWrapper(
    io.BufferedWriter(_Lossy(descriptor, 'w', closefd=False)),
    encoding=sys.stdout.encoding,
    errors='backslashreplace',
    line_buffering=sys.stdout.line_buffering,
  )


class _Lossy(io.FileIO):
  """Discards what cannot be written, and says so once on standard error."""

  lost = False

  def write(self, content):
    try:
      return super().write(content)
    except BrokenPipeError:
      raise
    except OSError as error:
      if not self.lost:
        self.lost = True
        with contextlib.suppress(OSError):
          print(
            f'standard output is lost: {error.strerror or error}',
            file=sys.stderr,
          )
      return len(content)


def _forget_flags():
  """So that the same process can define them again, as `%run` does."""
  for module, defined in flags.FLAGS.flags_by_module_dict().items():
    if not module.startswith(('absl.', 'tensorflow.')):
      for flag in list(defined):
        delattr(flags.FLAGS, flag.name)


def _exit(number, frame):
  with contextlib.suppress(OSError):
    os.write(1, b'\nStopped.\n')
  os._exit(CTRL_C_STATUS)


def _main_or_one_line(main):
  logging.set_verbosity(logging.WARNING)
  try:
    with ctrl_c_raises():
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
    sys.exit(CTRL_C_STATUS)


def _parse(argv, takes_arguments, docstring):
  # Not at the top: this module is imported before Ctrl-C is prepared for.
  from cnn_tf.run import settings as settings_lib

  if {'--help', '-help', '-h', '-?'} & set(argv[1:]):
    print(_help(docstring))
    sys.exit(0)
  try:
    words = settings_lib.expanded(argv[1:], flags.FLAGS)
    leftover = flags.FLAGS([argv[0], *words])[1:]
    problem = _find_problem()
  except flags.Error as error:
    problem = str(error)
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
      # Python decodes a byte that is not UTF-8 as a surrogate.
      if isinstance(text, str) and re.search('[\0\ud800-\udfff]', text):
        return (
          f'--{name}={text!a}: not UTF-8 text, or not for Python in this '
          'locale (LANG=C.UTF-8 is one)'
        )
  return ''


def _help(docstring):
  """The docstring of the command and its flags, in order of definition."""
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
