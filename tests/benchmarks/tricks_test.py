"""Tests of benchmarks/tricks.py."""

import dataclasses
import pathlib

import tensorflow as tf
from absl.testing import parameterized

from benchmarks import records
from benchmarks import tricks
from cnn_tf.figures import sheet
from cnn_tf.run import settings as settings_lib
from tests import processes
from tests import small_data

RECIPE = settings_lib.Settings(
  layers='conv 4 3x3, dense 9 dropout 0.2',
  num_epochs=60,
  flip=True,
  erase=0.25,
  average=0.99,
  label_smoothing=0.0,
  lr_schedule='cosine',
  warmup_epochs=1.0,
)


def changed(before, after):
  """The fields in which two settings differ, with their new values."""
  old, new = dataclasses.asdict(before), dataclasses.asdict(after)
  return {name: new[name] for name in new if new[name] != old[name]}


def several(accuracies, with_flips=None, epochs=20):
  record = records.Record(
    *('r', '00000000', 'fashion', 'validation', 0, epochs, 0.0, 0.3, None),
    *('float32', 2, 75, 'a CPU', '2.21.0'),
  )
  flips = with_flips or [None] * len(accuracies)
  return [
    record._replace(seed=seed, accuracy=one, accuracy_with_flips=flipped)
    for seed, (one, flipped) in enumerate(zip(accuracies, flips, strict=True))
  ]


def all_cases(**changes):
  names = ['all', 'plain', *(f'with {trick}' for trick in tricks.TRICKS)]
  return dict.fromkeys(names, several([0.91, 0.92, 0.93])) | changes


class CasesTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.cases = tricks.cases('r', RECIPE, epochs=20)
    self.recipe = self.cases['all'].settings
    self.plain = self.cases['plain'].settings

  def test_the_plain_network_has_no_trick(self):
    self.assertEqual(
      changed(self.recipe, self.plain),
      {
        'layers': 'conv 4 3x3, dense 9',
        'flip': False,
        'erase': 0.0,
        'average': 0.0,
        'lr_schedule': 'exp',
        'decay_rate': 0.01 ** (1 / 20),
        'warmup_epochs': 0.5,
      },
    )

  @parameterized.parameters(
    # As in the recipe, or with the usual value.
    ('flips', {'flip': True}),
    ('erasing', {'erase': 0.25}),
    ('shift', {'shift': 1}),
    ('rotation, scale, shear', {'rotate': 10.0, 'scale': 0.1, 'shear': 10.0}),
    ('label smoothing', {'label_smoothing': 0.1}),
    ('average of kernels', {'average': 0.99}),
    ('dropout', {'layers': 'conv 4 3x3, dense 9 dropout 0.2'}),
    ('schedule', {'lr_schedule': 'cosine', 'warmup_epochs': 1.0}),
  )
  def test_each_trick_alone(self, trick, expected):
    settings = self.cases[f'with {trick}'].settings
    self.assertEqual(changed(self.plain, settings), expected)

  @parameterized.parameters(
    ('flips', {'flip': False}),
    ('average of kernels', {'average': 0.0}),
    ('dropout', {'layers': 'conv 4 3x3, dense 9'}),
    (
      'schedule',
      {
        'lr_schedule': 'exp',
        'decay_rate': 0.01 ** (1 / 20),
        'warmup_epochs': 0.5,
      },
    ),
  )
  def test_the_recipe_without_a_trick(self, trick, expected):
    settings = self.cases[f'without {trick}'].settings
    self.assertEqual(changed(self.recipe, settings), expected)

  def test_only_two_are_trained_for_the_epochs_of_the_recipe(self):
    self.assertEqual(self.cases['all, long'].settings, RECIPE)
    plain = self.cases['plain, long'].settings
    self.assertEqual(
      changed(self.plain, plain),
      {'num_epochs': 60, 'decay_rate': 0.01 ** (1 / 60)},
    )
    others = [x for x in self.cases if not x.endswith(', long')]
    found = {self.cases[x].settings.num_epochs for x in others}
    self.assertEqual(found, {20})

  def test_a_trick_that_the_recipe_lacks_is_not_left_out(self):
    self.assertNotIn('without shift', self.cases)
    self.assertNotIn('without label smoothing', self.cases)

  def test_usual_dropout_and_one_cycle(self):
    recipe = settings_lib.Settings(
      layers='conv 4 3x3, dense 9 tanh', lr_schedule='exp'
    )
    found = tricks.cases('r', recipe, 20)
    settings = found['with dropout'].settings
    self.assertEqual(settings.layers, 'conv 4 3x3, dense 9 dropout 0.3 tanh')
    settings = found['with schedule'].settings
    self.assertEqual(settings.lr_schedule, 'one_cycle')

  def test_all_names_differ(self):
    names = {case.name for case in self.cases.values()}
    self.assertLen(names, len(self.cases))


class GainsTest(parameterized.TestCase):
  def test_differences_are_paired_by_seed(self):
    # Each seed gains 1 point, far less than the seeds differ.
    found = all_cases(**{'with shift': several([0.92, 0.93, 0.94])})
    gains = {gain.trick: gain for gain in tricks.gains(found)}
    self.assertAlmostEqual(gains['shift'].alone.low, 1.0)
    self.assertAlmostEqual(gains['shift'].alone.high, 1.0)
    self.assertIsNone(gains['shift'].added)

  def test_what_is_left_out_counts_as_gained_by_its_presence(self):
    found = all_cases(
      all=several([0.93, 0.94]),
      **{'without flips': several([0.91, 0.91])},
    )
    gains = {gain.trick: gain for gain in tricks.gains(found)}
    self.assertAlmostEqual(gains['flips'].added.mean, 2.5)
    lines = tricks.table(found).splitlines()
    self.assertIn('+2.50 (-3.85 to +8.85)', lines[2])
    self.assertEndsWith(lines[2 + 2], '| not used |')

  def test_what_all_tricks_gain_together(self):
    long = several([0.93, 0.94], [0.95, 0.96], epochs=60)
    found = {
      'plain': several([0.91, 0.92]),
      'all': several([0.93, 0.94]),
      'plain, long': long,
      'all, long': long,
    }
    *_, short, longer = tricks.totals(found).splitlines()
    self.assertEqual(
      short, '| 20 | 2 | 91.50 | 93.50 | +2.00 (+2.00 to +2.00) |  |  |'
    )
    self.assertEqual(
      longer,
      '| 60 | 2 | 93.50 | 93.50 | +0.00 (+0.00 to +0.00) | 95.50 | '
      '+2.00 (+2.00 to +2.00) |',
    )

  def test_a_single_seed_has_no_interval(self):
    one = {name: several([0.91]) for name in ('plain', 'all', 'with flips')}
    lines = tricks.table(one).splitlines()
    self.assertEqual(lines[2], '| flips | +0.00 | not used |')

  def test_prediction_over_flips_is_compared_with_a_single_pass(self):
    plain = [0.91, 0.92, 0.93]
    found = all_cases(
      all=several([0.92, 0.94], [0.93, 0.95]),
      plain=several(plain, plain),
      **{
        'with flips': several(plain, [x + 0.03 for x in plain]),
        'without flips': several([0.91, 0.93]),
      },
    )
    *_, last, both = tricks.gains(found)
    self.assertEqual(last.trick, tricks.FLIPS)
    self.assertAlmostEqual(last.added.mean, 1.0)
    self.assertAlmostEqual(last.alone.mean, 0.0)
    self.assertEqual(both.trick, tricks.BOTH_FLIPS)
    self.assertAlmostEqual(both.added.mean, 2.0)
    self.assertAlmostEqual(both.alone.mean, 3.0)

  def test_the_figure_has_a_row_for_each_trick(self):
    figure = tricks.draw(all_cases(), 'r')
    (panel,) = figure.axes
    names = [label.get_text() for label in panel.get_yticklabels()]
    self.assertEqual(names, list(tricks.TRICKS))
    self.assertStartsWith(sheet.to_png(figure), b'\x89PNG')


class ResultsTest(tf.test.TestCase):
  def test_the_tables_of_the_results_are_those_of_the_records(self):
    recipe = settings_lib.read(
      str(small_data.ROOT / 'configs/fashion_augmented.flags')
    )
    rows = records.read(small_data.ROOT / 'benchmarks/accuracy.csv')
    found = {}
    for key, case in tricks.cases('r', recipe, 20).items():
      by_seed = records.find(rows, case.settings, 'validation')
      found[key] = [by_seed[seed] for seed in range(len(by_seed))]
    text = (small_data.ROOT / 'docs/results.md').read_text()
    self.assertIn(f'\n{tricks.table(found)}\n\n', text)
    self.assertIn(f'\n{tricks.totals(found)}\n\n', text)


class CommandTest(tf.test.TestCase):
  def test_a_small_recipe(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(folder)
    changes = {'batch_size': 256, 'num_epochs': 2, 'flip': True}
    settings = settings_lib.Settings(**small_data.flags(folder, **changes))
    (folder / 'r.flags').write_text(settings.to_flags())
    done = processes.Command(
      folder,
      *('--flagfile=r.flags', '--seeds=1', '--epochs=1', '--csv=a.csv'),
      '--replicas=1',
      module='benchmarks.tricks',
    ).wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertNotIn('nan', done.stdout)
    # The recipe and the plain network, for one epoch and two; without flips;
    # and each trick alone but dropout, which needs dense layers. The recipe
    # without its schedule is the plain network with flips, and is not trained
    # again.
    count = 4 + len(tricks.TRICKS)
    self.assertLen(records.read(folder / 'a.csv'), count)
    self.assertIn('| label smoothing | ', done.stdout)
    self.assertTrue((folder / 'runs/tricks.png').exists())


if __name__ == '__main__':
  tf.test.main()
