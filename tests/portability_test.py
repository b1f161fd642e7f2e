"""The main command where the operating system lacks what Linux has."""

import os
import subprocess
import sys

import tensorflow as tf

from tests import small_data

# macOS and Windows have no sched_getaffinity.
_WITHOUT_AFFINITY = """
import os
import runpy
import sys

del os.sched_getaffinity
sys.argv[0] = {script!r}
runpy.run_path({script!r}, run_name='__main__')
"""


class PortabilityTest(tf.test.TestCase):
  def test_a_run_needs_no_sched_getaffinity(self):
    folder = self.create_tempdir().full_path
    small_data.write(folder)
    flags = small_data.flags(folder, num_epochs=1, batch_size=64)
    code = _WITHOUT_AFFINITY.format(
      script=str(small_data.ROOT / 'run_train.py')
    )
    done = subprocess.run(
      [sys.executable, '-c', code, '--workdir=run', '--nofigures', '--nopage']
      + [f'--{name}={value}' for name, value in flags.items()],
      cwd=folder,
      env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
      capture_output=True,
      text=True,
    )
    self.assertEqual((done.returncode, done.stderr), (0, ''))
    self.assertIn('Test: ', done.stdout)


if __name__ == '__main__':
  tf.test.main()
