"""Tests of runs.py."""

import contextlib
import io
import pathlib
import shutil
import tempfile

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.measure import runs
from cnn_tf.run import loop
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from tests import small_data
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
    run = runs.load(self.folder)
    self.assertEqual(run.epoch, 2)
    self.assertEqual(run.place('page.html'), self.folder / 'page.html')
    for path in (self.folder / 'checkpoints').glob('ckpt-2.*'):
      path.unlink()
    run = runs.load(self.folder)
    self.assertEqual(run.epoch, 1)
    # The run goes on, and makes its own page at the end.
    self.assertEqual(run.place('page.html'), self.folder / 'page-epoch-1.html')
    self.assertEqual(run.place('figures'), self.folder / 'figures-epoch-1')

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


class NetworksTest(tf.test.TestCase):
  """The networks of a run that was continued after its end."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    small_data.write(cls.folder)
    cls.workdir = pathlib.Path(cls.folder, 'run')
    for num_epochs in (3, 7, 10):
      cls.train(num_epochs)

  @classmethod
  def train(cls, num_epochs):
    flags = small_data.flags(
      cls.folder,
      layers='dense 5',
      batch_size=128,
      num_epochs=num_epochs,
      average=0.5,
    )
    with contextlib.redirect_stdout(io.StringIO()):
      loop.train_and_evaluate(settings_lib.Settings(**flags), cls.workdir, '1')

  def bytes_of(self, network):
    return {
      f'{kind}/{name}': variable.numpy().tobytes()
      for kind in ('kernels', 'biases')
      for name, variable in getattr(network, kind).items()
    }

  def test_they_are_those_after_0_and_powers_of_two_and_the_last_epoch(self):
    networks = runs.load(self.workdir).networks()
    self.assertEqual(list(networks), [0, 1, 2, 4, 8, 10])

  def test_each_has_the_averaged_kernels_of_its_checkpoint(self):
    run = runs.load(self.workdir)
    networks = run.networks()
    for epoch in (1, 2, 4, 8, 10):
      saved = small_data.saved_values(self.workdir, epoch)
      for name, content in self.bytes_of(networks[epoch]).items():
        place = f'averaged/{name}/.ATTRIBUTES/VARIABLE_VALUE'
        self.assertEqual(content, saved[place])
        self.assertNotEqual(
          content, saved[place.replace('averaged', 'network')]
        )
    self.assertEqual(self.bytes_of(networks[0]), self.bytes_of(run.untrained()))

  def test_an_older_epoch_has_none_after_it(self):
    for last, expected in ((9, [0, 1, 2, 4, 8, 9]), (8, [0, 1, 2, 4, 8])):
      run = runs.load(self.workdir, last)
      self.assertEqual(list(run.networks()), expected)

  def test_a_lost_or_damaged_checkpoint_is_left_out(self):
    folder = pathlib.Path(self.create_tempdir().full_path, 'run')
    shutil.copytree(self.workdir, folder)
    (folder / 'checkpoints' / 'ckpt-2.index').unlink()
    data = folder / 'checkpoints' / 'ckpt-8.data-00000-of-00001'
    data.write_bytes(data.read_bytes()[:-9])
    with contextlib.redirect_stdout(io.StringIO()) as printed:
      networks = runs.load(folder).networks()
    self.assertEqual(list(networks), [0, 1, 4, 10])
    self.assertIn('ckpt-8 is damaged', printed.getvalue())


if __name__ == '__main__':
  tf.test.main()
