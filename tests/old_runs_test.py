"""Runs of three earlier commits, as they left their folders."""

import contextlib
import dataclasses
import io
import pathlib
import shutil

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import compare
from cnn_tf.measure import runs
from cnn_tf.run import evaluation
from cnn_tf.run import loop
from cnn_tf.run import storage
from tests import small_data

# In each folder: a run of `--num_epochs=1 --layers='conv 2 3x3, maxpool 2x2'`.
_FOLDER = small_data.ROOT / 'tests' / 'old_runs'
_COMMITS = ('d2dd372', '20180ab', 'e03269f')


class OldRunsTest(tf.test.TestCase, parameterized.TestCase):
  def copy(self, commit):
    folder = pathlib.Path(self.create_tempdir().full_path, commit)
    return shutil.copytree(_FOLDER / commit, folder)

  @parameterized.parameters(*_COMMITS)
  def test_its_network_scores_what_it_scored(self, commit):
    run = runs.load(_FOLDER / commit)
    strategy = tf.distribute.get_strategy()
    scored = evaluation.Evaluation(run.predict, run.data.test, strategy)()
    result = storage.read_result(_FOLDER / commit)
    self.assertAllClose(scored.accuracy, result['test_accuracy'], atol=1e-4)
    self.assertAllClose(
      scored.cross_entropy, result['test_cross_entropy'], rtol=1e-4
    )

  @parameterized.parameters(*_COMMITS)
  def test_its_settings_are_those_of_its_time(self, commit):
    entry = compare.read(_FOLDER / commit)
    self.assertEqual(entry.settings.label_smoothing, 0.0)
    self.assertEqual(entry.settings.precision, 'float32')
    self.assertEqual(entry.settings.layers, 'conv 2 3x3, maxpool 2x2')
    self.assertGreater(entry.last.validation_accuracy, 0.9)

  @parameterized.parameters(*_COMMITS)
  def test_it_goes_on(self, commit):
    folder = self.copy(commit)
    (folder / 'export').mkdir()
    settings = storage.read_settings(folder)
    longer = dataclasses.replace(settings, num_epochs=2)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
      loop.train_and_evaluate(settings, folder, '1')
      result = loop.train_and_evaluate(longer, folder, '1')
    self.assertIn('is finished', printed.getvalue())
    self.assertIn('Resuming after epoch 1.', printed.getvalue())
    self.assertGreater(result['test_accuracy'], 0.94)


if __name__ == '__main__':
  tf.test.main()
