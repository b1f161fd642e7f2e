"""Peak memory of training, and the time from the command to its start."""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from benchmarks import progress
from cnn_tf import errors

ROOT = pathlib.Path(__file__).parents[1]
_NUM_RUNS, _NUM_STARTS = 3, 3
_IMPORT_AND_READ = """
import tensorflow
from cnn_tf.data import datasets
datasets.load('fashion')
"""
# Without the steps that warm up.
_FIRST_STEP = """
from benchmarks import peers
peers.WARM_UP_STEPS = 0
peers.PEERS[peers.OURS]('float32').train(1)
"""


def report(precisions: Sequence[str]) -> str:
  """Measures both; returns the lines to print."""
  bar = progress.Progress(2 * _NUM_STARTS + 4 * len(precisions))
  lines = []
  for precision in precisions:
    bar.show(f'memory of one epoch, {precision}')
    gibibytes = _peak_memory(precision)
    lines.append(f'Peak memory of training in {precision}: {gibibytes:.2f} GiB')
    for _ in range(4):  # an epoch takes longer than a start
      bar.step()
  seconds = {_IMPORT_AND_READ: [], _FIRST_STEP: []}
  for _ in range(_NUM_STARTS):
    for code, kept in seconds.items():
      bar.show('time to the first step')
      started = time.perf_counter()
      _run('-c', code)
      kept.append(time.perf_counter() - started)
      bar.step()
  bar.clear()
  read, step = map(statistics.median, seconds.values())
  lines.append(
    f'Importing TensorFlow and reading the data: {read:.1f} s; to the end of '
    f'the first step: {step:.1f} s, {step / read:.2f} times that'
  )
  return '\n'.join(lines)


def _peak_memory(precision):
  """The peak physical memory of training in GiB, a median of runs."""
  peaks = []
  for _ in range(_NUM_RUNS):
    with tempfile.TemporaryDirectory() as folder:
      usage = _run(
        *('run_train.py', '--dataset=fashion', f'--precision={precision}'),
        *('--lr_schedule=exp', '--num_epochs=1', f'--workdir={folder}/run'),
        *('--nofigures', '--nopage'),
      )
    peaks.append(usage.ru_maxrss / 2**20)  # KiB on Linux
  return statistics.median(peaks)


def _run(*arguments):
  """Runs Python; returns what this process alone has used.

  Raises:
    UserError: it failed.
  """
  with tempfile.TemporaryFile() as log:
    process = subprocess.Popen(
      [sys.executable, *arguments], cwd=ROOT, stdout=log, stderr=log
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
      log.seek(0)
      raise errors.UserError(log.read().decode(errors='replace')[-1000:])
  return usage
