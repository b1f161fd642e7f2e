"""Tests of main.py; tests/run_train_test.py tests the whole command."""

import pathlib
import sys
from unittest import mock

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.run import main
from cnn_tf.run import settings as settings_lib
from tests import processes
from tests import small_data


class MainTest(parameterized.TestCase):
  @parameterized.parameters(
    ('run_train.py', 'python run_train.py'),
    ('../a b/run_train.py', "python '../a b/run_train.py'"),
    ('/env/bin/cnn-tf-train', 'cnn-tf-train'),
  )
  def test_a_run_is_resumed_by_the_command_that_began_it(self, program, used):
    workdir = pathlib.Path(self.create_tempdir().full_path)
    (workdir / 'run.flags').write_text(settings_lib.Settings().to_flags())
    with mock.patch.object(sys, 'argv', [program]):
      said = main._how_to_resume(workdir)
    self.assertEqual(said, f'To resume: {used} --workdir={workdir}')

  def test_without_settings_in_the_folder_nothing_can_be_resumed(self):
    workdir = pathlib.Path(self.create_tempdir().full_path)
    self.assertEqual(main._how_to_resume(workdir), 'The run had not started.')

  def test_replicas_that_cannot_share_a_batch_get_one_line(self):
    folder = self.create_tempdir().full_path
    done = processes.Command(folder, '--replicas=3', '--batch_size=128').wait()
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertEqual(
      done.stderr,
      'run_train.py: --replicas=3: 3 replicas cannot share --batch_size=128 '
      'equally\n',
    )

  def test_a_new_run_has_the_usual_rate_of_its_optimizer(self):
    folder = self.create_tempdir().full_path
    small_data.write(folder)
    done = processes.Command(
      folder,
      '--optimizer=momentum',
      '--data_dir=.',
      '--num_validation=128',
      '--layers=dense 2',
      '--num_epochs=1',
      '--workdir=run',
      '--nofigures',
      '--nopage',
    ).wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    settings = settings_lib.read(pathlib.Path(folder, 'run', 'run.flags'))
    self.assertEqual(settings.learning_rate, 0.1)

  def test_help_is_that_of_the_module(self):
    done = processes.Command(self.create_tempdir().full_path, '--help').wait()
    self.assertStartsWith(done.stdout, main.__doc__)

  def test_the_script_is_short(self):
    lines = (small_data.ROOT / 'run_train.py').read_text().splitlines()
    self.assertLessEqual(len(lines), 20)


if __name__ == '__main__':
  absltest.main()
