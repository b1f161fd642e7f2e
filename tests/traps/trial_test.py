"""Processes that answer, end, block, and end after their answer."""

import multiprocessing.util
import os
import signal
import sys
import time
import types

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.traps import trial
from tests import processes  # noqa: F401, prepares the forkserver


def _four():
  return 4


def _five():
  return 5


def _fail():
  raise ValueError('no such number')


def _block():
  time.sleep(60)


def _exit():
  os._exit(3)


def _leave():
  os._exit(0)


def _floating_point_exception():
  os.kill(os.getpid(), signal.SIGFPE)


def _segmentation_fault():
  os.kill(os.getpid(), signal.SIGSEGV)


def _last_words():
  print('W0000 a warning', file=sys.stderr)
  print('F0000 00:00 file.h:1] Check failed: index >= 0', file=sys.stderr)
  print('    @ 0x1 main()', file=sys.stderr, flush=True)
  os.abort()


def _answer_and_crash():
  # As memory that was corrupted before.
  multiprocessing.util.Finalize(None, _segmentation_fault, exitpriority=0)
  return 4


def _run(*pairs, **settings):
  traps = [
    types.SimpleNamespace(attempt=attempt, truth=truth)
    for attempt, truth in pairs
  ]
  return list(trial.run(traps, **settings))


class TrialTest(parameterized.TestCase):
  @parameterized.parameters(
    (_four, _four, '4', '4', False),
    (_four, _five, '4', '5', True),
    (_fail, _four, 'ValueError: no such number', '4', True),
    (_four, _fail, '4', 'ValueError: no such number', True),
    (_fail, _fail, *['ValueError: no such number'] * 2, False),
  )
  def test_a_trap_springs_if_the_answer_is_not_right(
    self, attempt, truth, answer, right, springs
  ):
    (result,) = _run((attempt, truth))
    self.assertEqual(result, (answer, right, springs, ''))

  @parameterized.parameters(
    (_floating_point_exception, 'SIGFPE: Python has ended'),
    (_segmentation_fault, 'SIGSEGV: Python has ended'),
    (_answer_and_crash, 'SIGSEGV: Python has ended'),
    (_exit, 'Python has ended with exit code 3'),
    (_leave, 'Python has ended with exit code 0'),
  )
  def test_the_end_of_a_process_is_an_answer(self, attempt, answer):
    (result,) = _run((attempt, _four))
    self.assertEqual(result, (answer, '4', True, ''))

  def test_the_last_words_are_without_the_stack(self):
    (result,) = _run((_last_words, _four))
    self.assertEqual(result.answer, 'SIGABRT: Python has ended')
    self.assertEqual(result.last_words, 'Check failed: index >= 0')

  def test_a_process_that_blocks_is_ended(self):
    _run((_four, _four))  # the forkserver has loaded TensorFlow
    (result,) = _run((_block, _four), seconds=1.0)
    self.assertEqual(result, ('no answer in 1 s', '4', True, ''))

  def test_results_are_in_the_order_of_the_traps(self):
    results = _run(
      (_exit, _five), (_four, _four), (_fail, _four), (_five, _five)
    )
    self.assertEqual([r.right for r in results], ['5', '4', '4', '5'])
    self.assertEqual([r.springs for r in results], [True, False, True, False])


if __name__ == '__main__':
  absltest.main()
