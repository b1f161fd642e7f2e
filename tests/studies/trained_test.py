"""Tests of trained.py."""

import contextlib
import io

import numpy as np
import tensorflow as tf

from cnn_tf.run import replicas
from cnn_tf.run import storage
from cnn_tf.studies import trained
from tests import miniature

_TINY = {'layers': 'conv 2 3x3, maxpool 2x2'}


class TrainedTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.plan = miniature.plan(self.create_tempdir().full_path)

  def train(self, plan, **changes):
    """The printed text, and the folders."""
    with contextlib.redirect_stdout(io.StringIO()) as text:
      found = list(trained.folders(plan, **changes))
    return text.getvalue(), found

  def test_a_network_is_trained_once(self):
    first, [workdir] = self.train(self.plan, **_TINY)
    self.assertEqual(first, f'training {workdir}\n')
    before = (workdir / 'metrics.csv').stat().st_mtime_ns
    second, [again] = self.train(self.plan, **_TINY)
    self.assertEqual((second, again), ('', workdir))
    self.assertEqual((workdir / 'metrics.csv').stat().st_mtime_ns, before)

  def test_different_settings_seeds_and_lengths_have_different_folders(self):
    longer = self.plan._replace(epochs=2, seeds=2)
    found = [
      *self.train(self.plan, **_TINY)[1],
      *self.train(self.plan, **_TINY, l2_scale=0.0)[1],
      *self.train(longer, **_TINY)[1],
    ]
    self.assertLen(set(found), 4)

  def test_only_runs_that_are_missing_are_announced(self):
    plan = self.plan._replace(seeds=2)
    wanted = trained.of_seeds(plan, **_TINY)
    self.assertEqual([one.seed for one in wanted], [0, 1])
    self.train(self.plan, **_TINY)
    for runs, expected in (
      (wanted, '1 networks to train: about 1 min on two cores\n'),
      (wanted[:1], ''),
    ):
      with contextlib.redirect_stdout(io.StringIO()) as text:
        trained.announce(plan, runs)
      self.assertEqual(text.getvalue(), expected)

  def test_networks_that_are_no_runs_are_announced_besides(self):
    wanted = trained.of_seeds(self.plan, **_TINY)
    self.train(self.plan, **_TINY)
    with contextlib.redirect_stdout(io.StringIO()) as text:
      trained.announce(self.plan, wanted, unkept=wanted * 3)
    self.assertStartsWith(text.getvalue(), '3 networks to train: about ')

  def test_all_epochs_are_kept(self):
    plan = self.plan._replace(epochs=storage.NUM_KEPT + 2)
    _, [workdir] = self.train(plan, **_TINY)
    kernels = [
      trained.runs.load(workdir, last=epoch).network.kernels['conv1'].numpy()
      for epoch in range(1, plan.epochs + 1)
    ]
    self.assertLen(kernels, storage.NUM_KEPT + 2)
    for before, after in zip(kernels, kernels[1:], strict=False):
      self.assertTrue(np.any(before != after))

  def test_accuracy_equals_that_of_the_run(self):
    [run] = trained.seeds(self.plan, **_TINY)
    [reported] = trained.test_accuracies(self.plan, **_TINY)
    own = trained.accuracy(run.network, run.data.test)
    self.assertAlmostEqual(own, reported, places=6)
    [[epoch]] = trained.histories(self.plan, **_TINY)
    self.assertEqual(epoch, run.epochs[0])

  def test_without_a_folder_a_network_is_trained_as_in_a_run(self):
    [run] = trained.seeds(self.plan, **_TINY)
    strategy = replicas.make_strategy('1', run.settings.batch_size)
    for seed, same in ((None, True), (0, True), (1, False)):
      network = trained.train(run.settings, run.data, strategy, seed)
      for name, kernel in run.network.kernels.items():
        equal = np.array_equal(network.kernels[name], kernel)
        self.assertEqual(equal, same, (seed, name))


if __name__ == '__main__':
  tf.test.main()
