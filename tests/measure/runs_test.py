"""Tests of runs.py."""

import pathlib
import shutil

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.measure import runs
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from tests import small_run


class RunsTest(small_run.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path, 'a run')

  def assert_rejected(self, words):
    with self.assertRaises(errors.UserError) as caught:
      runs.load(self.folder)
    self.assertEqual(str(caught.exception), f'{self.folder}: {words}')

  def test_the_network_computes_what_the_exported_one_computes(self):
    run = runs.load(self.workdir)
    serve = tf.saved_model.load(str(self.workdir / 'export'))
    images = tf.constant(run.data.test.images)
    expected = serve.signatures['serving_default'](images=images)
    logits = run.network(datasets.to_float(images))
    self.assertAllClose(tf.nn.softmax(logits), expected['probabilities'])

  def test_the_folder_may_be_a_string(self):
    run = runs.load(str(self.workdir))
    self.assertEqual((run.workdir, run.epoch), (self.workdir, 2))

  def test_the_newest_checkpoint_is_loaded(self):
    shutil.copytree(self.workdir, self.folder)
    self.assertEqual(runs.load(self.folder).epoch, 2)
    for path in (self.folder / 'checkpoints').glob('ckpt-2.*'):
      path.unlink()
    self.assertEqual(runs.load(self.folder).epoch, 1)

  def test_a_run_without_records_is_loaded(self):
    shutil.copytree(self.workdir, self.folder)
    run = runs.load(self.folder)
    self.assertEqual([row.epoch for row in run.epochs], [1, 2])
    self.assertEqual(run.step, run.epochs[-1].step)
    (self.folder / 'metrics.csv').unlink()
    (self.folder / 'first_kernels.npz').unlink()
    run = runs.load(self.folder)
    self.assertEqual((run.epoch, run.epochs), (2, []))

  def test_a_folder_without_a_run_is_rejected(self):
    self.assert_rejected('there is no run here')

  def test_a_run_without_a_checkpoint_is_rejected(self):
    storage.open_run(self.folder, settings_lib.Settings(), {})
    self.assert_rejected('this run has no checkpoint yet')

  def test_only_the_classes_of_fashion_have_names(self):
    run = small_run.untrained()
    self.assertEqual(run.class_names, list('0123456789'))
    run = run._replace(settings=settings_lib.Settings(dataset='fashion'))
    self.assertEqual(run.class_names[5], 'sandal')
    self.assertLen(run.class_names, 10)

  def test_the_source_names_run_and_data(self):
    self.assertEqual(
      small_run.untrained().source('5 images'),
      'run small, trained on mnist, epoch 1; 5 images',
    )


if __name__ == '__main__':
  tf.test.main()
