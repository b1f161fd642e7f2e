"""Tests of kept.py."""

import dataclasses
import pathlib
import subprocess
import sys

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.studies import kept
from tests import small_data


class DigestTest(tf.test.TestCase):
  def test_only_the_seed_does_not_matter(self):
    digest = kept.digest(settings_lib.Settings())
    self.assertEqual(kept.digest(settings_lib.Settings(seed=7)), digest)
    self.assertNotEqual(
      kept.digest(settings_lib.Settings(num_epochs=21)), digest
    )

  def test_it_needs_no_tensorflow(self):
    code = (
      'import sys\nfrom cnn_tf.studies import kept\n'
      'assert "tensorflow" not in sys.modules'
    )
    subprocess.run([sys.executable, '-c', code], check=True)


class KeptTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(self.folder)
    self.settings = settings_lib.Settings(
      **small_data.flags(self.folder, batch_size=64, num_epochs=2)
    )

  def train(self, **options):
    return kept.train(self.settings, self.folder / 'runs', '1', **options)

  def test_the_folder_is_named_after_the_data_the_settings_and_the_seed(self):
    wanted = dataclasses.replace(self.settings, seed=4)
    digest = kept.digest(self.settings)
    self.assertEqual(
      kept.workdir(wanted, pathlib.Path('runs')),
      pathlib.Path('runs', f'{self.folder.name}-{digest}-seed4'),
    )

  def test_a_finished_run_is_not_trained_again(self):
    workdir = self.train()
    self.assertIn('test_accuracy', storage.read_result(workdir))
    before = (workdir / 'metrics.csv').stat().st_mtime_ns
    self.assertEqual(self.train(), workdir)
    self.assertEqual((workdir / 'metrics.csv').stat().st_mtime_ns, before)

  def test_what_training_prints_is_in_the_log(self):
    workdir = self.train()
    log = workdir.with_name(f'{workdir.name}.log').read_text()
    self.assertIn('conv1', log)
    self.assertIn(str(workdir), log)

  def test_without_the_test_set_its_files_are_not_read(self):
    for path in self.folder.glob('t10k-*'):
      path.write_bytes(b'not an IDX file')
    workdir = self.train(read_test=False)
    self.assertIsNone(storage.read_result(workdir))
    with self.assertRaises(errors.UserError):
      self.train()

  def test_the_newest_checkpoints_are_kept(self):
    self.settings = dataclasses.replace(self.settings, num_epochs=6)
    workdir = self.train(num_kept=1)
    self.assertEqual(storage.saved_epochs(workdir), [6, 4, 2, 1])


if __name__ == '__main__':
  tf.test.main()
