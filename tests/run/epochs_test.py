"""Tests of epochs.py: how runs end before their end, and resume."""

import contextlib
import io
import pathlib
import shutil
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import optimizers
from cnn_tf.learning import schedules
from cnn_tf.measure import runs
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import environment
from cnn_tf.run import history
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
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
    self.assertEqual(
      small_data.records(self.workdir), small_data.records(self.whole)
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
    train = datasets.load('', self.data_dir, 128).train
    geometries = geometry.trace(layers.parse(settings.layers), (28, 28, 1))
    network = model.ConvNet(geometries, settings.seed)
    ours = trainer.Trainer(
      network,
      optimizers.Momentum(network.trainable_variables),
      schedules.constant(0.05),
      1e-4,
      train,
      10,
      tf.distribute.get_strategy(),
    )
    table = history.read_epochs(self.whole)
    for row in table:
      order = datasets.order(512, settings.seed, row.epoch)
      whole_epoch = tf.constant(0), tf.constant(512)
      means = ours.train_steps(order, *whole_epoch).totals.means()
      self.assertAllClose(means.cross_entropy, row.train_cross_entropy)
      self.assertAllClose(means.accuracy, row.train_accuracy)
    saved = small_data.saved_values(self.whole, 3).values()
    for variable in network.variables:
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

  def lose(self, name, content):
    """Damages a record, and resumes; returns what was printed and is left."""
    (self.workdir / name).write_bytes(content)
    printed = _run(self.workdir, self.data_dir)
    self.assertIn('Resuming after epoch 2.\n', printed)
    self.assertEqual(
      small_data.saved_values(self.workdir, 3),
      small_data.saved_values(self.whole, 3),
    )
    left, whole = map(small_data.records, (self.workdir, self.whole))
    changed = [name for name in whole if left[name] != whole[name]]
    self.assertEqual(changed, [name])
    return printed

  def test_rows_that_are_lost_do_not_block_a_run(self):
    self.stop_after(2)
    header, _, *rows = (self.whole / 'metrics.csv').read_text().splitlines(True)
    damaged = ''.join([header, '1,5\n', *rows])
    printed = self.lose('metrics.csv', damaged.encode())
    said = 'metrics.csv lacks epoch 1: the run continues anyway'
    self.assertIn(f'{self.workdir}/{said}\n', printed)
    self.assertEqual(
      (self.workdir / 'metrics.csv').read_text(), ''.join([header, *rows])
    )
    drawn = [row.epoch for row in runs.load(self.workdir).epochs]
    self.assertEqual(drawn, [2, 3])

  def test_kernels_that_are_lost_do_not_block_a_run(self):
    self.stop_after(2)
    printed = self.lose('first_kernels.npz', b'junk')
    said = 'first_kernels.npz lacks epochs 0 to 2: the run continues anyway'
    self.assertIn(f'{self.workdir}/{said}\n', printed)
    with np.load(self.workdir / 'first_kernels.npz') as file:
      self.assertAllEqual(file['epochs'], [3])

  def test_without_any_record_a_run_ends_with_the_same_variables(self):
    self.stop_after(2)
    for name in ('metrics.csv', 'first_kernels.npz', 'seconds.txt'):
      (self.workdir / name).unlink()
    printed = _run(self.workdir, self.data_dir)
    self.assertEqual(printed.count(' lacks '), 3)
    self.assertEqual(
      small_data.saved_values(self.workdir, 3),
      small_data.saved_values(self.whole, 3),
    )
    self.assertEqual(
      storage.read_result(self.workdir)['test_accuracy'],
      storage.read_result(self.whole)['test_accuracy'],
    )

  def test_the_time_is_that_of_all_sessions(self):
    self.stop_after(2)
    (self.workdir / 'seconds.txt').write_text('1000.5\n')
    _run(self.workdir, self.data_dir)
    seconds = storage.read_result(self.workdir)['training_seconds']
    self.assertBetween(seconds, 1000.5, 1100)
    self.assertEqual(seconds, history.read_seconds(self.workdir))

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
      self.assert_diverges('at step 53, in epoch 2', ['ckpt-1'], **later)
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
      'at step 52, in epoch 1',
      [],
      layers='',
      lr_schedule='step',
      decay_rate=1e30,
      decay_epochs=51 / 52,
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
