"""`python -m cnn_tf.visualization.dream`, from the outside."""

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from tests.visualization import command_case


class DreamTest(command_case.CommandTestCase, parameterized.TestCase):
  module = 'cnn_tf.visualization.dream'
  prefix = 'dream.py'

  def test_help_is_its_docstring(self):
    output = self.assert_output('--help')
    self.assertStartsWith(output, 'Climbs uphill from a picture')
    for flag in ('--maps', '--num_sizes', '--start'):
      self.assertIn(flag, output)

  def test_equal_commands_write_equal_bytes(self):
    path = f'{self.workdir}/figures/dream_conv2.png'
    written = []
    for _ in range(2):
      output = self.assert_output(
        f'--workdir={self.workdir}',
        '--layer=conv2',
        '--maps=5,0',
        '--start=test:3',
        '--num_steps=2',
      )
      self.assertEqual(output.splitlines()[:-1], [path])
      written.append(tf.io.read_file(path).numpy())
    self.assertEqual(*written)

  def test_a_picture_file_of_any_size(self):
    folder = self.create_tempdir().full_path
    grey = np.random.default_rng(0).integers(256, size=[500, 90, 1])
    tf.io.write_file(f'{folder}/p.png', tf.io.encode_png(np.uint8(grey)))
    for layer in ('conv1', 'logits'):
      output = self.assert_output(
        f'--workdir={self.workdir}',
        f'--layer={layer}',
        f'--start={folder}/p.png',
        '--num_steps=1',
        f'--output={folder}',
      )
      self.assertIn(f'{folder}/dream_{layer}.png', output)

  @parameterized.parameters(
    (['--layer=pool1', '--start=test:0'], 'choose from conv1'),
    (['--layer=conv1', '--start=test:0', '--maps=4'], "'4' is not one of 0 to"),
    (['--layer=conv1', '--start=test:999999'], "'999999' is not one of 0 to"),
    (['--layer=conv1', '--start=none.png'], 'none.png'),
    (['--layer=conv1', '--start=test:0', '--rate=nan'], '--rate=nan'),
    (['--layer=conv1'], '--start'),
  )
  def test_a_mistake_is_reported_in_one_line(self, arguments, words):
    self.assert_one_line_error(words, f'--workdir={self.workdir}', *arguments)


if __name__ == '__main__':
  tf.test.main()
