"""Standard output that is full, closed or of another encoding."""

import os
import subprocess
import sys

from absl.testing import absltest

from tests import small_data

_SCRIPT = """
import sys
from cnn_tf.run import output
output.protect()
for _ in range(3):
  print('Zürich' * 1000, flush=True)
print('end', file=sys.stderr)
"""


class OutputTest(absltest.TestCase):
  def run_script(self, stdout, **environment):
    return subprocess.run(
      [sys.executable, '-c', _SCRIPT],
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)} | environment,
      stdout=stdout,
      stderr=subprocess.PIPE,
    )

  def test_a_file_gets_all_of_it(self):
    done = self.run_script(subprocess.PIPE, PYTHONIOENCODING='utf-8')
    expected = f'{"Zürich" * 1000}\n' * 3
    self.assertEqual(done.stdout.decode(), expected)
    self.assertEqual((done.returncode, done.stderr), (0, b'end\n'))

  def test_a_full_disk_is_told_once(self):
    with open('/dev/full', 'w') as full:
      done = self.run_script(full)
    self.assertEqual(done.returncode, 0)
    self.assertEqual(
      done.stderr.decode(),
      'standard output is lost: No space left on device\nend\n',
    )

  def test_closed_from_the_start(self):
    arguments = [sys.executable, '-c', _SCRIPT]
    done = subprocess.run(
      ['sh', '-c', '"$@" >&-', 'sh', *arguments],
      env=os.environ | {'PYTHONPATH': str(small_data.ROOT)},
      stderr=subprocess.PIPE,
    )
    self.assertEqual((done.returncode, done.stderr), (0, b'end\n'))

  def test_a_letter_that_the_encoding_lacks_is_escaped(self):
    done = self.run_script(subprocess.PIPE, PYTHONIOENCODING='ascii')
    self.assertStartsWith(done.stdout, b'Z\\xfcrich')
    self.assertEqual(done.returncode, 0)

  def test_a_broken_pipe_is_an_error(self):
    reader, writer = os.pipe()
    os.close(reader)
    done = self.run_script(writer)
    os.close(writer)
    self.assertIn(b'BrokenPipeError', done.stderr)


if __name__ == '__main__':
  absltest.main()
