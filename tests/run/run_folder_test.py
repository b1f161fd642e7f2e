"""Tests of run_folder.py."""

import pathlib

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import run_folder
from cnn_tf.run import settings as settings_lib
from tests import processes

_HERE = {'tensorflow': '2.21.0', 'cores': 2}


class RunFolderTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)

  def assert_refused(self, message, workdir, settings):
    with self.assertRaises(errors.UserError) as caught:
      run_folder.open_run(workdir, settings, _HERE)
    self.assertEqual(str(caught.exception), f'{workdir}{message}')

  def test_a_new_run_can_be_read_again(self):
    settings = settings_lib.Settings(
      layers='dense 5', flip=True, l2_scale=0.1 + 0.2
    )
    workdir = self.folder / 'runs' / 'first'
    self.assertIsNone(run_folder.read_config(workdir))
    self.assertEmpty(run_folder.open_run(workdir, settings, _HERE))
    self.assertEqual(run_folder.read_config(workdir), settings)
    self.assertEmpty(run_folder.open_run(workdir, settings, _HERE))

  def test_every_other_flag_is_listed(self):
    run_folder.open_run(self.folder, settings_lib.Settings(), _HERE)
    before = (self.folder / 'run.flags').read_bytes()
    self.assert_refused(
      ' holds a run with other flags, which need a new --workdir: '
      '--flip=false -> --flip=true; --batch_size=128 -> --batch_size=64; '
      '--seed=0 -> --seed=7',
      self.folder,
      settings_lib.Settings(seed=7, flip=True, batch_size=64),
    )
    self.assertEqual((self.folder / 'run.flags').read_bytes(), before)

  def test_another_environment_is_told(self):
    run_folder.open_run(self.folder, settings_lib.Settings(), _HERE)
    changes = run_folder.open_run(
      self.folder,
      settings_lib.Settings(),
      {'tensorflow': '2.22.0', 'cores': 2, 'x': 1},
    )
    self.assertEqual(changes, ['tensorflow: 2.21.0 -> 2.22.0', 'x: None -> 1'])
    # The run was begun where it was begun.
    self.assertLen(
      run_folder.open_run(self.folder, settings_lib.Settings(), {'x': 1}), 1
    )

  def test_a_folder_of_something_else_is_left_alone(self):
    (self.folder / 'thesis.txt').write_text('final')
    self.assert_refused(
      ' is not empty and holds no run', self.folder, settings_lib.Settings()
    )
    self.assertEqual([f.name for f in self.folder.iterdir()], ['thesis.txt'])

  def test_what_a_kill_leaves_before_the_flags_are_there_does_not_matter(self):
    (self.folder / 'checkpoints').mkdir()
    (self.folder / 'run.flags.partial').write_text('--data')
    run_folder.open_run(self.folder, settings_lib.Settings(), _HERE)
    self.assertEqual(
      run_folder.read_config(self.folder), settings_lib.Settings()
    )

  def test_a_file_in_the_place_of_the_folder_is_named(self):
    file = self.folder / 'file'
    file.write_text('')
    self.assert_refused(
      ': Not a directory', file / 'run', settings_lib.Settings()
    )

  @parameterized.parameters(
    ('run.flags', b'\xff'),
    ('run.flags', b'# mine'),
    ('run.flags', b''),
    ('run.flags', b'--seed=0\n'),
    ('environment.json', b''),
    ('environment.json', b'[]'),
  )
  def test_a_damaged_file_is_named(self, name, content):
    run_folder.open_run(self.folder, settings_lib.Settings(), _HERE)
    (self.folder / name).write_bytes(content)
    with self.assertRaisesRegex(errors.UserError, f'{name}: '):
      run_folder.open_run(self.folder, settings_lib.Settings(), _HERE)

  @parameterized.parameters(
    ('{', 'Expecting property name'),
    ('[]', 'not a JSON object'),
    ('null', 'not a JSON object'),
    ('{"accuracy": 0.9}', 'test_accuracy is not a number'),
    ('{"test_accuracy": "0.9"}', 'test_accuracy is not a number'),
    ('{"test_accuracy": true}', 'test_accuracy is not a number'),
    (
      '{"test_accuracy": 0.9, "test_cross_entropy": null}',
      'test_cross_entropy is not a number; without the file, the run makes it',
    ),
  )
  def test_a_damaged_result_is_named(self, content, words):
    path = self.folder / 'result.json'
    path.write_text(content)
    with self.assertRaises(errors.UserError) as caught:
      run_folder.read_result(self.folder)
    self.assertStartsWith(str(caught.exception), f'{path}: {words}')

  def test_a_finished_run_has_its_result(self):
    self.assertIsNone(run_folder.read_result(self.folder))
    result = {
      'test_accuracy': 0.1 + 0.2,
      'test_cross_entropy': 0.25,
      'test_examples': 200,
    }
    run_folder.write_result(self.folder, result)
    self.assertEqual(run_folder.read_result(self.folder), result)


class MakeTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    (self.folder / 'file').write_text('')
    (self.folder / 'link').symlink_to(self.folder / 'nothing')

  @parameterized.parameters(
    ('file', 'file is a file, not a folder'),
    ('file/new', 'file/new: Not a directory'),
    ('link', 'link is a link to nothing, not a folder'),
    ('link/new', 'link is a link to nothing, not a folder'),
    ('x' * 300, 'x' * 300 + ': File name too long'),
  )
  def test_one_line_for(self, name, words):
    with self.assertRaises(errors.UserError) as caught:
      run_folder.make(self.folder / name)
    self.assertEqual(str(caught.exception), f'{self.folder}/{words}')

  def test_a_link_to_a_folder_is_a_folder(self):
    (self.folder / 'nothing').mkdir()
    run_folder.make(self.folder / 'link')
    run_folder.make(self.folder / 'link' / 'new' / 'run')
    self.assertTrue((self.folder / 'nothing' / 'new' / 'run').is_dir())

  def test_a_name_too_long_to_look_up_is_named(self):
    long = self.folder / ('x' * 300)
    for read in (run_folder.read_config, run_folder.read_result):
      with self.assertRaisesRegex(errors.UserError, 'File name too long'):
        read(long)


class WriteTest(tf.test.TestCase):
  def test_a_full_disk_leaves_the_old_text(self):
    path = pathlib.Path(self.create_tempfile('table.csv', 'old').full_path)
    with (
      self.assertRaisesRegex(errors.UserError, 'table.csv: File too large'),
      processes.files_of_at_most(1000),
    ):
      run_folder.write(path, 'new' * 1000)
    self.assertEqual(path.read_text(), 'old')
    run_folder.write(path, 'new' * 1000)
    self.assertEqual(path.read_text(), 'new' * 1000)

  def test_who_has_begun_to_read_reads_the_old_text_to_its_end(self):
    path = pathlib.Path(self.create_tempfile('table.csv', 'old').full_path)
    with path.open() as reader:
      run_folder.write(path, 'new and longer')
      self.assertEqual(reader.read(), 'old')

  def test_a_missing_folder_is_named(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'no', 'result.json')
    with self.assertRaisesRegex(errors.UserError, 'No such file or directory'):
      run_folder.write(path, '')


if __name__ == '__main__':
  tf.test.main()
