"""The command of the search, and a part of what it searches."""

import pathlib
import subprocess
import sys

from absl.testing import absltest

_ROOT = pathlib.Path(__file__).parents[2]


def _search(*arguments):
  return subprocess.run(
    [sys.executable, '-m', 'tests.search', *arguments],
    cwd=_ROOT,
    capture_output=True,
    text=True,
  )


class CommandTest(absltest.TestCase):
  def test_a_part_of_the_search_finds_nothing(self):
    done = _search('--op_cases=80', '--count=20', '--seed=0')
    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
    self.assertRegex(
      done.stdout,
      '^80 op cases, 80 on two replicas, 20 random networks: 0 faults in ',
    )


if __name__ == '__main__':
  absltest.main()
