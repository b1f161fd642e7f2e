"""A small command line of its own, run as a user runs it."""

import contextlib
import io
import os
import pathlib
import signal
import subprocess
import sys
import time
from unittest import mock

from absl import flags
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import command
from tests import small_data

_ROOT = pathlib.Path(command.__file__).parents[2]
_SCRIPT = '''
"""Divides ten by a number."""

from absl import flags

from cnn_tf.run import command
from cnn_tf import errors

_BY = flags.DEFINE_integer('by', 5, 'what to divide by', module_name='sum')
flags.DEFINE_string('from', '', 'read it')
_ON = flags.DEFINE_bool('ask', False, 'ask first', module_name='question')


def main():
  if _BY.value < 0:
    raise errors.UserError(f'--by={_BY.value} is below 0')
  print(10 // _BY.value)


if __name__ == '__main__':
  command.run(main)
'''


class FolderTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    values = flags.FlagValues()
    flags.DEFINE_string('dir', None, 'a folder', flag_values=values)
    self.enter_context(mock.patch.object(flags, 'FLAGS', values))
    self.values = values

  def test_a_tilde_is_the_home_of_the_user(self):
    self.values(['', '--dir=~/a'])
    self.assertEqual(command.folder('dir'), pathlib.Path.home() / 'a')

  def test_no_flag_is_no_folder(self):
    self.values([''])
    self.assertIsNone(command.folder('dir'))

  @parameterized.parameters(
    ('--dir=', '--dir= must name a folder'),
    ('--dir=~nobody_of_that_name/a', '--dir=~nobody_of_that_name/a: '),
  )
  def test_one_line_for(self, argument, words):
    self.values(['', argument])
    with self.assertRaisesRegex(errors.UserError, f'^{words}'):
      command.folder('dir')


class CommandTest(parameterized.TestCase):
  def run_script(self, *arguments, script=_SCRIPT, **environment):
    file = self.create_tempfile('divide.py', script.lstrip())
    return subprocess.run(
      [sys.executable, file.full_path, *arguments],
      env={**os.environ, 'PYTHONPATH': str(_ROOT), **environment},
      capture_output=True,
      text=True,
    )

  def test_main_finds_its_flags_parsed(self):
    done = self.run_script('--by=2')
    self.assertEqual((done.returncode, done.stdout), (0, '5\n'))
    self.assertEmpty(done.stderr)

  @parameterized.named_parameters(
    ('the_error_of_main', ['--by=-1'], '--by=-1 is below 0'),
    ('a_leftover', ['--by=2', 'fast'], "not a flag: 'fast'"),
    ('an_unknown_flag', ['--bye=2'], "Unknown command line flag 'bye'"),
    ('a_value_of_the_wrong_kind', ['--by=two'], 'flag --by=two'),
    ('bytes_that_are_no_text', [b'--from=\xff'], "--from='\\udcff': not UTF-8"),
  )
  def test_one_line_for(self, arguments, words):
    done = self.run_script(*arguments)
    self.assertEqual(done.returncode, 1)
    self.assertEmpty(done.stdout)
    self.assertStartsWith(done.stderr, 'divide.py: ')
    self.assertIn(words, done.stderr)
    self.assertEqual(done.stderr.count('\n'), 1, done.stderr)

  @parameterized.parameters(
    (b'--by=2\n# \xff\n', 'a flagfile is not UTF-8 text'),
    (b'--from=a\0b\n', "--from='a\\x00b': not UTF-8 text"),
  )
  def test_one_line_for_a_flagfile(self, content, words):
    flagfile = self.create_tempfile('bad.flags', content, 'wb')
    done = self.run_script(f'--flagfile={flagfile.full_path}')
    self.assertEqual((done.returncode, done.stdout), (1, ''))
    self.assertStartsWith(done.stderr, f'divide.py: {words}')
    self.assertEqual(done.stderr.count('\n'), 1, done.stderr)

  def test_one_line_for_a_flag_that_is_missing(self):
    script = _SCRIPT.replace("'read it'", "'read it', required=True")
    done = self.run_script(script=script.replace("'',", 'None,'))
    self.assertEqual(done.returncode, 1)
    words = 'divide.py: flag --from=None: Flag --from must have a value other '
    self.assertStartsWith(done.stderr, words)
    self.assertEqual(done.stderr.count('\n'), 1, done.stderr)

  @parameterized.parameters(
    'raise MemoryError',
    'raise type("ResourceExhaustedError", (Exception,), {})',
  )
  def test_one_line_for_memory_that_runs_out(self, error):
    script = _SCRIPT.replace('print(10', f'{error}; print(10')
    done = self.run_script(script=script)
    self.assertEqual(done.returncode, 1)
    self.assertEqual(done.stderr, 'divide.py: out of memory\n')

  def test_one_line_for_ctrl_c(self):
    script = _SCRIPT.replace('print(10', 'raise KeyboardInterrupt; print(10')
    done = self.run_script(script=script)
    self.assertEqual((done.returncode, done.stderr), (130, ''))
    self.assertEqual(done.stdout, '\nStopped.\n')

  @parameterized.parameters('--help', '--by=3')
  def test_a_reader_that_has_seen_enough_is_no_error(self, argument):
    reader, writer = os.pipe()
    os.close(reader)
    file = self.create_tempfile('divide.py', _SCRIPT.lstrip())
    done = subprocess.run(
      [sys.executable, file.full_path, argument],
      env={**os.environ, 'PYTHONPATH': str(_ROOT)},
      stdout=writer,
      stderr=subprocess.PIPE,
    )
    os.close(writer)
    self.assertEqual((done.returncode, done.stderr), (141, b''))

  @parameterized.parameters('--helpfull', '--helpshort', '--helpxml')
  def test_the_other_helps_of_absl_are_no_error(self, flag):
    done = self.run_script(flag)
    self.assertEqual((done.returncode, done.stderr), (0, ''))
    self.assertIn('read it', done.stdout)

  def test_help_without_docstrings(self):
    done = self.run_script('--help', PYTHONOPTIMIZE='2')
    self.assertEqual((done.returncode, done.stderr), (0, ''))
    self.assertIn('what to divide by', done.stdout)

  def test_flags_without_a_group_stand_under_a_plain_heading(self):
    done = self.run_script('--help')
    self.assertIn('\nflags:\n  --from:', done.stdout)
    self.assertNotIn('divide.py', done.stdout)

  def test_a_backend_that_does_not_exist_is_ignored(self):
    script = _SCRIPT.replace('print(10', 'import matplotlib; print(10')
    settings = self.create_tempdir().full_path
    done = self.run_script(
      script=script, MPLBACKEND='none of them', MPLCONFIGDIR=settings
    )
    self.assertEqual((done.stderr, done.stdout), ('', '2\n'))

  def test_an_indented_comment_in_a_flagfile_is_a_leftover(self):
    flagfile = self.create_tempfile('slow.flags', '--by=2\n  # slower\n')
    done = self.run_script(f'--flagfile={flagfile.full_path}')
    self.assertEqual(done.returncode, 1)
    self.assertIn("not a flag: '# slower'", done.stderr)

  def test_any_other_exception_shows_where_it_happened(self):
    done = self.run_script('--by=0')
    self.assertEqual(done.returncode, 1)
    self.assertIn('Traceback (most recent call last)', done.stderr)
    self.assertIn('print(10 // _BY.value)', done.stderr)
    self.assertIn('ZeroDivisionError', done.stderr)

  @parameterized.parameters('--help', '-help', '-h')
  def test_help_is_the_docstring_and_the_own_flags_in_order(self, flag):
    done = self.run_script('--by=2', flag)
    self.assertEqual((done.returncode, done.stderr), (0, ''))
    self.assertStartsWith(done.stdout, 'Divides ten by a number.\n')
    self.assertIn('what to divide by', done.stdout)
    self.assertLess(done.stdout.index('--by'), done.stdout.index('--[no]ask'))
    self.assertNotIn('--verbosity', done.stdout)  # a flag of absl


# Presses Ctrl-C while run_train.py imports a module.
_PRESSED = """
import importlib.abc
import io, runpy, signal, sys

_, pressed_at, *sys.argv = sys.argv

class Press(importlib.abc.MetaPathFinder):
  def find_spec(self, name, path, target=None):
    if name == pressed_at:
      signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Press())
runpy.run_path(sys.argv[0], run_name='__main__')
"""


def _press():
  signal.raise_signal(signal.SIGINT)


class _Dying:
  """Python swallows what is raised while it destroys an object."""

  def __del__(self):
    _press()


class RaisedTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    before = signal.getsignal(signal.SIGINT)
    self.addCleanup(
      lambda: self.assertEqual(signal.getsignal(signal.SIGINT), before)
    )

  def test_without_ctrl_c_nothing_happens(self):
    with command.ctrl_c_raises():
      pass
    with self.assertRaises(KeyError), command.ctrl_c_raises():
      raise KeyError

  def test_it_arrives(self):
    passed = False
    with self.assertRaises(KeyboardInterrupt), command.ctrl_c_raises():
      _press()
      passed = True
    self.assertFalse(passed)

  def test_it_arrives_from_where_python_swallows_it(self):
    passed = False
    with self.assertRaises(KeyboardInterrupt), command.ctrl_c_raises():
      dying = _Dying()
      del dying
      for _ in range(1000):
        time.sleep(0.01)
      passed = True
    self.assertFalse(passed)

  def test_it_arrives_if_a_library_swallows_it(self):
    with (
      self.assertRaises(KeyboardInterrupt),
      command.ctrl_c_raises(),
      contextlib.suppress(KeyboardInterrupt),
    ):
      _press()

  def test_it_arrives_if_a_library_makes_another_error_of_it(self):
    with self.assertRaises(KeyboardInterrupt), command.ctrl_c_raises():
      try:
        _press()
      except KeyboardInterrupt:
        raise ImportError from None

  def test_a_job_in_the_background_keeps_ignoring_it(self):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
      with command.ctrl_c_raises():
        _press()
    finally:
      signal.signal(signal.SIGINT, before)


class WhileImportingTest(absltest.TestCase):
  def press(self, module, *arguments):
    script = str(small_data.ROOT / 'run_train.py')
    done = subprocess.run(
      [sys.executable, '-c', _PRESSED, module, script, *arguments],
      cwd=self.create_tempdir().full_path,
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      capture_output=True,
      text=True,
    )
    self.assertEqual((done.returncode, done.stderr), (130, ''))
    return done.stdout

  def test_the_first_modules(self):
    for module in (
      'cnn_tf.run.main',
      'cnn_tf.run.layers',
      'cnn_tf.run.settings',
    ):
      self.assertEqual(self.press(module), '\nStopped.\n')

  def test_tensorflow(self):
    for module in ('tensorflow', 'numpy'):
      said = self.press(module, '--workdir=new', '--num_validation=60000')
      self.assertEqual(said, '\nStopped. The run had not started.\n')


_PRINTS = """
import sys
from cnn_tf.run import command
command.protect_output()
for _ in range(3):
  print('Zürich' * 1000, flush=True)
print('end', file=sys.stderr)
"""


_RUNS_TWICE = """
import io, sys
from absl import flags
from cnn_tf.run import command
for _ in range(2):
  flags.DEFINE_string('name', 'nobody', 'who', module_name='group')
  flags.DEFINE_integer('count', 1, 'how many')
  def main():
    print('Hello', flags.FLAGS.name, flags.FLAGS.count)
  try:
    command.run(main)
  except SystemExit as end:
    assert not end.code, end.code
  sys.argv = ['again', '--count=2']
"""

_IMPORTS = """
import os, sys
from cnn_tf.run import command
with command.silent_libraries():
  from cnn_tf.run import loop
print('keras' in sys.modules, 'TF_USE_LEGACY_KERAS' in os.environ)
import tensorflow as tf
print(tf.keras.layers.Dense.__name__)
"""


class ImportTest(absltest.TestCase):
  def test_tensorflow_without_keras_until_it_is_used(self):
    done = subprocess.run(
      [sys.executable, '-c', _IMPORTS],
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      capture_output=True,
      text=True,
    )
    self.assertEqual((done.stdout, done.stderr), ('False False\nDense\n', ''))


class NotebookTest(absltest.TestCase):
  def test_a_process_can_run_a_command_twice(self):
    done = subprocess.run(
      [sys.executable, '-c', _RUNS_TWICE, '--name=one'],
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      capture_output=True,
      text=True,
    )
    self.assertEqual(done.stderr, '')
    self.assertEqual(done.stdout, 'Hello one 1\nHello nobody 2\n')

  def test_output_that_is_no_file_stays_as_it_is(self):
    class Cell:
      encoding = 'utf-8'

      def fileno(self):
        return 1

      def flush(self):
        pass

    for output in (io.StringIO(), Cell(), io.TextIOWrapper(io.BytesIO()), None):
      with mock.patch.object(sys, 'stdout', output):
        command.protect_output()
        self.assertIs(sys.stdout, output)


class OutputTest(absltest.TestCase):
  def run_script(self, stdout, **environment):
    return subprocess.run(
      [sys.executable, '-c', _PRINTS],
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)} | environment,
      stdout=stdout,
      stderr=subprocess.PIPE,
    )

  def test_a_file_gets_all_of_it(self):
    done = self.run_script(subprocess.PIPE, PYTHONIOENCODING='utf-8')
    expected = f'{"Zürich" * 1000}\n' * 3
    self.assertEqual(done.stdout.decode(), expected)
    self.assertEqual((done.returncode, done.stderr), (0, b'end\n'))

  def test_a_full_disk_is_told_once(self):
    with open('/dev/full', 'w') as full:
      done = self.run_script(full)
    self.assertEqual(done.returncode, 0)
    self.assertEqual(
      done.stderr.decode(),
      'standard output is lost: No space left on device\nend\n',
    )

  def test_closed_from_the_start(self):
    arguments = [sys.executable, '-c', _PRINTS]
    done = subprocess.run(
      ['sh', '-c', '"$@" >&-', 'sh', *arguments],
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      stderr=subprocess.PIPE,
    )
    self.assertEqual((done.returncode, done.stderr), (0, b'end\n'))

  def test_a_letter_that_the_encoding_lacks_is_escaped(self):
    done = self.run_script(subprocess.PIPE, PYTHONIOENCODING='ascii')
    self.assertStartsWith(done.stdout, b'Z\\xfcrich')
    self.assertEqual(done.returncode, 0)

  def test_a_broken_pipe_is_an_error(self):
    reader, writer = os.pipe()
    os.close(reader)
    done = self.run_script(writer)
    os.close(writer)
    self.assertIn(b'BrokenPipeError', done.stderr)


if __name__ == '__main__':
  absltest.main()
