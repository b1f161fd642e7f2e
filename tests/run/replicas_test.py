"""Tests of replicas.py: what a run comes to does not depend on their number."""

import gc
import json
import multiprocessing
import os
import pathlib
import subprocess
import weakref
from typing import NamedTuple
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.run import evaluation
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from cnn_tf.run import trainer
from tests import small_data

# Nothing here has a kink: where one value crosses a kink by rounding, two runs
# take different ways, however equal they were.
_SMOOTH = 'conv 4 3x3 tanh, avgpool 2x2, conv 8 3x3 tanh, dense 16 tanh'
_BATCH_SIZE = 12  # four steps an epoch of 50; two images are left out
_CONTEXT = multiprocessing.get_context('forkserver')
_CONTEXT.set_forkserver_preload(['tensorflow'])


def _build(strategy, examples, **others):
  """A trainer, and the evaluation of its network."""
  settings = settings_lib.Settings(
    **small_data.flags(
      '', layers=_SMOOTH, batch_size=_BATCH_SIZE, momentum=0.9, l2_scale=1e-3
    )
    | others
  )
  data = datasets.Dataset(examples, examples, examples, 10)
  geometries = trainer.geometries(settings, data)
  ours = trainer.Trainer(settings, data, geometries, strategy)
  predict = evaluation.predictor(settings, ours.evaluated)
  return ours, evaluation.Evaluation(predict, examples, strategy)


def _train(count, folder):
  """Forty steps on `count` replicas; what they saw goes into a file."""
  strategy = replicas.make_strategy(str(count), _BATCH_SIZE)
  examples = small_data.examples(50)
  ours, evaluate = _build(strategy, examples)
  steps = _take_steps(ours)
  checkpoint = tf.train.Checkpoint(network=ours.network, step=ours.step)
  storage.save_checkpoint(checkpoint, folder / f'from_{count}', 1)
  np.savez(folder / f'{count}.npz', steps=steps, scored=evaluate())


def _train_with_tricks(count, folder):
  """The same with every training trick."""
  strategy = replicas.make_strategy(str(count), _BATCH_SIZE)
  examples = small_data.examples(50)
  ours, evaluate = _build(strategy, examples, **small_data.TRICKS)
  np.savez(folder / f'{count}.npz', steps=_take_steps(ours), scored=evaluate())


def _take_steps(ours):
  """The totals of each of forty steps."""
  steps = []
  for _ in range(10):
    order = tf.random.stateless_uniform([50], [1, 2], 0, 50, tf.int32)
    for start in range(0, 48, _BATCH_SIZE):
      end = tf.constant(start + _BATCH_SIZE)
      progress = ours.train_steps(order, tf.constant(start), end)
      steps.append([float(total) for total in progress.totals])
  return steps


def _train_and_forget(count, folder):
  """Ends with an error if the graph of a training stays in memory."""
  del folder
  strategy = replicas.make_strategy(str(count), _BATCH_SIZE)
  ours, evaluate = _build(strategy, small_data.examples(50))
  order = tf.range(50)
  ours.train_steps(order, tf.constant(0), tf.constant(2 * _BATCH_SIZE))
  evaluate()
  # The graph of the steps holds the strategy, and each copy of the data.
  alive = weakref.ref(strategy)
  del strategy, ours, evaluate
  gc.collect()
  assert not alive(), 'the graph is still in memory'


def _restore(count, folder):
  """Scores on `count` replicas what the others have trained."""
  strategy = replicas.make_strategy(str(count), _BATCH_SIZE)
  examples = small_data.examples(50)
  ours, evaluate = _build(strategy, examples)
  checkpoint = tf.train.Checkpoint(network=ours.network, step=ours.step)
  scored = []
  for other in (1, 2, 4):
    storage.restore_checkpoint(checkpoint, folder / f'from_{other}')
    scored.append([*evaluate(), ours.step.numpy()])
  np.savez(folder / f'restored_{count}.npz', scored=scored)


_TWO = ['a:1', 'b:2']


def _given(text):
  return mock.patch.dict(os.environ, TF_CONFIG=text)


def _config(jobs, task_type, index):
  return json.dumps(
    {'cluster': jobs, 'task': {'type': task_type, 'index': index}}
  )


class _Replica(NamedTuple):
  shard: tf.Tensor
  part: tuple[tf.Tensor, tf.Tensor]


def _replicas(num_replicas, count):
  """What each of several replicas gets of `count` examples."""
  found = []
  for index in range(num_replicas):
    context = mock.Mock(
      num_replicas_in_sync=num_replicas, replica_id_in_sync_group=index
    )
    with mock.patch.object(
      tf.distribute, 'get_replica_context', return_value=context
    ):
      found.append(_Replica(replicas.shard(count), replicas.part(count)))
  return found


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
    self.assertAllEqual(one['steps'][:, 2], [_BATCH_SIZE] * 40)
    self.assertLess(one['steps'][-1, 0], one['steps'][0, 0] / 2)
    for other in (two, four):
      self.assertAllClose(other['steps'], one['steps'], rtol=1e-4, atol=0)
      self.assertAllClose(other['scored'], one['scored'], rtol=1e-4, atol=0)
    for count in (1, 2):
      restored = np.load(folder / f'restored_{count}.npz')['scored']
      self.assertAllClose(
        restored, [[*one['scored'], 40]] * 3, rtol=1e-4, atol=0
      )

  def test_with_every_trick_losses_do_not_depend_on_their_number(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    _in_processes(_train_with_tricks, (1, 2, 4), folder)
    one, two, four = (np.load(folder / f'{count}.npz') for count in (1, 2, 4))
    self.assertLess(one['steps'][-1, 0], one['steps'][0, 0])
    for other in (two, four):
      self.assertAllClose(other['steps'], one['steps'], rtol=1e-4, atol=0)
      self.assertAllClose(other['scored'], one['scored'], rtol=1e-4, atol=0)

  def test_no_training_set_stays_in_memory(self):
    _in_processes(_train_and_forget, [2], None)

  def test_shards_are_equal_and_make_a_batch(self):
    found = [replica.shard for replica in _replicas(3, 12)]
    self.assertAllEqual(found, np.arange(12).reshape(3, 4))

  @parameterized.parameters(
    (3, 8, [(0, 3), (3, 6), (6, 8)]),
    (3, 9, [(0, 3), (3, 6), (6, 9)]),
    (4, 2, [(0, 1), (1, 2), (2, 2), (2, 2)]),
    (1, 5, [(0, 5)]),
    (2, 0, [(0, 0), (0, 0)]),
  )
  def test_parts_follow_one_another(self, num_replicas, count, parts):
    found = [replica.part for replica in _replicas(num_replicas, count)]
    self.assertAllEqual(found, parts)

  @parameterized.parameters((5, 12), (8, 12), (2, 13), (3, 128))
  def test_refuses_shards_of_unequal_size(self, count, batch_size):
    with self.assertRaisesRegex(
      errors.UserError,
      f'^--replicas={count}: {count} replicas cannot share '
      f'--batch_size={batch_size} equally$',
    ):
      replicas.make_strategy(str(count), batch_size)

  @parameterized.parameters(
    (2, 128, 2),
    (3, 128, 2),
    (6, 128, 4),
    (64, 128, 4),
    (3, 96, 3),
    (4, 127, 1),
    (2, 63, 1),
    (1, 128, 1),
  )
  def test_auto_takes_as_many_as_share_a_batch_equally(
    self, num_cores, batch_size, count
  ):
    made = []
    with (
      mock.patch.object(replicas, 'num_cores', return_value=num_cores),
      mock.patch.object(replicas, 'split_cpu', side_effect=made.append),
      mock.patch.object(tf.distribute, 'MirroredStrategy'),
    ):
      replicas.make_strategy('auto', batch_size)
    self.assertEqual(made, [count] if count > 1 else [])

  @parameterized.parameters('two', '0', '-1', '13', '', '1.5')
  def test_refuses(self, number):
    with self.assertRaisesRegex(errors.UserError, f'--replicas={number} must'):
      replicas.make_strategy(number, 12)

  def test_refuses_more_than_four_for_each_core(self):
    limit = 4 * replicas.num_cores()
    with self.assertRaisesRegex(
      errors.UserError, f'^--replicas={limit + 1}: at most {limit} for 0 GPUs'
    ):
      replicas.make_strategy(str(limit + 1), 10 * (limit + 1))

  @parameterized.parameters(
    ('banana', '{}', '--replicas=banana must be auto or a number'),
    ('1', '{"a": 1}', r"TF_CONFIG must be like .*: KeyError\('cluster'\)"),
    ('auto', '{', 'TF_CONFIG must be like .*: JSONDecodeError'),
  )
  def test_several_machines_are_checked_before(self, number, given, words):
    with (
      mock.patch.dict(os.environ, TF_CONFIG=given),
      self.assertRaisesRegex(errors.UserError, words),
    ):
      replicas.make_strategy(number, 12)

  @parameterized.parameters(':1', 'a:', 'a:b', 'a')
  def test_an_address_is_a_host_and_a_port(self, address):
    with (
      _given(_config({'worker': [address]}, 'worker', 0)),
      self.assertRaisesRegex(errors.UserError, '^TF_CONFIG must be like '),
    ):
      replicas.make_strategy('auto', 128)

  def test_machines_must_share_a_batch_equally(self):
    workers = {'worker': ['a:1', 'b:2', 'c:3']}
    with (
      _given(_config(workers, 'worker', 0)),
      mock.patch.object(
        tf.distribute,
        'MultiWorkerMirroredStrategy',
        return_value=mock.Mock(num_replicas_in_sync=3),
      ),
      self.assertRaisesRegex(
        errors.UserError,
        '^TF_CONFIG: 3 replicas cannot share --batch_size=128 equally$',
      ),
    ):
      replicas.make_strategy('auto', 128)

  def test_auto_leaves_each_replica_32_images(self):
    strategy = replicas.make_strategy('auto', replicas.MIN_SHARD_SIZE * 2 - 1)
    self.assertEqual(strategy.num_replicas_in_sync, 1)


class CoresTest(tf.test.TestCase):
  def test_cores_are_those_that_this_process_may_use(self):
    nproc = subprocess.run(['nproc'], capture_output=True, check=True)
    self.assertEqual(replicas.num_cores(), int(nproc.stdout))

  def test_devices_do_not_change_after_the_first_op(self):
    self.assertEqual(tf.constant(1) + 1, 2)
    self.assertEqual(replicas.split_cpu(1), ['CPU:0'])
    with self.assertRaisesRegex(errors.UserError, '^TensorFlow has run an op'):
      replicas.split_cpu(64)
    with self.assertRaisesRegex(errors.UserError, '^--replicas=4: [^\n]*$'):
      replicas.make_strategy('4', 128)

  def test_auto_then_takes_what_is_possible_and_says_so(self):
    self.assertEqual(tf.constant(1) + 1, 2)
    with (
      mock.patch.object(replicas, 'num_cores', return_value=4),
      mock.patch('builtins.print') as printed,
    ):
      for _ in range(2):
        strategy = replicas.make_strategy('auto', 128)
        self.assertEqual(strategy.num_replicas_in_sync, 1)
    printed.assert_called_once()
    (text,) = printed.call_args.args
    self.assertStartsWith(text, '1 replica instead of 4: TensorFlow has run')


class ClusterTest(parameterized.TestCase):
  def test_without_it_this_process_is_the_chief(self):
    with mock.patch.dict(os.environ):
      os.environ.pop('TF_CONFIG', None)
      self.assertFalse(replicas.has_cluster())
      self.assertTrue(replicas.is_chief())

  @parameterized.parameters('', ' ', '{}')
  def test_nothing_is_no_cluster(self, text):
    with _given(text):
      self.assertFalse(replicas.has_cluster())
      self.assertTrue(replicas.is_chief())
      self.assertEqual(replicas.num_machines(), 1)

  def test_machines_are_counted_over_all_jobs(self):
    for jobs, count in (({'worker': ['a:1']}, 1), ({'worker': _TWO}, 2)):
      with _given(_config(jobs, 'worker', 0)):
        self.assertEqual(replicas.num_machines(), count)
    with _given(_config({'chief': ['c:3'], 'worker': _TWO}, 'chief', 0)):
      self.assertEqual(replicas.num_machines(), 3)

  @parameterized.parameters(
    ({'worker': _TWO}, 'worker', 0, True),
    ({'worker': _TWO}, 'worker', 1, False),
    ({'worker': _TWO}, 'worker', '1', False),
    ({'chief': ['c:3'], 'worker': _TWO}, 'chief', 0, True),
    ({'chief': ['c:3'], 'worker': _TWO}, 'worker', 0, False),
  )
  def test_the_chief_or_else_the_first_worker(self, jobs, job, index, chief):
    text = _config(jobs, job, index)
    replicas._check_cluster(json.loads(text))
    with _given(text):
      self.assertTrue(replicas.has_cluster())
      self.assertEqual(replicas.is_chief(), chief)

  @parameterized.parameters(
    ('{', 'JSONDecodeError'),
    ('null', 'not subscriptable'),
    ('[]', 'list indices must be integers'),
    ('{"cluster": {}}', "'task'"),
    ('{"cluster": {}, "task": {}}', "'type'"),
    ('{"cluster": null, "task": {}}', '`cluster` must be a dictionary'),
    (_config({}, 'worker', 0), "No such job in cluster: 'worker'"),
    (_config({'worker': _TWO}, 'worker', 2), 'No task with index 2 in job'),
    (_config({'worker': _TWO}, 'worker', -1), 'No task with index -1 in job'),
    (_config({'worker': _TWO}, 'worker', 0.5), "'0.5'"),
    (_config({'worker': _TWO}, 'worker', None), "'None'"),
    (_config({'worker': _TWO}, 'chief', 0), "No such job in cluster: 'chief'"),
    (_config({'worker': _TWO}, ['worker'], 0), "unhashable type: 'list'"),
    (
      _config({'worker': _TWO, 'ps': ['c:3']}, 'ps', 0),
      r"\['ps'\] are neither chief nor worker",
    ),
    (_config({'worker': 'a:1'}, 'worker', 0), "'worker' must be a list"),
    (_config({'worker': [1]}, 'worker', 0), 'Task address 1 must be'),
  )
  def test_one_line_for(self, text, words):
    with _given(text), self.assertRaisesRegex(errors.UserError, words) as made:
      replicas.make_strategy('auto', 128)
    self.assertStartsWith(str(made.exception), 'TF_CONFIG')
    self.assertNotIn('\n', str(made.exception))


if __name__ == '__main__':
  tf.test.main()
