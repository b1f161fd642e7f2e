"""Tests of cluster.py."""

import json
import os
from unittest import mock

from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import cluster

_TWO = ['a:1', 'b:2']


def _given(text):
  return mock.patch.dict(os.environ, TF_CONFIG=text)


def _config(cluster, task_type, index):
  return json.dumps(
    {'cluster': cluster, 'task': {'type': task_type, 'index': index}}
  )


class ClusterTest(parameterized.TestCase):
  def test_without_it_this_process_is_the_chief(self):
    with mock.patch.dict(os.environ):
      os.environ.pop('TF_CONFIG', None)
      cluster.check()
      self.assertFalse(cluster.is_given())
      self.assertTrue(cluster.is_chief())

  @parameterized.parameters(
    ({'worker': _TWO}, 'worker', 0, True),
    ({'worker': _TWO}, 'worker', 1, False),
    ({'worker': _TWO}, 'worker', '1', False),
    ({'chief': ['c:3'], 'worker': _TWO}, 'chief', 0, True),
    ({'chief': ['c:3'], 'worker': _TWO}, 'worker', 0, False),
  )
  def test_the_chief_or_else_the_first_worker(self, jobs, job, index, chief):
    with _given(_config(jobs, job, index)):
      cluster.check()
      self.assertTrue(cluster.is_given())
      self.assertEqual(cluster.is_chief(), chief)

  @parameterized.parameters(
    ('', 'is not JSON'),
    ('{', 'is not JSON'),
    ('null', 'must be an object with "cluster" and "task"'),
    ('[]', 'must be an object with "cluster" and "task"'),
    ('{}', 'must be an object with "cluster" and "task"'),
    ('{"cluster": {}}', 'must be an object with "cluster" and "task"'),
    ('{"cluster": {}, "task": {}}', 'no task None None'),
    (_config({}, 'worker', 0), 'no task worker 0'),
    (_config({'worker': _TWO}, 'worker', 2), 'no task worker 2'),
    (_config({'worker': _TWO}, 'worker', -1), 'no task worker -1'),
    (_config({'worker': _TWO}, 'worker', 0.5), 'no task worker 0.5'),
    (_config({'worker': _TWO}, 'worker', None), 'no task worker None'),
    (_config({'worker': _TWO}, 'chief', 0), 'no task chief 0'),
    (_config({'worker': _TWO}, ['worker'], 0), r"no task \['worker'\] 0"),
    (_config({'worker': _TWO, 'ps': ['c:3']}, 'ps', 0), '"ps" in its cluster'),
    (_config({'worker': 'a:1'}, 'worker', 0), '"worker" must be a list of'),
    (_config({'worker': ['a']}, 'worker', 0), '"worker" must be a list of'),
    (_config({'worker': [1]}, 'worker', 0), '"worker" must be a list of'),
    (_config({'worker': [':1']}, 'worker', 0), '"worker" must be a list of'),
  )
  def test_one_line_for(self, text, words):
    with _given(text), self.assertRaisesRegex(errors.UserError, words) as made:
      cluster.check()
    self.assertStartsWith(str(made.exception), 'TF_CONFIG')
    self.assertNotIn('\n', str(made.exception))


if __name__ == '__main__':
  absltest.main()
