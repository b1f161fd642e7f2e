"""`python -m cnn_tf.visualization.patterns`, from the outside."""

import tempfile

import tensorflow as tf
from absl.testing import parameterized

from tests import processes
from tests import small_run


class PatternsTest(tf.test.TestCase, parameterized.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.workdir = small_run.train(folder)

  def start(self, *arguments):
    folder = self.create_tempdir().full_path
    module = 'cnn_tf.visualization.patterns'
    return processes.Command(folder, *arguments, module=module).wait()

  def test_help_is_its_docstring(self):
    done = self.start('--help')
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertStartsWith(done.stdout, 'Shows what input excites each map')
    for flag in ('--maps', '--jitter', '--smoothing', '--seed'):
      self.assertIn(flag, done.stdout)

  def test_equal_commands_write_equal_bytes(self):
    folder = self.workdir / 'figures'
    names = [f'{folder}/patterns_conv2.{end}' for end in ('png', 'csv')]
    written = []
    for _ in range(2):
      done = self.start(
        f'--workdir={self.workdir}',
        '--layer=conv2',
        '--maps=5,0',
        '--num_steps=9',
        '--jitter=1',
        '--smoothing=0.2',
      )
      self.assertEqual((done.code, done.stderr), (0, ''))
      self.assertEqual(done.stdout.splitlines()[:-1], names)
      written.append([tf.io.read_file(name).numpy() for name in names])
    self.assertEqual(*written)
    self.assertEqual(written[0][1].splitlines()[1][:2], b'5,')

  @parameterized.parameters(
    (['--layer=pool1'], 'but conv1, conv2, dense1, logits'),
    (['--layer=conv1', '--maps=1,4'], "'4' is not one of 0 to 3"),
    (['--layer=conv1', '--num_starts=0'], '--num_starts=0'),
    (['--layer=conv1', '--rate=nan'], '--rate=nan: must be finite'),
    (['--layer=conv1', '--smoothing=inf'], '--smoothing=inf: must be finite'),
    (['--layer=conv1', f'--seed={2**63}'], f'--seed={2**63}'),
    (['--layer=conv1', '--jitter=10000'], '--jitter=10000'),
    ([], '--layer'),
  )
  def test_one_line_for_a_mistake(self, arguments, words):
    done = self.start(f'--workdir={self.workdir}', *arguments)
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertRegex(done.stderr, r'^patterns.py: [^\n]*\n$')
    self.assertIn(words, done.stderr)


if __name__ == '__main__':
  tf.test.main()
