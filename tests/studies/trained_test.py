"""Tests of trained.py."""

import contextlib
import io

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
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

  def test_frozen_layers_stay_and_the_others_learn_as_usual(self):
    [run] = trained.seeds(self.plan, **_TINY)
    one_batch = datasets.Examples(*(x[:128] for x in run.data.train))
    data = run.data._replace(train=one_batch)
    strategy = replicas.make_strategy('1', run.settings.batch_size)
    kernel = np.full([3, 3, 1, 2], 0.5, np.float32)
    start = {'conv1': run.untrained().kernels['conv1'].numpy()}
    usual, nothing, own, other = (
      trained.train(run.settings, data, strategy, frozen=frozen)
      for frozen in (None, {}, start, {'conv1': kernel})
    )
    for name in usual.kernels:
      # In the first step, the gradients of one layer do not depend on what
      # becomes of another.
      for network in (nothing, own) if name == 'logits' else (nothing,):
        self.assertAllEqual(network.kernels[name], usual.kernels[name])
        self.assertAllEqual(network.biases[name], usual.biases[name])
    self.assertAllEqual(own.kernels['conv1'], start['conv1'])
    self.assertNotAllEqual(usual.kernels['conv1'], start['conv1'])
    self.assertAllEqual(other.kernels['conv1'], kernel)
    self.assertAllEqual(other.biases['conv1'], np.zeros(2))


if __name__ == '__main__':
  tf.test.main()
