"""Tests of replicas.py: what a run comes to does not depend on their number."""

import json
import multiprocessing
import os
import pathlib
import socket
import subprocess
import sys
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import optimizers
from cnn_tf.learning import schedules
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import build
from cnn_tf.run import cores
from cnn_tf.run import evaluation
from cnn_tf.run import layers
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import trainer
from tests import small_data

# Nothing here has a kink: where one value crosses a kink by rounding, two runs
# take different ways, however equal they were.
_SMOOTH = 'conv 4 3x3 tanh, avgpool 2x2, conv 8 3x3 tanh, dense 16 tanh'
_BATCH_SIZE = 12  # five steps an epoch of 50, the last with two images
_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(['tensorflow'])


def _build(strategy, examples):
  geometries = geometry.trace(layers.parse(_SMOOTH), (28, 28, 1))
  with replicas.scope(strategy):
    network = model.ConvNet(geometries, seed=0)
    optimizer = optimizers.Momentum(network.trainable_variables)
  return network, trainer.Trainer(
    network,
    optimizer,
    schedules.constant(0.05),
    1e-3,
    examples,
    _BATCH_SIZE,
    strategy,
  )


def _train(count, folder):
  """Fifty steps on `count` replicas; what they saw goes into a file."""
  strategy = replicas.make_strategy(str(count), _BATCH_SIZE)
  examples = small_data.examples(50)
  network, ours = _build(strategy, examples)
  evaluate = evaluation.Evaluation(network, examples, strategy)
  steps = _take_steps(ours)
  checkpoint = tf.train.Checkpoint(network=network, step=ours.step)
  storage.save_checkpoint(checkpoint, folder / f'from_{count}', 1)
  np.savez(folder / f'{count}.npz', steps=steps, scored=evaluate())


def _train_with_tricks(count, folder):
  """The same with every training trick."""
  strategy = replicas.make_strategy(str(count), _BATCH_SIZE)
  examples = small_data.examples(50)
  given = small_data.flags(folder, batch_size=_BATCH_SIZE) | small_data.TRICKS
  settings = settings_lib.Settings(**given)
  data = datasets.Dataset(examples, examples, examples, 10)
  geometries = build.plan(settings, data)
  ours = build.build(settings, data, geometries, strategy)
  predict = build.predictor(settings, ours.evaluated)
  evaluate = evaluation.Evaluation(predict, examples, strategy)
  np.savez(folder / f'{count}.npz', steps=_take_steps(ours), scored=evaluate())


def _take_steps(ours):
  """The totals of each of fifty steps."""
  steps = []
  for _ in range(10):
    order = tf.random.stateless_uniform([50], [1, 2], 0, 50, tf.int32)
    for start in range(0, 50, _BATCH_SIZE):
      end = min(start + _BATCH_SIZE, 50)
      progress = ours.train_steps(order, tf.constant(start), tf.constant(end))
      steps.append([float(total) for total in progress.totals])
  return steps


def _restore(count, folder):
  """Scores on `count` replicas what the others have trained."""
  strategy = replicas.make_strategy(str(count), _BATCH_SIZE)
  examples = small_data.examples(50)
  network, ours = _build(strategy, examples)
  evaluate = evaluation.Evaluation(network, examples, strategy)
  checkpoint = tf.train.Checkpoint(network=network, step=ours.step)
  scored = []
  for other in (1, 2, 4):
    storage.restore_checkpoint(checkpoint, folder / f'from_{other}')
    scored.append([*evaluate(), ours.step.numpy()])
  np.savez(folder / f'restored_{count}.npz', scored=scored)


def _in_processes(target, counts, folder):
  processes = [
    _CONTEXT.Process(target=target, args=(count, folder)) for count in counts
  ]
  for process in processes:
    process.start()
  for process in processes:
    process.join()
  assert all(process.exitcode == 0 for process in processes)


class ReplicasTest(tf.test.TestCase, parameterized.TestCase):
  def test_losses_and_checkpoints_do_not_depend_on_their_number(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    for count in (1, 2, 4):
      (folder / f'from_{count}').mkdir()
    _in_processes(_train, (1, 2, 4), folder)
    _in_processes(_restore, (1, 2), folder)
    one, two, four = (np.load(folder / f'{count}.npz') for count in (1, 2, 4))
    self.assertAllEqual(one['steps'][4::5, 2], [2] * 10)
    self.assertLess(one['steps'][-1, 0], one['steps'][4, 0] / 2)
    for other in (two, four):
      self.assertAllClose(other['steps'], one['steps'], rtol=1e-4, atol=0)
      self.assertAllClose(other['scored'], one['scored'], rtol=1e-4, atol=0)
    for count in (1, 2):
      restored = np.load(folder / f'restored_{count}.npz')['scored']
      self.assertAllClose(
        restored, [[*one['scored'], 50]] * 3, rtol=1e-4, atol=0
      )

  def test_with_every_trick_losses_do_not_depend_on_their_number(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    _in_processes(_train_with_tricks, (1, 2, 4), folder)
    one, two, four = (np.load(folder / f'{count}.npz') for count in (1, 2, 4))
    self.assertLess(one['steps'][-1, 0], one['steps'][4, 0])
    for other in (two, four):
      self.assertAllClose(other['steps'], one['steps'], rtol=1e-4, atol=0)
      self.assertAllClose(other['scored'], one['scored'], rtol=1e-4, atol=0)

  @parameterized.parameters((0, 4, 4), (4, 8, 4), (8, 10, 2), (8, 9, 1))
  def test_a_short_batch_is_filled_with_what_weighs_nothing(
    self, first, end, count
  ):
    positions, weights = replicas.shard(tf.constant(first), tf.constant(end), 4)
    self.assertAllEqual(weights, [1] * count + [0] * (4 - count))
    self.assertAllEqual(positions[:count], range(first, end))
    self.assertAllInRange(positions, 0, end - 1)

  @parameterized.parameters('two', '0', '-1', '13', '', '1.5')
  def test_refuses(self, number):
    with self.assertRaisesRegex(errors.UserError, f'--replicas={number} must'):
      replicas.make_strategy(number, 12)

  def test_refuses_more_than_four_for_each_core(self):
    limit = 4 * cores.num_cores()
    with self.assertRaisesRegex(
      errors.UserError, f'^--replicas={limit + 1}: more than 4 for each of the '
    ):
      replicas.make_strategy(str(limit + 1), 10_000)

  @parameterized.parameters(
    ('banana', '{}', '--replicas=banana must be auto or a number'),
    ('1', '{}', 'TF_CONFIG: it must be an object'),
    ('auto', '', 'TF_CONFIG is not JSON'),
  )
  def test_several_machines_are_checked_before(self, number, given, words):
    with (
      mock.patch.dict(os.environ, TF_CONFIG=given),
      self.assertRaisesRegex(errors.UserError, words),
    ):
      replicas.make_strategy(number, 12)

  def test_auto_leaves_each_replica_32_images(self):
    strategy = replicas.make_strategy('auto', replicas.MIN_SHARD_SIZE * 2 - 1)
    self.assertEqual(strategy.num_replicas_in_sync, 1)

  def test_two_machines_train_and_go_on_as_one_and_only_the_chief_writes(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    small_data.write(folder)
    given = small_data.flags(folder) | {
      'layers': _SMOOTH,
      'num_epochs': '2',
      'learning_rate': '0.01',
    }
    flags = [f'--{name}={value}' for name, value in given.items()]
    with (
      socket.create_server(('127.0.0.1', 0)) as a,
      socket.create_server(('127.0.0.1', 0)) as b,
    ):
      addresses = [f'127.0.0.1:{s.getsockname()[1]}' for s in (a, b)]

    def start(workdir, task):
      environment = os.environ | {'PYTHONPATH': str(small_data.ROOT)}
      if task is not None:
        environment['TF_CONFIG'] = json.dumps(
          {
            'cluster': {'worker': addresses},
            'task': {'type': 'worker', 'index': task},
          }
        )
      command = [sys.executable, str(small_data.ROOT / 'run_train.py')]
      return subprocess.Popen(
        [*command, *flags, f'--workdir={folder / workdir}', '--replicas=1'],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
      )

    def run_on_two():
      workers = [start('two', 0), start('two', 1)]
      outputs = [worker.communicate()[0] for worker in workers]
      self.assertEqual([worker.returncode for worker in workers], [0, 0])
      self.assertIn('Test:', outputs[0])
      self.assertEqual(outputs[1], '')
      return outputs[0], (folder / 'two' / 'metrics.csv').read_text()

    _, table = run_on_two()
    self.assertLen(list((folder / 'two').glob('events.*')), 1)
    start('one', None).communicate()
    rows = [
      np.loadtxt(folder / name / 'metrics.csv', delimiter=',', skiprows=1)
      for name in ('one', 'two')
    ]
    self.assertAllClose(*rows, rtol=1e-4, atol=0)

    # As if both had been killed before the end of the second epoch.
    (folder / 'two' / 'result.json').unlink()
    for file in (folder / 'two' / 'checkpoints').glob('ckpt-2.*'):
      file.unlink()
    printed, table_again = run_on_two()
    self.assertIn('Resuming after epoch 1.', printed)
    self.assertEqual(table_again, table)


if __name__ == '__main__':
  tf.test.main()
