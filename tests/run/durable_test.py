"""Tests of durable.py."""

import contextlib
import os
import pathlib
from unittest import mock

import tensorflow as tf
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import checkpoints
from cnn_tf.run import durable
from cnn_tf.run import export
from cnn_tf.run import layers
from cnn_tf.run import run_folder
from tests import processes


@contextlib.contextmanager
def disk_calls(folder):
  """Appends what is synced, renamed and deleted, relative to `folder`."""
  calls = []
  fsync, replace, unlink = os.fsync, os.replace, pathlib.Path.unlink

  def name(path):
    return os.path.relpath(path, folder)

  def record_fsync(opened):
    calls.append(('sync', name(os.readlink(f'/proc/self/fd/{opened}'))))
    fsync(opened)

  def record_replace(old, new):
    calls.append(('rename', name(old), name(new)))
    replace(old, new)

  def record_unlink(path, missing_ok=False):
    calls.append(('delete', name(path)))
    unlink(path, missing_ok)

  with (
    mock.patch.object(os, 'fsync', record_fsync),
    mock.patch.object(os, 'replace', record_replace),
    mock.patch.object(pathlib.Path, 'unlink', record_unlink),
  ):
    yield calls


class OrderTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path).resolve()

  def test_a_file_is_on_the_disk_before_its_name_and_the_name_after_it(self):
    with disk_calls(self.folder) as calls:
      run_folder.write(self.folder / 'metrics.csv', 'epoch\n')
    self.assertEqual(
      calls,
      [
        ('sync', 'metrics.csv.partial'),
        ('rename', 'metrics.csv.partial', 'metrics.csv'),
        ('sync', '.'),
      ],
    )

  def test_a_checkpoint_is_on_the_disk_before_an_older_one_is_deleted(self):
    checkpoint = tf.train.Checkpoint(kernel=tf.Variable(tf.zeros([3])))
    checkpoints.save(checkpoint, self.folder, 1, num_kept=1)
    with disk_calls(self.folder) as calls:
      checkpoints.save(checkpoint, self.folder, 2, num_kept=1)
    self.assertCountEqual(
      calls[:2],
      [('sync', 'ckpt-2.index'), ('sync', 'ckpt-2.data-00000-of-00001')],
    )
    self.assertEqual(calls[2], ('sync', '.'))
    deleted = [call for call in calls[3:] if call[0] == 'delete']
    self.assertCountEqual(
      deleted,
      [('delete', 'ckpt-1.index'), ('delete', 'ckpt-1.data-00000-of-00001')],
    )

  def test_an_export_is_on_the_disk_before_it_has_its_name(self):
    geometries = geometry.trace(layers.parse(''), (28, 28, 1))
    network = model.ConvNet(geometries, seed=0)
    with disk_calls(self.folder) as calls:
      export.export(network, (28, 28), self.folder / 'export')
    calls = [call for call in calls if 'partial' in call[1] or call[1] == '.']
    *synced, renamed, last = calls
    expected = [
      f'export.partial/{path.relative_to(self.folder / "export")}'
      for path in (self.folder / 'export').rglob('*')
    ]
    self.assertIn('export.partial/saved_model.pb', expected)
    self.assertCountEqual(
      synced, [('sync', name) for name in ['export.partial', *expected]]
    )
    self.assertEqual(renamed, ('rename', 'export.partial', 'export'))
    self.assertEqual(last, ('sync', '.'))


class ReasonTest(parameterized.TestCase):
  @parameterized.parameters(
    (OSError(28, 'No space left on device'), 'No space left on device'),
    (
      tf.errors.ResourceExhaustedError(
        None,
        None,
        '{{function_node __wrapped__SaveV2_dtypes_2_device_/job:localhost/'
        'replica:0/task:0/device:CPU:0}} /a_temp/part-00000-of-00001.data; '
        'No space left on device [Op:SaveV2]\nmore',
      ),
      'No space left on device',
    ),
    (ValueError('one\ntwo'), 'one'),
    (ValueError(), 'ValueError'),
  )
  def test_no_name_of_a_graph_node_is_in_it(self, error, reason):
    self.assertEqual(durable.reason(error), reason)

  def test_of_a_disk_that_is_full(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    checkpoint = tf.train.Checkpoint(kernel=tf.Variable(tf.zeros([3000])))
    with (
      self.assertRaises(tf.errors.OpError) as caught,
      processes.files_of_at_most(1000),
    ):
      checkpoint.write(str(folder / 'ckpt'))
    self.assertEqual(durable.reason(caught.exception), 'File too large')


if __name__ == '__main__':
  absltest.main()
