"""What the tests of the commands share."""

from tests import processes
from tests import small_run


class CommandTestCase(small_run.TestCase):
  """A test of a command, started in a process of its own.

  Attributes:
    module: the name of its module.
    prefix: the name with which its error messages start.
  """

  module: str
  prefix: str

  def start(self, *arguments: str) -> processes.Ended:
    """Runs `python -m MODULE ...` to its end."""
    folder = self.create_tempdir().full_path
    return processes.Command(folder, *arguments, module=self.module).wait()

  def assert_output(self, *arguments: str) -> str:
    """Runs the command, which must succeed; returns its output."""
    ended = self.start(*arguments)
    self.assertEqual((ended.code, ended.stderr), (0, ''))
    return ended.stdout

  def assert_one_line_error(self, words: str, *arguments: str) -> None:
    """Runs the command, which must fail with one line that has `words`."""
    ended = self.start(*arguments)
    self.assertEqual((ended.code, ended.stdout), (1, ''))
    self.assertRegex(ended.stderr, rf'^{self.prefix}: [^\n]*\n$')
    self.assertIn(words, ended.stderr)
