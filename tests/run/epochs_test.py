"""Tests of epochs.py: how runs end before their end, and resume."""

import contextlib
import io
import pathlib
import shutil
import tempfile
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.measure import runs
from cnn_tf.run import environment
from cnn_tf.run import events
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import train_loop
from cnn_tf.run import trainer
from tests import processes
from tests import small_data


def _run(workdir, data_dir, **others):
  """Runs with one replica; returns what was printed."""
  settings = settings_lib.Settings(**small_data.flags(data_dir, **others))
  with contextlib.redirect_stdout(io.StringIO()) as printed:
    train_loop.train_and_evaluate(settings, workdir, '1')
  return printed.getvalue()


class StoppedRun(tf.test.TestCase, parameterized.TestCase):
  """A whole run, and a folder for one that is stopped.

  Attributes:
    others: the settings in which the run differs from the usual small one.
  """

  others = {}

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.data_dir = cls.enterClassContext(tempfile.TemporaryDirectory())
    small_data.write(cls.data_dir)
    cls.whole = pathlib.Path(cls.data_dir, 'whole')
    _run(cls.whole, cls.data_dir, **cls.others)

  def setUp(self):
    super().setUp()
    self.workdir = pathlib.Path(self.create_tempdir().full_path, 'run')

  def assert_ends_like_the_whole_run(self):
    for name in ('metrics.csv', 'first_kernels.npy', 'result.json'):
      self.assertEqual(
        (self.workdir / name).read_bytes(), (self.whole / name).read_bytes()
      )
    self.assertEqual(
      small_data.saved_values(self.workdir, 3),
      small_data.saved_values(self.whole, 3),
    )

  def stop_after(self, epoch):
    """Makes a folder like that of a run killed in the epoch after `epoch`."""
    shutil.copytree(self.whole, self.workdir)
    (self.workdir / 'result.json').unlink()
    for later in range(epoch + 1, 4):
      for path in (self.workdir / 'checkpoints').glob(f'ckpt-{later}.*'):
        path.unlink()


class ResumeTest(StoppedRun):
  @parameterized.parameters(0, 1, 2, 3)
  def test_a_stopped_run_goes_on_to_the_same_bits(self, epoch):
    self.stop_after(epoch)
    printed = _run(self.workdir, self.data_dir, **self.others)
    said = f'Resuming after epoch {epoch}.'
    self.assertEqual(said in printed, epoch > 0)
    self.assert_ends_like_the_whole_run()


class TricksTest(ResumeTest):
  others = small_data.TRICKS


class EpochsTest(StoppedRun):
  def test_checkpoints_hold_velocities_and_the_step(self):
    names = ' '.join(small_data.saved_values(self.whole, 3))
    for part in ('kernels/conv1', 'biases/logits', 'velocities/3', 'step/'):
      self.assertIn(part, names)

  def test_a_run_is_made_of_these_parts(self):
    settings = settings_lib.Settings(**small_data.flags(self.data_dir))
    data = datasets.load('', self.data_dir, 128)
    ours = trainer.Trainer(
      settings,
      data,
      trainer.geometries(settings, data),
      tf.distribute.get_strategy(),
    )
    table = events.read_epochs(self.whole / 'metrics.csv', 3)
    for row in table:
      order = datasets.order(512, settings.seed, row.epoch)
      whole_epoch = tf.constant(0), tf.constant(510)
      means = ours.train_steps(order, *whole_epoch).totals.means()
      self.assertAllClose(means.cross_entropy, row.train_cross_entropy)
      self.assertAllClose(means.accuracy, row.train_accuracy)
    saved = small_data.saved_values(self.whole, 3).values()
    for variable in ours.network.variables:
      self.assertIn(variable.numpy().tobytes(), saved)

  def test_the_same_flags_end_in_the_same_bits(self):
    _run(self.workdir, self.data_dir)
    self.assert_ends_like_the_whole_run()

  def test_another_seed_does_not(self):
    _run(self.workdir, self.data_dir, seed=1)
    self.assertNotEqual(
      (self.workdir / 'metrics.csv').read_text(),
      (self.whole / 'metrics.csv').read_text(),
    )

  def test_a_damaged_checkpoint_costs_one_epoch(self):
    self.stop_after(2)
    data = self.workdir / 'checkpoints' / 'ckpt-2.data-00000-of-00001'
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    printed = _run(self.workdir, self.data_dir)
    self.assertIn('ckpt-2 is damaged', printed)
    self.assertIn('Resuming after epoch 1.', printed)
    self.assert_ends_like_the_whole_run()

  @parameterized.parameters('metrics.csv', 'first_kernels.npy')
  def test_a_file_that_lost_an_epoch_costs_no_more_than_that(self, name):
    self.stop_after(3)
    path = self.workdir / name
    path.write_bytes(path.read_bytes()[:-1])
    printed = _run(self.workdir, self.data_dir)
    self.assertIn(f'{path} is damaged: it has 2 of 3 epochs\n', printed)
    self.assertIn('Resuming after epoch 2.', printed)
    self.assert_ends_like_the_whole_run()

  @parameterized.parameters('metrics.csv', 'first_kernels.npy')
  def test_where_no_checkpoint_fits_nothing_is_touched(self, name):
    self.stop_after(2)
    path = self.workdir / name
    path.unlink()
    before = {f: f.read_bytes() for f in self.workdir.rglob('ckpt-*')}
    with self.assertRaisesRegex(
      errors.UserError, f'^{path} has 0 epochs and no intact checkpoint'
    ):
      _run(self.workdir, self.data_dir)
    self.assertEqual(
      {f: f.read_bytes() for f in self.workdir.rglob('ckpt-*')}, before
    )
    self.assertFalse((self.workdir / 'result.json').exists())
    path.write_bytes((self.whole / name).read_bytes())
    _run(self.workdir, self.data_dir)
    self.assert_ends_like_the_whole_run()

  def test_no_epoch_has_a_checkpoint_before_its_row(self):
    self.stop_after(2)
    (self.workdir / 'metrics.csv.partial').mkdir()  # where a row would go
    with self.assertRaises(errors.UserError):
      _run(self.workdir, self.data_dir)
    self.assertFalse((self.workdir / 'checkpoints' / 'ckpt-3.index').exists())

  def test_a_disk_that_fills_up_costs_nothing_that_was_saved(self):
    self.stop_after(2)
    with (
      self.assertRaises(errors.UserError) as caught,
      processes.files_of_at_most(20_000),
    ):
      _run(self.workdir, self.data_dir)
    self.assertIn('ckpt-3 could not be saved', str(caught.exception))
    _run(self.workdir, self.data_dir)
    self.assert_ends_like_the_whole_run()

  def assert_diverges(self, place, saved, **others):
    with self.assertRaises(errors.UserError) as caught:
      _run(self.workdir, self.data_dir, **others)
    self.assertRegex(str(caught.exception), f'not finite .*{place}')
    self.assertIn('in a new --workdir', str(caught.exception))
    self.assertEqual('checkpoints' in str(caught.exception), bool(saved))
    folder = self.workdir / 'checkpoints'
    names = sorted(path.stem for path in folder.glob('*.index'))
    self.assertEqual(names, saved)

  def test_a_huge_rate_stops_at_its_first_step(self):
    self.assert_diverges(
      'at step 1, in epoch 1: try a lower --learning_rate',
      [],
      learning_rate=1e30,
    )

  @parameterized.parameters(1e36, 1e38)
  def test_a_huge_penalty_is_not_blamed_on_the_rate_alone(self, l2_scale):
    self.assert_diverges(
      'in epoch 1: try a lower --l2_scale or --learning_rate in',
      [],
      l2_scale=l2_scale,
      learning_rate=1e-3,
    )

  def test_what_was_good_before_it_diverged_is_kept(self):
    # The rate is 0.05 in epoch 1, and then 5e28.
    later = {'lr_schedule': 'step', 'decay_rate': 1e30, 'decay_epochs': 1.0}
    for _ in range(2):  # going on ends in the same way
      self.assert_diverges('at step 52, in epoch 2', ['ckpt-1'], **later)
    self.assertEqual(
      small_data.saved_values(self.workdir, 1),
      small_data.saved_values(self.whole, 1),
    )
    table = (self.whole / 'metrics.csv').read_text().splitlines()
    self.assertEqual(
      (self.workdir / 'metrics.csv').read_text().splitlines(), table[:2]
    )

  def test_what_diverged_at_the_last_step_of_an_epoch_is_not_saved(self):
    self.assert_diverges(
      'at step 51, in epoch 1',
      [],
      layers='',
      lr_schedule='step',
      decay_rate=1e30,
      decay_epochs=50 / 51,
    )


class Bfloat16Test(ResumeTest):
  others = {'precision': 'bfloat16'}

  def test_what_is_saved_is_float32(self):
    saved = tf.train.load_checkpoint(str(self.whole / 'checkpoints' / 'ckpt-3'))
    types = saved.get_variable_to_dtype_map()
    for name in types:
      if name.startswith(('network/', 'optimizer/')):
        self.assertEqual(types[name], tf.float32, name)

  def test_the_network_is_loaded_and_exported_in_its_precision(self):
    run = runs.load(self.whole)
    self.assertEqual(run.network.precision, 'bfloat16')
    images = run.data.test.images
    probabilities = tf.nn.softmax(run.network(datasets.to_float(images)))
    loaded = tf.saved_model.load(str(self.whole / 'export'))
    answers = loaded.signatures['serving_default'](images=tf.constant(images))
    self.assertAllClose(answers['probabilities'], probabilities, 1e-3, 1e-3)
    run.network.precision = 'float32'
    exact = tf.nn.softmax(run.network(datasets.to_float(images)))
    self.assertNotAllClose(exact, probabilities)

  @parameterized.parameters(True, False)
  def test_a_processor_without_bfloat16_is_reported(self, has_bfloat16):
    with mock.patch.object(
      environment, 'has_bfloat16', return_value=has_bfloat16
    ):
      printed = _run(self.workdir, self.data_dir, **self.others)
    line = 'No bfloat16 instructions here: float32 will be faster.\n'
    self.assertEqual(line in printed, not has_bfloat16)


if __name__ == '__main__':
  tf.test.main()
