"""`python -m cnn_tf.explain`, from the outside."""

import contextlib
import io
import os
import subprocess
import sys
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf.explain import __main__ as main
from cnn_tf.network import reference
from cnn_tf.network import specs
from tests import processes


class MainTest(tf.test.TestCase, parameterized.TestCase):
  def start(self, *arguments):
    folder = self.create_tempdir().full_path
    module = 'cnn_tf.explain'
    return processes.Command(folder, *arguments, module=module).wait()

  def test_without_flags_it_explains_a_convolution(self):
    done = self.start()
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertStartsWith(done.stdout, 'conv2d: image 5x5, window 3x3, stride')
    self.assertEndsWith(
      done.stdout, '\n\ntf.nn.conv2d gives the same: 21; gradients equal\n'
    )

  @parameterized.parameters(
    (['--op=dense'], 'dense: image 2x3, flattened to 6'),
    (['--op=avg_pool2d'], 'window 2x2, stride 2x2, padding valid, output 2x2'),
    (['--op=max_pool2d', '--window=3', '--size=6'], 'stride 3x3'),
    (['--padding=same', '--stride=1x2', '--node=0,0'], 'output 5x3'),
  )
  def test_flags(self, arguments, words):
    done = self.start(*arguments)
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertIn(words, done.stdout)
    self.assertEndsWith(done.stdout, 'gradients equal\n')

  @parameterized.parameters(
    (['--node=3,0'], '--node=3,0: the output is 3x3, so its nodes are 0,0'),
    (['--node=-1,0'], '--node=-1,0 must look like 0,2'),
    (['--window=4x4', '--size=3x3'], '4x4 does not fit on the image'),
    (['--size=9'], '--size=9 is more than 8x8, the largest that fits'),
    (['--window=6x2'], '--window=6x2 is more than 5x5'),
    (['--size=5x5', '--op=dense'], '--size=5x5 is more than 4x4'),
    (['--size=0x5'], '--size=0x5 must look like 3x3 or 3'),
    (['--stride='], '--stride= must look like 3x3 or 3'),
    (['--op=dense', '--stride=2'], '--stride: a dense layer has no window'),
    (['--op=relu'], 'flag --op=relu: value should be one of'),
    (['conv2d'], "not a flag: 'conv2d'"),
  )
  def test_one_line_for_a_mistake(self, arguments, words):
    done = self.start(*arguments)
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertRegex(done.stderr, r'^explain: [^\n]*\n$')
    self.assertIn(words, done.stderr)

  def test_a_difference_ends_with_status_1(self):
    conv2d = reference.conv2d

    def flipped(inputs, kernel, stride, padding):
      return conv2d(inputs, kernel[::-1, ::-1], stride, padding)

    window = (3, 3), (1, 1), 'valid'
    spec = specs.Conv('conv2d', 1, *window)
    with (
      mock.patch.object(reference, 'conv2d', flipped),
      mock.patch.object(main, '_layer_and_size', lambda: (spec, (5, 5))),
      mock.patch.object(main, '_node', lambda: None),
      contextlib.redirect_stdout(io.StringIO()) as printed,
      self.assertRaises(SystemExit) as ended,
    ):
      main.main()
    self.assertEqual(ended.exception.code, 1)
    *_, last = printed.getvalue().splitlines()
    self.assertStartsWith(last, 'tf.nn.conv2d differs: pre-activation by up to')

  @parameterized.parameters('--help', '--node=9,9', '--window=3x')
  def test_help_and_mistakes_do_not_wait_for_tensorflow(self, argument):
    command = ['-X', 'importtime', '-m', 'cnn_tf.explain', argument]
    done = subprocess.run(
      [sys.executable, *command],
      env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)},
      capture_output=True,
      text=True,
    )
    self.assertIn('cnn_tf.explain.terms', done.stderr)
    self.assertNotIn('tensorflow', done.stderr)


if __name__ == '__main__':
  tf.test.main()
