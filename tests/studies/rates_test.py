"""Tests of rates.py."""

import dataclasses
from unittest import mock

import tensorflow as tf

from cnn_tf.run import trainer
from cnn_tf.studies import rates
from cnn_tf.studies import trained
from tests import miniature

_NAMES = (
  'usual',
  rates.NULL,
  'rate constant',
  'rate in steps',
  'rate as a cosine',
  'L2 0',
)
_SOME = {name: rates.SETTINGS[name] for name in _NAMES}


class RatesTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    plan = miniature.plan(self.create_tempdir().full_path)
    self.plan = plan._replace(epochs=3)

  def test_every_setting_is_a_valid_config(self):
    for name, changes in rates.SETTINGS.items():
      with self.subTest(name):
        for plan in (rates.FULL, rates.QUICK):
          trained.settings(plan, layers=rates.LAYERS, **changes)

  def test_the_usual_rate_rises_to_a_tenth_and_falls_to_0_0018(self):
    schedule = trainer.make_schedule(trained.settings(rates.FULL), 429)
    steps = [schedule(tf.constant(step)).numpy() for step in range(4 * 429)]
    self.assertAllClose((max(steps), steps[-1]), (0.1, 0.0018), rtol=0.01)

  def test_the_title_compares_with_constant_rates_of_momentum_only(self):
    found = {name: [0.8, 0.8] for name in rates.SETTINGS}
    found |= {'rate constant, 0.01': [0.82, 0.82], rates.USUAL: [0.83, 0.84]}
    found['Adam 0.001, constant, no L2'] = [0.9, 0.9]
    self.assertEqual(
      rates.title(found),
      'A falling rate - the best of 3 constant ones: 1.50 ± 6.35 points',
    )

  def test_the_null_has_the_usual_settings_and_seeds_of_its_own(self):
    plan = self.plan._replace(seeds=2)
    wanted = [
      run
      for name in (rates.USUAL, rates.NULL)
      for run in rates.runs_of(plan, name)
    ]
    self.assertEqual([run.seed for run in wanted], [0, 1, 2, 3])
    same = [dataclasses.replace(run, seed=0) for run in wanted]
    self.assertEqual(same, same[:1] * 4)

  def test_differences_are_paired_by_seed(self):
    found = {rates.USUAL: [0.5, 0.7], 'other': [0.6, 0.6]}
    self.assertAllClose(rates.gains(found, 'other'), [10, -10])

  def test_a_setting_is_compared_with_the_usual_settings(self):
    with mock.patch.object(rates, 'SETTINGS', _SOME):
      table = rates.measure(self.plan).table
    usual, *_, steps, cosine, other, difference = table[1:]
    self.assertEqual(usual[2], '')
    gain = float(other[1]) - float(usual[1])
    self.assertAlmostEqual(float(other[2]), gain, delta=0.011)
    self.assertEqual(difference[0], 'rate as a cosine - rate in steps')
    gain = float(cosine[1]) - float(steps[1])
    self.assertAlmostEqual(float(difference[2]), gain, delta=0.011)


if __name__ == '__main__':
  tf.test.main()
