"""Tests of rates.py."""

import dataclasses
from unittest import mock

import tensorflow as tf

from cnn_tf.run import run_folder
from cnn_tf.studies import rates
from cnn_tf.studies import trained
from tests import miniature

_NAMES = ('usual', rates.NULL, 'rate as a cosine', 'L2 0')
_SOME = {name: rates.SETTINGS[name] for name in _NAMES}


class RatesTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    plan = miniature.plan(self.create_tempdir().full_path)
    self.plan = plan._replace(epochs=3)

  def test_every_setting_is_a_valid_config(self):
    for name, changes in rates.SETTINGS.items():
      with self.subTest(name):
        for plan in (rates.FULL, rates.early(rates.FULL), rates.QUICK):
          trained.settings(plan, layers=rates.LAYERS, **changes)

  def test_the_usual_rate_falls_from_a_tenth_to_a_thousandth(self):
    used = trained.settings(rates.FULL)
    end = used.learning_rate * used.decay_rate**used.num_epochs
    self.assertAllClose((used.learning_rate, end), (0.1, 0.001))

  def test_only_schedules_that_depend_on_the_length_are_trained_again(self):
    rates.scores(self.plan, 'usual')
    self.assertLen(list(self.plan.networks.glob('*.log')), 1)
    rates.scores(self.plan, 'rate as a cosine')
    self.assertLen(list(self.plan.networks.glob('*.log')), 3)

  def test_scores_are_those_of_the_first_and_last_epoch(self):
    found = rates.scores(self.plan, 'usual')
    [history] = trained.histories(self.plan, layers=rates.LAYERS)
    self.assertLen(history, 3)
    self.assertEqual(found.early, [history[0].validation_accuracy])
    self.assertEqual(found.late, [history[2].validation_accuracy])

  def test_the_null_has_the_usual_settings_and_seeds_of_its_own(self):
    plan = self.plan._replace(seeds=2, epochs=1)
    for name in ('usual', rates.NULL):
      rates.scores(plan, name)
    configs = [
      run_folder.read_config(path.parent)
      for path in plan.networks.glob('*/result.json')
    ]
    self.assertEqual(sorted(used.seed for used in configs), [0, 1, 2, 3])
    same = [dataclasses.replace(used, seed=0) for used in configs]
    self.assertEqual(same, same[:1] * 4)

  def test_differences_are_paired_by_seed(self):
    found = {
      'usual': rates.Scores([0.5, 0.7], [0.8, 0.9]),
      'other': rates.Scores([0.6, 0.6], [0.9, 0.9]),
    }
    self.assertAllClose(rates.gains(found, 'other').early, [10, -10])
    self.assertAllClose(rates.gains(found, 'other').late, [10, 0])

  def test_a_setting_is_compared_with_the_usual_settings(self):
    with mock.patch.object(rates, 'SETTINGS', _SOME):
      table = rates.measure(self.plan).table
    usual, *_, other = table[1:]
    self.assertEqual(usual[2::2], ['', ''])
    gain = float(other[3]) - float(usual[3])
    self.assertAlmostEqual(float(other[4]), gain, delta=0.011)


if __name__ == '__main__':
  tf.test.main()
