"""Tests of rates.py."""

from unittest import mock

import tensorflow as tf

from cnn_tf.studies import rates
from cnn_tf.studies import trained
from tests import miniature

_SOME = {
  name: rates.SETTINGS[name] for name in ('usual', 'rate as a cosine', 'L2 0')
}


class RatesTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    plan = miniature.plan(self.create_tempdir().full_path)
    self.plan = plan._replace(epochs=4)

  def test_every_setting_is_a_valid_config(self):
    for name, changes in rates.SETTINGS.items():
      with self.subTest(name):
        for plan in (rates.FULL, rates.early(rates.FULL), rates.QUICK):
          trained.settings(plan, **(rates.USUAL | changes))

  def test_only_schedules_that_depend_on_the_length_are_trained_again(self):
    rates.scores(self.plan, 'usual')
    self.assertLen(list(self.plan.networks.glob('*.log')), 1)
    rates.scores(self.plan, 'rate as a cosine')
    self.assertLen(list(self.plan.networks.glob('*.log')), 3)

  def test_scores_are_those_of_the_first_and_last_epoch(self):
    found = rates.scores(self.plan, 'usual')
    [history] = trained.histories(self.plan, **rates.USUAL)
    self.assertLen(history, 4)
    self.assertEqual(found.early, [history[0].validation_accuracy])
    self.assertEqual(found.late, [history[3].validation_accuracy])

  def test_a_setting_is_compared_with_the_usual_settings(self):
    with mock.patch.object(rates, 'SETTINGS', _SOME):
      table = rates.measure(self.plan).table
    usual, _, other = table[1:]
    self.assertEqual(usual[2::2], ['0.00', '0.00'])
    gain = float(other[3]) - float(usual[3])
    self.assertAlmostEqual(float(other[4]), gain, delta=0.011)


if __name__ == '__main__':
  tf.test.main()
