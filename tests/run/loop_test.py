"""Runs: what they take and leave, how they end too early, and resume."""

import contextlib
import io
import json
import pathlib
import shutil
import tempfile
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.measure import runs
from cnn_tf.run import environment
from cnn_tf.run import history
from cnn_tf.run import loop
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import trainer
from tests import processes
from tests import small_data


def _run(workdir, folder, **others):
  """Runs with one replica; returns the result and what was printed."""
  settings = settings_lib.Settings(**small_data.flags(folder, **others))
  with contextlib.redirect_stdout(io.StringIO()) as printed:
    result = loop.train_and_evaluate(settings, workdir, '1')
  return result, printed.getvalue()


def _state(folder):
  """What would show that a folder was touched."""
  return {
    path: (path.stat().st_mtime_ns, path.is_dir() or path.read_bytes())
    for path in pathlib.Path(folder).rglob('*')
    if path.name != 'run.lock'  # it names who looked last
  }


class LoopTest(tf.test.TestCase, parameterized.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.data_dir = cls.enterClassContext(tempfile.TemporaryDirectory())
    small_data.write(cls.data_dir)
    cls.workdir = pathlib.Path(cls.data_dir, 'new', 'run')
    cls.result, cls.printed = _run(cls.workdir, cls.data_dir)

  def test_leaves_these_files(self):
    names = {path.name for path in self.workdir.iterdir()}
    events_file = next(name for name in names if name.startswith('events.out.'))
    self.assertEqual(
      names - {events_file},
      {'run.flags', 'run.lock', 'environment.json', 'result.json'}
      | {'metrics.csv', 'first_kernels.npz', 'seconds.txt'}
      | {'checkpoints', 'export'},
    )

  def test_the_table_has_a_row_an_epoch(self):
    rows = np.genfromtxt(
      self.workdir / 'metrics.csv', delimiter=',', names=True
    )
    self.assertAllEqual(rows['epoch'], [1, 2, 3])
    self.assertAllEqual(rows['step'], [51, 102, 153])
    self.assertAllClose(rows['learning_rate'], [0.05] * 3)
    self.assertGreater(rows['validation_accuracy'][-1], 0.7)

  def test_the_penalty_in_the_table_is_that_of_the_saved_kernels(self):
    values = small_data.saved_values(self.workdir, 3)
    squares = [
      np.square(np.frombuffer(value, np.float32)).sum(dtype=np.float64)
      for name, value in values.items()
      if name.startswith('network/kernels/')
    ]
    self.assertLen(squares, 2)
    table = np.genfromtxt(
      self.workdir / 'metrics.csv', delimiter=',', names=True
    )
    self.assertAllClose(table['l2_penalty'][-1], 1e-4 * sum(squares) / 2)

  def test_the_result_is_the_score_of_the_export_on_all_test_images(self):
    test = datasets.load('', self.data_dir, 128).test
    loaded = tf.saved_model.load(str(self.workdir / 'export'))
    serve = loaded.signatures['serving_default']
    answers = serve(images=tf.constant(test.images))
    right = np.mean(answers['classes'].numpy() == test.labels)
    of_the_truth = answers['probabilities'].numpy()[range(200), test.labels]
    self.assertEqual(
      json.loads((self.workdir / 'result.json').read_text()), self.result
    )
    self.assertEqual(self.result['test_examples'], 200)
    self.assertAllClose(self.result['test_accuracy'], right)
    self.assertAllClose(
      self.result['test_cross_entropy'], -np.log(of_the_truth).mean(), rtol=1e-5
    )

  def test_tells_of_the_network_each_epoch_and_the_result(self):
    for line in (
      r'conv1 +26x26x4 +40 +24,336 ',
      r' 1/3 .* 2/3 .* 3/3 ',
      rf'Test: {self.result["test_accuracy"]:.2%} of 200 images correct',
    ):
      self.assertRegex(self.printed.replace('\n', ' '), line)

  def test_a_finished_run_says_so_and_does_nothing(self):
    before = _state(self.workdir)
    result, printed = _run(self.workdir, self.data_dir)
    self.assertEqual(result, self.result)
    self.assertStartsWith(printed, f'{self.workdir} is finished. Test: ')
    self.assertEqual(printed.count('\n'), 1)
    self.assertEqual(_state(self.workdir), before)

  def test_a_missing_export_of_a_finished_run_is_made_again(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    shutil.copytree(self.workdir, workdir)
    shutil.rmtree(workdir / 'export')
    result, printed = _run(workdir, self.data_dir)
    self.assertEqual(result, self.result)
    self.assertIn('Resuming after epoch 3.', printed)
    for name in ('metrics.csv', 'result.json', 'run.flags'):
      self.assertEqual(
        (workdir / name).read_bytes(), (self.workdir / name).read_bytes()
      )
    images = tf.constant(datasets.load('', self.data_dir, 128).test.images)
    answers = [
      tf.saved_model.load(str(folder / 'export')).signatures['serving_default'](
        images=images
      )
      for folder in (self.workdir, workdir)
    ]
    self.assertAllEqual(*[answer['probabilities'] for answer in answers])

  def test_an_export_without_a_checkpoint_stays_missing(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    shutil.copytree(self.workdir, workdir)
    shutil.rmtree(workdir / 'export')
    shutil.rmtree(workdir / 'checkpoints')
    before = _state(workdir)
    result, printed = _run(workdir, self.data_dir)
    self.assertEqual((result, _state(workdir)), (self.result, before))
    self.assertStartsWith(printed, f'{workdir} is finished. Test: ')

  def test_the_folder_may_be_a_string(self):
    result, _ = _run(str(self.workdir), self.data_dir)
    self.assertEqual(result, self.result)

  def test_a_run_with_other_flags_is_refused(self):
    before = _state(self.workdir)
    with self.assertRaisesRegex(
      errors.UserError,
      'flags, which .*: --seed=0 -> --seed=1; --momentum=0.9 -> ',
    ):
      _run(self.workdir, self.data_dir, seed=1, momentum=0.5)
    self.assertEqual(_state(self.workdir), before)

  def test_other_examples_of_the_same_shape_are_refused(self):
    folder = self.create_tempdir().full_path
    small_data.write(folder)
    path = pathlib.Path(folder, 'train-labels-idx1-ubyte')
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    before = _state(self.workdir)
    with self.assertRaisesRegex(
      errors.UserError, 'the training examples are not those of this run'
    ):
      _run(self.workdir, folder)
    self.assertEqual(_state(self.workdir), before)

  def test_data_that_have_moved_are_found(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    shutil.copytree(self.workdir, workdir)
    folder = self.create_tempdir().full_path
    small_data.write(folder)
    result, _ = _run(workdir, folder)
    del result['training_seconds']
    self.assertEqual(result | self.result, self.result)
    self.assertEqual(storage.read_settings(workdir).data_dir, folder)

  @parameterized.parameters({}, {'lr_schedule': 'exp', 'average': 0.9})
  def test_more_epochs_end_in_the_same_bits_as_at_once(self, **others):
    folder = pathlib.Path(self.create_tempdir().full_path)
    _run(folder / 'once', self.data_dir, num_epochs=4, **others)
    for count in (2, 4):
      _run(folder / 'twice', self.data_dir, num_epochs=count, **others)
    self.assertEqual(
      *[small_data.records(folder / name) for name in ('once', 'twice')]
    )
    self.assertEqual(
      *[small_data.saved_values(folder / name, 4) for name in ('once', 'twice')]
    )

  def test_a_run_starts_with_the_variables_of_another_network(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    start = runs.load(self.workdir).network
    settings = settings_lib.Settings(
      **small_data.flags(self.data_dir, learning_rate=1e-9, average=0.9)
    )
    with contextlib.redirect_stdout(io.StringIO()):
      result = loop.train_and_evaluate(settings, folder, '1', start=start)
    self.assertAllClose(result['test_accuracy'], self.result['test_accuracy'])

  @parameterized.parameters('run [v2]', 'a*b', 'a?', 'a\\b', 'a[/run')
  def test_a_name_that_tensorflow_takes_as_a_pattern_is_refused(self, name):
    folder = pathlib.Path(self.create_tempdir().full_path)
    with self.assertRaisesRegex(errors.UserError, 'TensorFlow does not find'):
      _run(folder / name, self.data_dir)
    self.assertEmpty(list(folder.iterdir()))

  def test_any_other_character_may_be_in_the_name(self):
    name = ' a!"#$%&\'()+,-.:;<=>@^_`{|}~ä\t\n\u2028 '
    workdir = pathlib.Path(self.create_tempdir().full_path, name)
    result, _ = _run(workdir, self.data_dir)
    self.assertEqual(result['test_accuracy'], self.result['test_accuracy'])
    self.assertEqual(runs.load(workdir).epoch, 3)
    tf.saved_model.load(str(workdir / 'export'))

  def test_an_op_without_a_seed_still_works_after_a_run(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    _run(workdir, self.data_dir, num_epochs=1)
    self.assertEqual(tf.random.normal([2]).shape, [2])

  def test_without_validation_all_examples_are_trained_on(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    _, printed = _run(workdir, self.data_dir, num_validation=0)
    self.assertNotIn('validation, at its end', printed)
    table = (workdir / 'metrics.csv').read_text().splitlines()
    self.assertEndsWith(table[0], ',train_accuracy')
    self.assertStartsWith(table[-1], '3,192,')  # 640 / 10 steps per epoch
    (workdir / 'result.json').unlink()
    for file in (workdir / 'checkpoints').glob('ckpt-3.*'):
      file.unlink()
    _, printed = _run(workdir, self.data_dir, num_validation=0)
    self.assertIn('Resuming after epoch 2.', printed)
    self.assertEqual((workdir / 'metrics.csv').read_text().splitlines(), table)

  def test_without_validation_a_divergence_at_the_last_step_is_noticed(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    # The rate is 0.05 until the last of 64 steps, and then 5e17: the kernels
    # stay finite, and so do their squares, but not the product of three.
    with self.assertRaisesRegex(errors.UserError, 'not finite at step 64'):
      _run(
        workdir,
        self.data_dir,
        num_validation=0,
        num_epochs=1,
        layers='dense 8 linear, dense 8 linear',
        lr_schedule='step',
        decay_rate=1e19,
        decay_epochs=63 / 64,
      )
    self.assertFalse((workdir / 'result.json').exists())

  def test_the_average_is_evaluated_exported_and_drawn(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    result, _ = _run(workdir, self.data_dir, average=0.98)
    self.assertNotEqual(result, self.result)
    run = runs.load(workdir)
    test = run.data.test
    log_probabilities = activity.log_probabilities(run.network, test.images)
    right = log_probabilities.argmax(axis=1) == test.labels
    self.assertAllClose(result['test_accuracy'], right.mean())
    loaded = tf.saved_model.load(str(workdir / 'export'))
    answers = loaded.signatures['serving_default'](
      images=tf.constant(test.images)
    )
    self.assertAllClose(answers['probabilities'], np.exp(log_probabilities))
    shape = run.network.kernels['conv1'].shape
    kernels = history.read_kernels(workdir, shape, 3)
    for recorded, of_network in (
      (kernels[3], run.network.kernels['conv1']),
      (kernels[0], history.read_kernels(self.workdir, shape, 3)[0]),
    ):
      self.assertAllEqual(recorded, of_network)
    trained = small_data.saved_values(self.workdir, 3)
    saved = small_data.saved_values(workdir, 3)
    self.assertContainsSubset(trained.items(), saved.items())
    self.assertLen(saved, len(trained) + 4)

  def test_the_mean_over_flips_is_evaluated_and_exported(self):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    result, _ = _run(workdir, self.data_dir, evaluate_flips=True)
    self.assertNotEqual(result, self.result)
    run = runs.load(workdir)
    images = run.data.test.images
    expected = np.mean(
      [
        np.exp(activity.log_probabilities(run.network, x))
        for x in (images, images[:, :, ::-1])
      ],
      axis=0,
    )
    right = expected.argmax(axis=1) == run.data.test.labels
    self.assertAllClose(result['test_accuracy'], right.mean())
    logs = activity.log_probabilities(run.predict, images)
    self.assertAllClose(np.exp(logs), expected)
    loaded = tf.saved_model.load(str(workdir / 'export'))
    serve = loaded.signatures['serving_default']
    answers = serve(images=tf.constant(images))
    self.assertAllClose(answers['probabilities'], expected)

  @parameterized.named_parameters(
    ('a_batch_larger_than_the_data', {'batch_size': 513}, '512 training'),
    ('nothing_to_train_on', {'num_validation': 640}, 'leaves none of the 640'),
    ('a_window_larger_than_its_map', {'layers': 'maxpool 29x2'}, '28x28'),
    (
      'a_network_larger_than_the_memory',
      {'layers': ', '.join(['dense 9999'] * 999)},
      'training needs about 1,1.*GB of memory, of which there are ',
    ),
    ('a_folder_that_is_not_there', {'data_dir': '/no/data'}, '/no/data: '),
  )
  def test_before_any_file_is_written_it_refuses(self, others, words):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    with self.assertRaisesRegex(errors.UserError, words):
      _run(workdir, self.data_dir, **others)
    self.assertFalse(workdir.exists())

  @parameterized.named_parameters(
    ('one_batch_is_the_epoch', {'batch_size': 512}),
    ('batches_of_one', {'batch_size': 1, 'learning_rate': 0.001}),
    ('adam', {'optimizer': 'adam', 'learning_rate': 0.001}),
    ('rmsprop', {'optimizer': 'rmsprop', 'learning_rate': 0.001}),
    ('a_warm_up', {'lr_schedule': 'one_cycle', 'warmup_epochs': 0.5}),
    (
      'average_pooling_and_stride',
      {'layers': 'conv 3 5x3 stride 3x2 same selu, avgpool 2x2'},
    ),
  )
  def test_trains_with(self, others):
    workdir = pathlib.Path(self.create_tempdir().full_path, 'run')
    result, _ = _run(workdir, self.data_dir, num_epochs=1, **others)
    self.assertBetween(result['test_cross_entropy'], 0.1, 3.0)


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
    _, printed = _run(self.workdir, self.data_dir, **self.others)
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
    table = history.read_epochs(self.whole)
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
    _, printed = _run(self.workdir, self.data_dir)
    self.assertIn('ckpt-2 is damaged', printed)
    self.assertIn('Resuming after epoch 1.', printed)
    self.assert_ends_like_the_whole_run()

  def lose(self, name, content):
    """Damages a record, and resumes; returns what was printed and is left."""
    (self.workdir / name).write_bytes(content)
    _, printed = _run(self.workdir, self.data_dir)
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
    _, printed = _run(self.workdir, self.data_dir)
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

  def test_the_network_is_loaded_in_its_precision_and_exported_in_float32(self):
    run = runs.load(self.whole)
    self.assertEqual(run.network.precision, 'bfloat16')
    images = run.data.test.images
    probabilities = tf.nn.softmax(run.network(datasets.to_float(images)))
    loaded = tf.saved_model.load(str(self.whole / 'export'))
    answers = loaded.signatures['serving_default'](images=tf.constant(images))
    run.network.precision = 'float32'
    exact = tf.nn.softmax(run.network(datasets.to_float(images)))
    self.assertAllClose(answers['probabilities'], exact, 1e-6, 1e-6)
    self.assertNotAllClose(exact, probabilities)


class AutoPrecisionTest(tf.test.TestCase):
  def test_a_run_keeps_what_auto_came_to_on_any_machine(self):
    folder = self.create_tempdir().full_path
    small_data.write(folder)
    workdir = pathlib.Path(folder, 'run')
    auto = {'precision': 'auto', 'num_epochs': 1}
    for unit in ('avx512_bf16', ''):
      with mock.patch.object(environment, 'bfloat16_unit', return_value=unit):
        result, printed = _run(workdir, folder, **auto)
      if unit:
        self.assertIn(
          '\nPrecision: bfloat16 (this machine has avx512_bf16)\n', printed
        )
        first = result
    self.assertIn('is finished', printed)
    self.assertEqual(result, first)
    self.assertEqual(storage.read_settings(workdir).precision, 'bfloat16')
    with self.assertRaisesRegex(errors.UserError, 'bfloat16 -> --precision=fl'):
      _run(workdir, folder, **auto | {'precision': 'float32'})


if __name__ == '__main__':
  tf.test.main()
