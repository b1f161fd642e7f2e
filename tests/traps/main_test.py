"""`python -m cnn_tf.traps`."""

import contextlib
import io

import tensorflow as tf
from absl.testing import absltest

from cnn_tf.traps import __main__
from cnn_tf.traps import catalogue
from tests import processes

_WRAPPED = """\
one     two
------  -----
a b     x
cc dd   yy zz
eeee    1

longer  -5
than
it"""


class WrapTest(absltest.TestCase):
  def test_cells_are_wrapped_and_keep_their_line_breaks(self):
    rows = [
      ['one', 'two'],
      ['a b\ncc dd eeee', 'x\nyy zz 1'],
      ['longer than it', '-5'],
    ]
    self.assertEqual(__main__.wrap(rows, [6, 5]), _WRAPPED)

  def test_a_line_is_never_longer_than_the_columns(self):
    text = __main__.wrap([['a' * 30, 'b ' * 30]] * 2, [7, 9])
    self.assertLessEqual(max(map(len, text.splitlines())), 7 + 2 + 9)


class MainTest(tf.test.TestCase):
  def start(self, *arguments):
    folder = self.create_tempdir().full_path
    return processes.Command(folder, *arguments, module='cnn_tf.traps').wait()

  def test_all_traps_are_in_a_table_of_a_hundred_characters(self):
    done = self.start()
    self.assertEqual((done.code, done.stderr), (0, ''))
    lines = done.stdout.splitlines()
    self.assertStartsWith(lines[0], f'TensorFlow {tf.__version__}, Python ')
    self.assertStartsWith(lines[1], 'CPU: ')
    self.assertStartsWith(lines[2], 'oneDNN: TF_ENABLE_ONEDNN_OPTS')
    self.assertRegex(
      lines[-1], rf'^\d+ of {len(catalogue.NAMES)} traps spring here; \d+ s$'
    )
    self.assertLessEqual(max(map(len, lines)), 100)
    names = [line.split()[0] for line in lines if line]
    self.assertEqual(
      [name for name in names if name in catalogue.NAMES],
      list(catalogue.NAMES),
    )
    num_not_here = done.stdout.count('not here: TensorFlow')
    self.assertStartsWith(
      lines[-1], f'{len(catalogue.NAMES) - num_not_here} of '
    )

  def test_one_trap_is_explained(self):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
      __main__.main(['mean_of_means'])
    text = printed.getvalue()
    self.assertIn('\n\nThe mean of the batch means of the losses', text)
    self.assertIn('\n  def attempt():\n', text)
    self.assertIn('\n  def truth():\n', text)
    *_, answer, right, avoided = text.splitlines()
    self.assertEqual(answer.split(), ['its', 'answer', 'here', '6.167'])
    self.assertEqual(right.split()[-1], '5.5')
    self.assertIn('run/evaluation.py', avoided)

  def test_an_unknown_name_is_one_line_with_all_names(self):
    done = self.start('mean_of_means', 'banana')
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertRegex(
      done.stderr, r"^traps: there is no trap 'banana'; [^\n]*\n$"
    )
    for name in catalogue.NAMES:
      self.assertIn(name, done.stderr)

  def test_help_is_the_docstring_and_all_names(self):
    done = self.start('--help')
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertStartsWith(done.stdout, "Shows what TensorFlow's raw ops")
    for name in catalogue.NAMES:
      self.assertIn(name, done.stdout)


if __name__ == '__main__':
  tf.test.main()
