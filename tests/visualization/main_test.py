"""`python -m cnn_tf.visualization`, from the outside."""

import pathlib
import tempfile

import tensorflow as tf
from absl.testing import parameterized

from tests import processes
from tests import small_run


class MainTest(tf.test.TestCase, parameterized.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.workdir = small_run.train(folder)

  def start(self, *arguments):
    folder = self.create_tempdir().full_path
    module = 'cnn_tf.visualization'
    return processes.Command(folder, *arguments, module=module).wait()

  def test_help_is_its_docstring(self):
    done = self.start('--help')
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertStartsWith(done.stdout, 'Draws the figures of a run')
    for flag in ('--workdir', '--images', '--layer'):
      self.assertIn(flag, done.stdout)
    self.assertIn('\nflags:\n', done.stdout)
    self.assertNotIn('__main__', done.stdout)

  def test_one_layer_is_drawn_with_the_images_asked_for(self):
    done = self.start(
      f'--workdir={self.workdir}', '--images=3,17', '--layer=conv2'
    )
    self.assertEqual((done.code, done.stderr), (0, ''))
    *paths, seconds = done.stdout.splitlines()
    self.assertRegex(seconds, r'^\d+ s$')
    self.assertEqual(
      [pathlib.Path(path).name for path in paths],
      ['maps_conv2.png', 'classes_conv2.png'],
    )
    for path in paths:
      self.assertStartsWith(pathlib.Path(path).read_bytes(), b'\x89PNG')

  @parameterized.parameters(
    ([], '--workdir=... is missing'),
    (['--workdir='], '--workdir= must name a folder'),
    (['--workdir=~nobody_of_that_name'], '--workdir=~nobody_of_that_name: '),
  )
  def test_one_line_for_the_folder(self, arguments, words):
    done = self.start(*arguments)
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertRegex(done.stderr, r'^visualization: [^\n]*\n$')
    self.assertIn(words, done.stderr)

  @parameterized.parameters(
    ([], 'there is no run here'),
    (['--layer=conv9'], 'but conv1, pool1, conv2, dense1, logits'),
    (['--images=3,200'], "'200' is not one of 0 to 199"),
    (['--images=three'], "'three' is not one of 0 to 199"),
    (['conv2'], "not a flag: 'conv2'"),
  )
  def test_one_line_for_a_mistake(self, arguments, words):
    workdir = self.workdir if arguments else self.workdir.parent
    done = self.start(f'--workdir={workdir}', *arguments)
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertRegex(done.stderr, r'^visualization: [^\n]*\n$')
    self.assertIn(words, done.stderr)


if __name__ == '__main__':
  tf.test.main()
