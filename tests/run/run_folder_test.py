"""Tests of run_folder.py."""

import pathlib

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import config
from cnn_tf.run import run_folder
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
    settings = config.Config(
      layers='dense 5', nesterov=True, l2_scale=0.1 + 0.2
    )
    workdir = self.folder / 'runs' / 'first'
    self.assertIsNone(run_folder.read_config(workdir))
    self.assertEmpty(run_folder.open_run(workdir, settings, _HERE))
    self.assertEqual(run_folder.read_config(workdir), settings)
    self.assertEmpty(run_folder.open_run(workdir, settings, _HERE))

  def test_every_other_flag_is_listed(self):
    run_folder.open_run(self.folder, config.Config(), _HERE)
    before = (self.folder / 'run.flags').read_bytes()
    self.assert_refused(
      ' holds a run with other flags: --batch_size=128 -> --batch_size=64; '
      '--seed=0 -> --seed=7; --nesterov=false -> --nesterov=true',
      self.folder,
      config.Config(seed=7, nesterov=True, batch_size=64),
    )
    self.assertEqual((self.folder / 'run.flags').read_bytes(), before)

  def test_another_environment_is_told(self):
    run_folder.open_run(self.folder, config.Config(), _HERE)
    changes = run_folder.open_run(
      self.folder, config.Config(), {'tensorflow': '2.22.0', 'cores': 2, 'x': 1}
    )
    self.assertEqual(changes, ['tensorflow: 2.21.0 -> 2.22.0', 'x: None -> 1'])
    # The run was begun where it was begun.
    self.assertLen(
      run_folder.open_run(self.folder, config.Config(), {'x': 1}), 1
    )

  def test_a_folder_of_something_else_is_left_alone(self):
    (self.folder / 'thesis.txt').write_text('final')
    self.assert_refused(
      ' is not empty and holds no run', self.folder, config.Config()
    )
    self.assertEqual([f.name for f in self.folder.iterdir()], ['thesis.txt'])

  def test_what_a_kill_leaves_before_the_flags_are_there_does_not_matter(self):
    (self.folder / 'checkpoints').mkdir()
    (self.folder / 'run.flags.partial').write_text('--data')
    run_folder.open_run(self.folder, config.Config(), _HERE)
    self.assertEqual(run_folder.read_config(self.folder), config.Config())

  def test_a_file_in_the_place_of_the_folder_is_named(self):
    file = self.folder / 'file'
    file.write_text('')
    self.assert_refused(': Not a directory', file / 'run', config.Config())

  @parameterized.parameters(
    ('run.flags', b'\xff'),
    ('run.flags', b'# mine'),
    ('environment.json', b''),
    ('environment.json', b'[]'),
  )
  def test_a_damaged_file_is_named(self, name, content):
    run_folder.open_run(self.folder, config.Config(), _HERE)
    (self.folder / name).write_bytes(content)
    with self.assertRaisesRegex(errors.UserError, f'{name}: '):
      run_folder.open_run(self.folder, config.Config(), _HERE)

  def test_a_damaged_result_is_named(self):
    (self.folder / 'result.json').write_text('{')
    with self.assertRaisesRegex(errors.UserError, 'result.json: '):
      run_folder.read_result(self.folder)

  def test_a_finished_run_has_its_result(self):
    self.assertIsNone(run_folder.read_result(self.folder))
    result = {'test_accuracy': 0.1 + 0.2, 'test_examples': 200}
    run_folder.write_result(self.folder, result)
    self.assertEqual(run_folder.read_result(self.folder), result)


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
