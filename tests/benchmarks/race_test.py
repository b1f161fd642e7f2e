"""Tests of benchmarks/race.py and of what it uses."""

import contextlib
import importlib.util
import io
import multiprocessing
import pathlib
from concurrent import futures
from unittest import mock

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from benchmarks import peers
from benchmarks import race
from benchmarks import race_chart
from benchmarks import race_results
from benchmarks import racers
from benchmarks import recipes
from benchmarks import records
from cnn_tf import errors
from cnn_tf.learning import adaptive
from cnn_tf.learning import train_step
from cnn_tf.network import model
from cnn_tf.run import settings as settings_lib
from tests import small_data
from tests.benchmarks import in_pytorch

_HAS_PYTORCH = importlib.util.find_spec('torch') is not None
_PRECISION, _EPOCHS = 'float32', 2
_OURS, _KERAS = racers.OURS, peers.Peer('Keras', 'fit')


def _rows(peer, seed, factor, accuracies, test):
  """Two epochs of 800 images; each takes `factor` * (8 + 2) seconds."""
  return [
    race_results.Row(
      *(*peer, _PRECISION, seed, epoch, 800, 8.0 * factor, 2.0 * factor),
      *(accuracy, 5.0 * factor if epoch == 1 else None),
      test if epoch == 2 else None,
    )
    for epoch, accuracy in enumerate(accuracies, start=1)
  ]


def _two_seeds():
  return [
    *_rows(_OURS, 0, 1, (0.89, 0.92), 0.91),
    *_rows(_KERAS, 0, 2, (0.90, 0.91), 0.90),
    *_rows(_OURS, 1, 1, (0.90, 0.90), 0.92),
    *_rows(_KERAS, 1, 2, (0.89, 0.91), 0.93),
  ]


def _settings(folder, **others):
  small_data.write(folder)
  return settings_lib.Settings(
    dataset='fashion',
    lr_schedule='exp',
    data_dir=str(folder),
    num_validation=128,
    precision='float32',
    **others,
  )


class ResultsTest(parameterized.TestCase):
  def test_the_numbers_of_the_report(self):
    text = race_results.report(race_results.runs(_two_seeds()))
    _, ours, keras = [line.split('  ') for line in text.splitlines()[:3]]
    ours, keras = ([cell.strip() for cell in x if cell] for x in (ours, keras))
    # 12.706 * 0.7071 / sqrt(2) = 6.353.
    self.assertEqual(
      ours,
      ['ours, auto replicas', '20.0', '15.0', '20.0 (1 of 2)', '100', '5.0']
      + ['91.50', '85.15 to 97.85'],
    )
    self.assertEqual(
      keras,
      ['Keras, fit', '40.0', '30.0', 'never', '50', '10.0']
      + ['91.50', '72.44 to 110.56', '2.00', '2.00', '2.00 to 2.00'],
    )
    # -1 and 1 points: 12.706 * 1.4142 / sqrt(2) = 12.71.
    self.assertIn(
      'minus ours, in points: Keras, fit (float32) 0.00 ± 12.71', text
    )

  def test_the_accuracies_of_a_single_library_are_compared_with_none(self):
    found = race_results.runs(_rows(_KERAS, 0, 1, (0.9, 0.9), 0.9))
    self.assertEqual(race_results.differences(found), '')

  def test_the_first_epoch_counts_in_the_sum_alone(self):
    ours = race_results.runs(_two_seeds())[_PRECISION, 'ours']
    seconds = np.array([[10.0, 5.0, 5.0], [10.0, 5.0, 5.0]])
    theirs = ours._replace(seconds=seconds + [[90.0, 0.0, 5.0], [90.0, 5, 10]])
    ours = ours._replace(seconds=seconds)
    # Within an epoch, 1 and 2 with one seed, 2 and 3 with the other one.
    found = race_results.ratio(theirs, ours)
    self.assertEqual(found.mean, 2)
    self.assertAlmostEqual(found.high, 2 + 12.706 * 0.5**0.5 / 2**0.5, places=5)
    self.assertEqual(race_results.ratio_of_sums(theirs, ours), 240 / 40)

  def test_only_common_seeds_are_compared(self):
    rows = [
      row for row in _two_seeds() if (row.library, row.seed) != ('Keras', 1)
    ]
    found = race_results.runs(rows)
    both = found[_PRECISION, 'Keras'], found[_PRECISION, 'ours']
    self.assertEqual(race_results.ratio(*both).mean, 2)
    self.assertEqual(race_results.ratio_of_sums(*both), 2)

  def test_a_group_that_was_cut_is_not_finished(self):
    rows = sorted(_two_seeds(), key=lambda row: (row.seed, row.epoch))
    for count, num_finished in ((8, 2), (7, 1), (4, 1), (3, 0), (1, 0)):
      groups = race_results.finished(rows[:count], _EPOCHS)
      self.assertLen(groups, num_finished)
    # The group is written again, after what was left of it.
    (first, second) = race_results.finished(rows[4:7] + rows, _EPOCHS)
    self.assertCountEqual(first + second, rows)

  def test_rows_are_read_as_they_were_written(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'race.csv')
    records.append(path, *_two_seeds())
    self.assertEqual(records.read(path, race_results.Row), _two_seeds())

  def test_the_figure_has_a_line_and_a_label_per_library(self):
    figure = race_chart.draw(race_results.runs(_two_seeds()), 'some machine')
    (panel,) = figure.axes
    ours, keras = panel.lines
    np.testing.assert_allclose(ours.get_xdata(), [10, 20])
    np.testing.assert_allclose(ours.get_ydata(), [89.5, 91])
    np.testing.assert_allclose(keras.get_xdata(), [20, 40])
    labels = [text.get_text() for text in panel.texts]
    self.assertEqual(labels, ['ours', 'Keras'])
    self.assertIn(
      'takes 2.00 times as long in float32', figure.texts[0].get_text()
    )


class GroupTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.table = pathlib.Path(self.create_tempdir().full_path, 'race.csv')
    records.append(self.table, *_two_seeds())
    self.enter_context(contextlib.redirect_stdout(io.StringIO()))

  def test_a_finished_group_is_skipped(self):
    settings = settings_lib.Settings(num_epochs=2, precision=_PRECISION)
    with mock.patch.object(recipes, 'make') as make:
      race.run_group(settings, self.table, ['ours'])
    make.assert_not_called()

  def test_another_seed_runs_with_the_settings_of_the_table(self):
    settings = settings_lib.Settings(num_epochs=2, seed=2, precision=_PRECISION)
    new = [row._replace(seed=2) for row in _two_seeds()[:4]]
    recipe = mock.Mock(settings=settings, images_per_epoch=800)
    with (
      mock.patch.object(recipes, 'make', return_value=recipe),
      mock.patch.object(race, 'race', return_value=new) as run,
    ):
      race.run_group(settings, self.table, ['ours'])
    run.assert_called_once_with([_OURS, _KERAS], recipe)
    rows = records.read(self.table, race_results.Row)
    self.assertEqual(rows, [*_two_seeds(), *new])

  def test_a_longer_race_needs_another_folder(self):
    settings = settings_lib.Settings(num_epochs=3, precision=_PRECISION)
    recipe = mock.Mock(settings=settings, images_per_epoch=800)
    with (
      mock.patch.object(recipes, 'make', return_value=recipe),
      self.assertRaisesRegex(errors.UserError, 'use another --folder'),
    ):
      race.run_group(settings, self.table, ['ours'])

  def test_the_order_rotates(self):
    rounds = [race._rotated('abc', count) for count in range(4)]
    self.assertEqual(list(map(''.join, rounds)), ['abc', 'bca', 'cab', 'abc'])


class RecipeTest(absltest.TestCase):
  def test_it_is_that_of_the_settings(self):
    settings = _settings(self.create_tempdir().full_path, num_epochs=2)
    recipe = recipes.make(settings)
    # 512 of the 640 images are trained on: 4 steps per epoch, 2 warm up.
    self.assertEqual((recipe.num_train, recipe.num_validation), (512, 128))
    expected = [0.002 / 3, 0.004 / 3]
    expected += [0.002 * 0.9 ** (t / 4) for t in range(6)]
    np.testing.assert_allclose(recipe.rates, expected, rtol=1e-5)
    self.assertEqual((recipe.betas, recipe.epsilon), ((0.9, 0.999), 1e-7))
    half = recipes.make(settings, 256)
    self.assertEqual((half.num_train, half.num_validation), (256, 64))
    train, validation, test = recipes.arrays(half)
    self.assertEqual(
      [len(x[1]) for x in (train, validation, test)], [256, 64, 200]
    )
    self.assertEqual(train[0].dtype, np.float32)
    self.assertEqual(train[0].max(), 1)


class NetworksTest(parameterized.TestCase):
  def _recipe(self, **others):
    settings = _settings(self.create_tempdir().full_path, **others)
    return recipes.make(settings)

  def _network(self, recipe):
    """Ours, with random biases."""
    network = model.ConvNet(recipe.layers, seed=1)
    random = np.random.default_rng(0)
    for bias in network.biases.values():
      bias.assign(random.normal(scale=0.1, size=bias.shape))
    return network

  def test_keras_gives_the_same_logits(self):
    recipe = self._recipe()
    network = self._network(recipe)
    theirs = racers.keras_network(recipe)
    _to_keras(network, theirs)
    images = recipes.arrays(recipe)[0][0][:20, ..., None]
    np.testing.assert_allclose(theirs(images), network(images), atol=1e-4)

  @absltest.skipIf(not _HAS_PYTORCH, 'needs PyTorch')
  def test_pytorch_gives_the_same_logits(self):
    recipe = self._recipe()
    network = self._network(recipe)
    images = recipes.arrays(recipe)[0][0][:20]
    logits = _ask_pytorch('logits', recipe, *_values(network), images)
    expected = network(images[..., None])
    np.testing.assert_allclose(logits, expected, atol=1e-4)

  def test_the_loss_of_keras_is_ours(self):
    recipe = self._recipe(layers='conv 4 3x3, maxpool 2x2', l2_scale=0.1)
    network = self._network(recipe)
    theirs = racers.keras_network(recipe)
    _to_keras(network, theirs)
    racers._compile_keras(theirs, recipe, 1, False)
    images, labels = (x[:50] for x in recipes.arrays(recipe)[0])
    images = images[..., None]
    loss, _ = theirs.train_on_batch(images, np.eye(10)[labels])
    expected, _, _ = train_step.forward_backward(
      network, images, labels, 0.1, recipe.settings.label_smoothing
    )
    self.assertAlmostEqual(float(loss), float(expected), places=4)
    self.assertAlmostEqual(
      float(theirs.optimizer.learning_rate), float(recipe.rates[1]), places=6
    )

  @absltest.skipIf(not _HAS_PYTORCH, 'needs PyTorch')
  def test_the_steps_of_pytorch_are_ours(self):
    recipe = self._recipe(layers='conv 4 3x3, maxpool 2x2', l2_scale=0.1)
    network = self._network(recipe)
    batch = [x[:50] for x in recipes.arrays(recipe)[0]]
    rates = [0.01, 0.02, 0.01]
    found = _ask_pytorch(
      'first_kernel', recipe, *_values(network), *batch, rates
    )
    images, labels = batch
    adam = adaptive.Adam(network.trainable_variables)
    for rate in rates:
      _, _, gradients = train_step.forward_backward(
        network, images[..., None], labels, 0.1, 0.1
      )
      adam.apply(gradients, rate)
    # Epsilon is added to another root, which matters for small gradients.
    np.testing.assert_allclose(found, network.kernels['conv1'], atol=1e-3)

  def test_the_initial_kernels_have_our_variances(self):
    recipe = self._recipe(layers='dense 500, dense 400 tanh')
    weights = racers.keras_network(recipe).get_weights()
    found = [[w.var() for w in weights if w.ndim > 1]]
    if _HAS_PYTORCH:
      found.append(_ask_pytorch('variances', recipe))
    for variances in found:
      np.testing.assert_allclose(variances, [2 / 784, 2 / 900, 2 / 410], 0.1)


def _to_keras(network, theirs):
  weighted = [layer for layer in theirs.layers if layer.weights]
  for layer, name in zip(weighted, network.kernels, strict=True):
    layer.set_weights([network.kernels[name], network.biases[name]])


def _values(network):
  """Its kernels and its biases, from the image to the logits."""
  return [
    [variable.numpy() for variable in variables.values()]
    for variables in (network.kernels, network.biases)
  ]


def _ask_pytorch(function, *arguments):
  spawning = multiprocessing.get_context('spawn')
  with futures.ProcessPoolExecutor(1, spawning) as pool:
    return pool.submit(getattr(in_pytorch, function), *arguments).result()


class RaceTest(absltest.TestCase):
  def test_ours_races_for_an_epoch(self):
    settings = _settings(self.create_tempdir().full_path, num_epochs=1)
    recipe = recipes.make(settings)
    spawning = multiprocessing.get_context('spawn')
    with mock.patch.object(race.workers, 'multiprocessing', spawning):
      (row,) = race.race([_OURS], recipe)
    self.assertEqual(
      (row.library, row.epoch, row.images), ('ours', 1, recipe.num_train)
    )
    self.assertGreater(row.first_step, 0.5)  # it imports TensorFlow
    self.assertBetween(row.validation_accuracy, 0.1, 1)
    self.assertBetween(row.test_accuracy, 0.1, 1)
    self.assertGreater(row.train_seconds, 0)

  def test_a_library_that_is_missing_is_left_out(self):
    settings = settings_lib.Settings(num_epochs=1)
    recipe = mock.Mock(settings=settings)
    forking = multiprocessing.get_context('fork')
    with (
      mock.patch.object(racers, 'keras', side_effect=ImportError('no module')),
      mock.patch.object(race.workers, 'multiprocessing', forking),
      contextlib.redirect_stdout(io.StringIO()) as printed,
    ):
      self.assertEmpty(race.race([_KERAS], recipe))
    self.assertIn('Keras, fit is left out: no module', printed.getvalue())


if __name__ == '__main__':
  absltest.main()
