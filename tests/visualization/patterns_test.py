"""`python -m cnn_tf.visualization.patterns`, from the outside."""

import tensorflow as tf
from absl.testing import parameterized

from tests.visualization import command_case


class PatternsTest(command_case.CommandTestCase, parameterized.TestCase):
  module = 'cnn_tf.visualization.patterns'
  prefix = 'patterns.py'

  def test_help_is_its_docstring(self):
    output = self.assert_output('--help')
    self.assertStartsWith(output, 'Draws the inputs that excite each map')
    for flag in ('--maps', '--jitter', '--smoothing', '--seed'):
      self.assertIn(flag, output)

  def test_equal_commands_write_equal_bytes(self):
    folder = self.workdir / 'figures'
    names = [f'{folder}/patterns_conv2.{end}' for end in ('png', 'csv', 'npz')]
    written = []
    for _ in range(2):
      output = self.assert_output(
        f'--workdir={self.workdir}',
        '--layer=conv2',
        '--maps=5,0',
        '--num_steps=9',
        '--jitter=1',
        '--smoothing=0.2',
      )
      self.assertEqual(output.splitlines()[:-1], names)
      written.append([tf.io.read_file(name).numpy() for name in names])
    self.assertEqual(*written)
    self.assertEqual(written[0][1].splitlines()[1][:2], b'5,')

  @parameterized.parameters(
    (['--layer=pool1'], 'choose from conv1, conv2, dense1, logits'),
    (['--layer=conv1', '--maps=1,4'], "'4' is not one of 0 to 3"),
    (['--layer=conv1', '--num_starts=0'], '--num_starts=0'),
    (['--layer=conv1', '--rate=nan'], '--rate=nan: must be finite'),
    (['--layer=conv1', '--smoothing=inf'], '--smoothing=inf: must be finite'),
    (['--layer=conv1', f'--seed={2**63}'], f'--seed={2**63}'),
    (['--layer=conv1', '--jitter=10000'], '--jitter=10000'),
    ([], '--layer'),
  )
  def test_a_mistake_is_reported_in_one_line(self, arguments, words):
    self.assert_one_line_error(words, f'--workdir={self.workdir}', *arguments)


if __name__ == '__main__':
  tf.test.main()
