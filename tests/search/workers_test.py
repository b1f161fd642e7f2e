"""Tests of workers.py: whichever way a process ends, its case is named."""

import os
import signal

from absl.testing import absltest

from tests.search import workers

_COUNT = 30
_KILLED, _RAISES, _WRONG, _DELAYED, _EXITS = 3, 5, 7, 11, 24
_damaged = []


def _check(case, repeats):
  """Right for most cases; every fault happens in a worker process."""
  if _damaged and case >= _DELAYED + 2:
    os.abort()
  if case == _KILLED:
    os.kill(os.getpid(), signal.SIGSEGV)
  if case == _RAISES:
    raise ValueError('no such thing')
  if case == _WRONG:
    return 'wrong'
  if case == _DELAYED:
    _damaged.append(case)
    if repeats > 3:  # then it is seen in time
      os.kill(os.getpid(), signal.SIGBUS)
  if case == _EXITS:
    os._exit(2)
  return ''


def _harmless_alone(case, repeats):
  """Only the sixth case of a process ends it."""
  _damaged.append(case)
  if len(_damaged) == 6:
    os.kill(os.getpid(), signal.SIGSEGV)
  return ''


class RunTest(absltest.TestCase):
  def test_every_fault_is_found_and_nothing_else(self):
    verdicts = dict(workers.run(_check, range(_COUNT), num_workers=2))
    self.assertCountEqual(verdicts, range(_COUNT))
    self.assertEqual(
      {case: wrong for case, wrong in verdicts.items() if wrong},
      {
        _KILLED: 'ends its process: SIGSEGV',
        _RAISES: 'ValueError: no such thing',
        _WRONG: 'wrong',
        _DELAYED: 'ends its process: SIGBUS',
        _EXITS: 'ends its process: exit code 2',
      },
    )

  def test_a_death_that_no_case_repeats_is_a_fault_of_the_last(self):
    verdicts = dict(workers.run(_harmless_alone, range(8), num_workers=1))
    self.assertEqual(
      {case: wrong for case, wrong in verdicts.items() if wrong},
      {5: 'SIGSEGV in this case or before, but in no case alone'},
    )
    self.assertLen(verdicts, 8)


if __name__ == '__main__':
  absltest.main()
