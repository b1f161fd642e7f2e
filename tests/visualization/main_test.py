"""`python -m cnn_tf.visualization`, from the outside."""

import pathlib
import shutil

import tensorflow as tf
from absl.testing import parameterized

from tests import small_data
from tests.visualization import command_case


class MainTest(command_case.CommandTestCase, parameterized.TestCase):
  module = 'cnn_tf.visualization'
  prefix = 'visualization'

  def test_help_is_its_docstring(self):
    output = self.assert_output('--help')
    self.assertStartsWith(output, 'Draws the figures of a run')
    for flag in ('--workdir', '--images', '--layer'):
      self.assertIn(flag, output)
    self.assertIn('\nflags:\n', output)
    self.assertNotIn('__main__', output)

  def test_one_layer_is_drawn_for_the_given_images(self):
    output = self.assert_output(
      f'--workdir={self.workdir}', '--images=3,17', '--layer=conv2'
    )
    *paths, seconds = output.splitlines()
    self.assertRegex(seconds, r'^\d+ s$')
    self.assertEqual(
      [pathlib.Path(path).name for path in paths],
      ['maps_conv2.png', 'classes_conv2.png'],
    )
    for path in paths:
      self.assertStartsWith(pathlib.Path(path).read_bytes(), b'\x89PNG')

  def test_a_class_is_drawn_beside_the_one_it_is_confused_with(self):
    output = self.assert_output(
      f'--workdir={self.workdir}', '--images=class:4', '--layer=conv2'
    )
    path, _ = output.splitlines()
    self.assertEqual(pathlib.Path(path).name, 'class_4_conv2.png')
    self.assertStartsWith(pathlib.Path(path).read_bytes(), b'\x89PNG')

  def test_data_that_have_moved_and_another_folder_for_the_figures(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    workdir = shutil.copytree(self.workdir, folder / 'run')
    flags = (workdir / 'run.flags').read_text()
    moved = flags.replace(str(self.workdir.parent), str(folder / 'gone'))
    self.assertNotEqual(moved, flags)
    (workdir / 'run.flags').write_text(moved)
    wanted = f'--workdir={workdir}', '--images=3', '--layer=conv1'
    self.assert_one_line_error('gone: no such folder', *wanted)
    self.assert_output(
      *wanted, f'--data_dir={self.workdir.parent}', f'--output={folder / "new"}'
    )
    names = {path.name for path in (folder / 'new').iterdir()}
    self.assertEqual(names, {'maps_conv1.png', 'classes_conv1.png'})

  def test_data_that_have_changed_are_told(self):
    folder = self.create_tempdir().full_path
    small_data.write(folder)
    path = pathlib.Path(folder, 't10k-images-idx3-ubyte')
    path.write_bytes(path.read_bytes()[:-1] + b'\x07')
    output = self.assert_output(
      *(f'--workdir={self.workdir}', '--images=3', '--layer=conv1'),
      *(f'--data_dir={folder}', f'--output={folder}/figures'),
    )
    self.assertStartsWith(
      output, f'{self.workdir}: the test examples have changed since'
    )

  @parameterized.parameters(
    ([], 'Flag --workdir must have a value'),
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
    (['--layer=conv9'], 'choose from conv1, pool1, conv2, dense1, logits'),
    (['--images=3,200'], "'200' is not one of 0 to 199"),
    (['--images=three'], "'three' is not one of 0 to 199"),
    (
      ['--images=class:x'],
      'no such class; choose a label, 0 to 9, or one of 0, ',
    ),
    (['conv2'], "not a flag: 'conv2'"),
  )
  def test_a_mistake_is_reported_in_one_line(self, arguments, words):
    workdir = self.workdir if arguments else self.workdir.parent
    self.assert_one_line_error(words, f'--workdir={workdir}', *arguments)


if __name__ == '__main__':
  tf.test.main()
