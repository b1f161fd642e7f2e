"""The command that prints the geometry of a network."""

import os
import subprocess
import sys

from absl.testing import absltest

from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import summary


def _run(*arguments, python=()):
  return subprocess.run(
    [sys.executable, *python, '-m', 'cnn_tf.run.summary', *arguments],
    env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
    capture_output=True,
    text=True,
  )


class SummaryTest(absltest.TestCase):
  def test_the_command_prints_the_reference_network(self):
    done = _run(f'--layers={settings_lib.REFERENCE_LAYERS}')
    self.assertEqual((done.returncode, done.stderr), (0, ''))
    *table, unseen = done.stdout.splitlines()
    cells = {line.split()[0]: line.split()[1:] for line in table}
    conv2 = ['11x11x64', '18,496', '2,230,272', '7,744', '8x8', '2x2']
    self.assertEqual(cells['conv2'], conv2)
    self.assertEqual(cells['total'][:2], ['114,454', '2,815,336'])
    self.assertEqual(
      unseen,
      '108 of 784 pixels cannot reach the output (13.8%): '
      'rows [26, 27], columns [26, 27]',
    )

  def test_dropout_has_a_column_if_there_is_any(self):
    geometries = geometry.trace(
      layers.parse('conv 2 3x3 dropout 0.25, dense 3, dense 3 dropout 0.5'),
      (6, 6, 1),
    )
    header, *lines, _ = summary.table(geometries).splitlines()
    self.assertEndsWith(header, '  dropout')
    rates = {line.split()[0]: line[len(header) - 7 :].strip() for line in lines}
    self.assertEqual(
      {name: rate for name, rate in rates.items() if rate},
      {'conv1': '0.25', 'dense2': '0.5'},
    )

  def test_totals_are_the_sums_of_their_columns(self):
    table = summary.table(
      geometry.trace(layers.parse('conv 2 3x3, maxpool 2x2'), (6, 6, 1))
    )
    total = next(line for line in table.splitlines() if line[:5] == 'total')
    # 3*3*1*2 + 2 and 8*10 + 10; 4*4*18 and 80; 36 + 32 + 8 + 10 values
    self.assertEqual(total.split(), ['total', '110', '368', '86'])
    self.assertIn('0 of 36 pixels cannot reach the output', table)

  def test_needs_no_tensorflow(self):
    # It takes seconds to load, and a slip in --layers should not wait for it.
    done = _run(python=['-X', 'importtime'])
    self.assertIn('absl.flags', done.stderr)
    self.assertNotIn('tensorflow', done.stderr)

  def test_impossible_layers_get_one_line(self):
    done = _run('--layers=conv 4 3x29')
    self.assertEqual((done.returncode, done.stdout), (1, ''))
    self.assertEqual(
      done.stderr,
      'summary.py: conv1: a window of 3x29 does not fit on the image, '
      'which is 28x28\n',
    )


if __name__ == '__main__':
  absltest.main()
