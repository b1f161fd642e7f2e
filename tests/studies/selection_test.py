"""Tests of selection.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.measure import runs
from cnn_tf.studies import rates
from cnn_tf.studies import selection
from cnn_tf.studies import trained
from tests import miniature


def _scored(accuracies, validation, num_images=2000, seed=0):
  """A run whose epochs are right on random images, independently."""
  random = np.random.default_rng(seed)
  shares = np.array(accuracies)[:, np.newaxis]
  correct = random.random((len(accuracies), num_images)) < shares
  return selection.Scored(correct, np.array(validation))


class GainsTest(tf.test.TestCase):
  def test_three_candidates_by_hand(self):
    # On every split, the second is right on all images, and the others on half
    # of all of them.
    correct = np.ones([3, 40], bool)
    correct[0, ::2] = correct[2, :20] = False
    candidates = [selection.Scored(correct, np.array([0.1, 0.2, 0.3]))]
    found = selection.gains(candidates, usual=0)
    self.assertAllClose([*found], [0.5, 0.5, 0], atol=0.03)  # by chance
    self.assertAlmostEqual(found.luck, 0, delta=0.02)
    to_mean = selection.gains(candidates, usual=None)
    self.assertAllClose([*to_mean], [1 / 3, 1 / 3, 0.5 - 2 / 3], atol=0.03)

  def test_among_equals_all_of_the_gain_is_luck(self):
    run = _scored([0.9] * 20, [0.9] * 20)
    found = selection.gains([run], usual=-1)
    # The largest of 20 normal values is 1.87 deviations above their mean.
    expected = 1.87 * np.sqrt(0.9 * 0.1 / 1000)
    self.assertAllClose(found.luck, expected, rtol=0.3)
    self.assertLess(abs(np.mean(_real(20 * [0.9]))), 0.002)

  def test_a_better_candidate_is_better_on_other_images_too(self):
    self.assertAllClose(np.mean(_real([0.8] * 9 + [0.9, 0.8])), 0.1, atol=0.01)

  def test_one_candidate_gains_nothing(self):
    found = selection.gains([_scored([0.7], [0.5])], usual=0)
    self.assertAllEqual([*found], [0, 0, 0])


def _real(accuracies):
  """The real gains in 20 experiments."""
  return [
    selection.gains([_scored(accuracies, accuracies, seed=seed)], -1).real
    for seed in range(20)
  ]


class ChoicesTest(tf.test.TestCase):
  def test_what_each_choice_is_compared_with(self):
    usual, other = [
      [_scored([0.5, low], [0.9, 0.8], 4000, seed=seed) for seed in (1, 2, 3)]
      for low in (0.6, 0.9)
    ]
    scored = {selection.CONSTANT: other, selection.USUAL: usual}
    found = selection.choices(scored, [usual, usual[:2]])
    self.assertEqual([len(times) for times in found.values()], [3, 3, 3, 3, 2])
    means = {name: np.mean(x, axis=0) for name, x in found.items()}
    # On validation, the first epoch of all looks best.
    for name, (seen, real, by_validation) in {
      'epoch, falling rate': (0, 0, -0.1),
      'epoch, constant rate': (0, 0, -0.4),
      'settings': (0.3, 0.3, 0.3),
      'settings and epoch': (0.3, 0.3, -0.1),
      'seed': (0, 0, 0),
    }.items():
      with self.subTest(name):
        self.assertAllClose(
          [*means[name]], [seen, real, by_validation], atol=0.03
        )


class ReportTest(tf.test.TestCase):
  def test_each_epoch_is_scored_with_its_own_kernels(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    plan = plan._replace(epochs=3)
    [wanted] = rates.runs_of(plan, selection.CONSTANT)
    run = runs.load(trained.folder(plan, wanted))
    scored = selection.score(run)
    for done, correct in zip(run.epochs, scored.correct, strict=True):
      other = runs.load(run.workdir, last=done.epoch)
      self.assertEqual(other.epoch, done.epoch)
      again = trained.accuracy(other.network, other.data.test)
      self.assertAlmostEqual(correct.mean(), again, 9)
    self.assertLen(set(map(bytes, scored.correct)), 3)
    self.assertEqual(scored.validation[-1], run.epochs[-1].validation_accuracy)

  @mock.patch.multiple(selection, NUM_SPLITS=3, NUM_GROUPS=2)
  def test_the_report(self):
    some = {
      name: rates.SETTINGS[name]
      for name in (selection.USUAL, rates.NULL, selection.CONSTANT)
    }
    plan = miniature.plan(self.create_tempdir().full_path, seeds=2)
    with mock.patch.object(rates, 'SETTINGS', some):
      table = selection.measure(plan).table
    self.assertEqual([row[1] for row in table], ['n', '2', '2', '2', '2', '2'])
    for row in table[1:3]:  # one epoch: there is no choice
      self.assertEqual(row[2:], ['0.00 ± 0.00'] * 5)
    self.assertLen(list(plan.networks.glob('*-seed?')), 6)

  def test_one_seed_is_no_choice(self):
    plan = miniature.plan(self.create_tempdir().full_path)
    with self.assertRaisesRegex(errors.UserError, 'choice among seeds'):
      selection.measure(plan)


if __name__ == '__main__':
  tf.test.main()
