"""A small command line of its own, run as a user runs it."""

import os
import pathlib
import subprocess
import sys

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.run import command

_ROOT = pathlib.Path(command.__file__).parents[1]
_SCRIPT = '''
"""Divides ten by a number."""

from absl import flags

from cnn_tf.run import command
from cnn_tf import errors

_BY = flags.DEFINE_integer('by', 5, 'what to divide by', module_name='sum')
_ON = flags.DEFINE_bool('ask', False, 'ask first', module_name='question')


def main():
  if _BY.value < 0:
    raise errors.UserError(f'--by={_BY.value} is below 0')
  print(10 // _BY.value)


if __name__ == '__main__':
  command.run(main)
'''


class CommandTest(parameterized.TestCase):
  def run_script(self, *arguments):
    script = self.create_tempfile('divide.py', _SCRIPT.lstrip())
    return subprocess.run(
      [sys.executable, script.full_path, *arguments],
      env={**os.environ, 'PYTHONPATH': str(_ROOT)},
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
  )
  def test_one_line_for(self, arguments, words):
    done = self.run_script(*arguments)
    self.assertEqual(done.returncode, 1)
    self.assertEmpty(done.stdout)
    self.assertStartsWith(done.stderr, 'divide.py: ')
    self.assertIn(words, done.stderr)
    self.assertEqual(done.stderr.count('\n'), 1, done.stderr)

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


if __name__ == '__main__':
  absltest.main()
