"""Tests of train_loop.py: what a run takes, and what it leaves."""

import contextlib
import io
import json
import pathlib
import shutil
import tempfile

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.measure import runs
from cnn_tf.run import history
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import train_loop
from tests import small_data


def _run(workdir, folder, **others):
  """Runs with one replica; returns the result and what was printed."""
  settings = settings_lib.Settings(**small_data.flags(folder, **others))
  with contextlib.redirect_stdout(io.StringIO()) as printed:
    result = train_loop.train_and_evaluate(settings, workdir, '1')
  return result, printed.getvalue()


def _state(folder):
  """What would show that a folder was touched."""
  return {
    path: (path.stat().st_mtime_ns, path.is_dir() or path.read_bytes())
    for path in pathlib.Path(folder).rglob('*')
  }


class TrainLoopTest(tf.test.TestCase, parameterized.TestCase):
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
      {'run.flags', 'environment.json', 'metrics.csv', 'result.json'}
      | {'checkpoints', 'export', 'first_kernels.npz', 'seconds.txt'},
    )

  def test_the_table_has_a_row_an_epoch(self):
    rows = np.genfromtxt(
      self.workdir / 'metrics.csv', delimiter=',', names=True
    )
    self.assertAllEqual(rows['epoch'], [1, 2, 3])
    self.assertAllEqual(rows['step'], [52, 104, 156])
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
    kept = _state(workdir)
    result, printed = _run(workdir, self.data_dir)
    self.assertEqual(result, self.result)
    self.assertEndsWith(printed, 'was missing and has been made again.\n')
    self.assertEqual({**_state(workdir), **kept}, _state(workdir))
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
    self.assertEqual(printed.count('\n'), 2)
    self.assertEndsWith(printed, ': the last checkpoint is missing, too\n')

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
    with self.assertRaisesRegex(errors.UserError, '^the cross-.* not finite'):
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


if __name__ == '__main__':
  tf.test.main()
