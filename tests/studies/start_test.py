"""Tests of start.py, and of importing the studies."""

import os
import pathlib
import subprocess
import sys

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.studies import __main__ as listing
from tests import small_data

# Prints what importing a module has changed.
_IMPORT = """
import os, signal, sys

def state():
  return dict(
    handlers={n: signal.getsignal(n) for n in signal.valid_signals()},
    environ=dict(os.environ),
    stderr=os.fstat(2).st_ino,
    threads=len(os.listdir('/proc/self/task')),
  )

before = state()
import MODULE
after = state()
print([name for name in before if before[name] != after[name]])
print([m for m in ('tensorflow', 'matplotlib') if m in sys.modules])
"""

# Presses Ctrl-C while a study imports a module.
_PRESS = """
import runpy, signal, sys

class Press:
  def find_spec(self, name, path=None, target=None):
    if name == MODULE:
      signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Press())
runpy.run_module('cnn_tf.studies.border', run_name='__main__', alter_sys=True)
"""

# Ends with what TensorFlow would read of the environment on its import.
_SHOW = """
import os, runpy, sys

class Show:
  def find_spec(self, name, path=None, target=None):
    if name == 'tensorflow':
      sys.exit('oneDNN ' + os.environ.get('TF_ENABLE_ONEDNN_OPTS', 'default'))

os.environ.pop('TF_ENABLE_ONEDNN_OPTS', None)  # the tests set it
sys.meta_path.insert(0, Show())
runpy.run_module('cnn_tf.studies.border', run_name='__main__', alter_sys=True)
"""

_HEAD = """
from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()"""


def _python(code, **environment):
  # The tests set it, and it would hide messages.
  usual = {k: v for k, v in os.environ.items() if k != 'TF_CPP_MIN_LOG_LEVEL'}
  return subprocess.run(
    [sys.executable, '-c', code],
    env=usual | {'PYTHONPATH': str(small_data.ROOT)} | environment,
    capture_output=True,
    text=True,
  )


class StartTest(parameterized.TestCase):
  @parameterized.parameters(
    'cnn_tf.studies', 'cnn_tf.studies.measure', 'cnn_tf.studies.start'
  )
  def test_importing_the_package_changes_nothing(self, module):
    code = _IMPORT.replace('MODULE', module)
    done = _python(code, MPLBACKEND='no_such_backend')
    self.assertEqual((done.stdout, done.stderr), ('[]\n[]\n', ''))

  @parameterized.parameters('tensorflow', 'cnn_tf.network.model')
  def test_ctrl_c_during_the_imports_is_one_line(self, module):
    done = _python(_PRESS.replace('MODULE', repr(module)))
    self.assertEqual((done.returncode, done.stdout), (130, '\nStopped.\n'))
    self.assertEqual(done.stderr, '')

  def test_onednn_is_on_before_tensorflow_is_imported(self):
    self.assertEqual(_python(_SHOW).stderr, 'oneDNN 1\n')

  def test_a_study_prints_no_messages_of_libraries(self):
    folder = self.create_tempdir().full_path
    done = _python(
      'import runpy, sys\n'
      f'sys.argv = ["arithmetic", "--workdir={folder}"]\n'
      'runpy.run_module("cnn_tf.studies.arithmetic", run_name="__main__")',
      MPLBACKEND='no_such_backend',
    )
    self.assertEqual((done.returncode, done.stderr), (0, ''))

  def test_every_study_starts_so(self):
    for name in listing.questions():
      path = pathlib.Path(small_data.ROOT, 'cnn_tf', 'studies', f'{name}.py')
      code = path.read_text().partition('"""\n')[2]
      with self.subTest(name):
        self.assertStartsWith(code, _HEAD)


if __name__ == '__main__':
  absltest.main()
