"""Tests of benchmarks/progress.py."""

import contextlib
import io
from unittest import mock

from absl.testing import absltest

from benchmarks import progress


class _Terminal(io.StringIO):
  def isatty(self):
    return True


def _show(file):
  """Two of four steps, which take 50 s each."""
  with (
    contextlib.redirect_stderr(file),
    mock.patch.object(progress.time, 'perf_counter') as clock,
  ):
    clock.return_value = 1000.0
    bar = progress.Progress(4)
    for number in range(3):
      clock.return_value = 1000.0 + 50 * number
      bar.show(f'item {number}')
      bar.step()
    bar.clear()
  return file.getvalue()


class ProgressTest(absltest.TestCase):
  def test_a_terminal_has_one_line_which_is_overwritten(self):
    text = _show(_Terminal())
    self.assertNotIn('\n', text)
    self.assertEqual(
      [line for line in text.split('\r') if line],
      [
        '  0%  item 0\033[K',
        ' 25%  2:30 left  item 1\033[K',
        ' 50%  1:40 left  item 2\033[K',
        '\033[K',
      ],
    )

  def test_a_file_gets_a_plain_line_per_minute(self):
    self.assertEqual(_show(io.StringIO()), ' 50%  1:40 left  item 2\n')


if __name__ == '__main__':
  absltest.main()
