"""Tests of checkpoints.py."""

import contextlib
import io
import pathlib
import shutil

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import checkpoints
from tests import processes


def _make():
  """Two variables with values of no roundness, in a checkpoint."""
  kernel, bias = tf.Variable(tf.zeros([30, 40])), tf.Variable(tf.zeros([40]))
  return kernel, bias, tf.train.Checkpoint(kernel=kernel, bias=bias)


def _set(kernel, bias, epoch):
  kernel.assign(tf.sin(tf.reshape(tf.range(1200.0), [30, 40]) + epoch))
  bias.assign(tf.fill([40], epoch / 3))


def _restore(checkpoint, folder):
  """The epoch, and what was said."""
  with contextlib.redirect_stdout(io.StringIO()) as said:
    epoch = checkpoints.restore_newest(checkpoint, folder)
  return epoch, said.getvalue()


def _truncate(path):
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _damage(content):
  """Ways in which a file can be damaged."""
  middle = len(content) // 2
  flipped = bytearray(content)
  flipped[middle] ^= 1
  return {
    'truncated': content[:middle],
    'without its last byte': content[:-1],
    'one bit wrong': bytes(flipped),
    'empty': b'',
    'junk': b'junk' * 100,
  }


class CheckpointsTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    self.kernel, self.bias, self.checkpoint = _make()

  def save(self, *epochs):
    for epoch in epochs:
      _set(self.kernel, self.bias, epoch)
      checkpoints.save(self.checkpoint, self.folder, epoch)

  def assert_restores(self, epoch):
    """Returns what was said on the way."""
    expected_kernel, expected_bias, _ = _make()
    _set(expected_kernel, expected_bias, epoch)
    kernel, bias, checkpoint = _make()
    restored, said = _restore(checkpoint, self.folder)
    self.assertEqual(restored, epoch)
    self.assertAllEqual(kernel, expected_kernel)
    self.assertAllEqual(bias, expected_bias)
    return said

  def test_the_newest_comes_back_to_the_bit(self):
    self.save(1, 2)
    self.assertEqual(self.assert_restores(2), '')

  def test_no_checkpoint_is_epoch_0(self):
    _set(self.kernel, self.bias, 6)
    self.assertEqual(_restore(self.checkpoint, self.folder), (0, ''))
    self.assertAllEqual(self.bias, [2.0] * 40)

  def test_the_last_three_are_kept_and_10_is_newer_than_9(self):
    self.save(*range(7, 13))
    names = sorted(path.stem for path in self.folder.glob('ckpt-*.index'))
    self.assertEqual(names, ['ckpt-10', 'ckpt-11', 'ckpt-12'])
    self.assertLen(list(self.folder.glob('ckpt-*')), 6)
    self.assert_restores(12)

  def test_all_are_kept_if_wanted_and_an_older_one_comes_back(self):
    for epoch in range(1, 6):
      _set(self.kernel, self.bias, epoch)
      checkpoints.save(self.checkpoint, self.folder, epoch, num_kept=5)
    for last, expected in ((1, 1), (3, 3), (9, 5), (0, 0)):
      _set(self.kernel, self.bias, 60)
      epoch = checkpoints.restore_newest(
        self.checkpoint, self.folder, last=last
      )
      self.assertEqual(epoch, expected)
      self.assertAllClose(self.bias, [(expected or 60) / 3] * 40)

  def test_tensorflow_finds_the_newest_too(self):
    self.save(1, 2)
    latest = tf.train.latest_checkpoint(str(self.folder))
    self.assertEqual(latest, f'{self.folder}/ckpt-2')

  @parameterized.parameters('index', 'data-00000-of-00001')
  def test_a_damaged_one_is_passed_over_and_named(self, what):
    self.save(1, 2)
    path = self.folder / f'ckpt-2.{what}'
    for how, damaged in _damage(path.read_bytes()).items():
      with self.subTest(how):
        path.write_bytes(damaged)
        said = self.assert_restores(1)
        self.assertIn(f'{self.folder}/ckpt-2 is damaged', said)
        self.assertEqual(said.count('\n'), 1)

  def test_missing_data_is_passed_over_and_named(self):
    self.save(1, 2)
    (self.folder / 'ckpt-2.data-00000-of-00001').unlink()
    self.assertIn('ckpt-2 is damaged', self.assert_restores(1))

  def test_what_a_kill_leaves_does_not_matter(self):
    self.save(1, 2)
    (self.folder / 'ckpt-3_temp').mkdir()
    (self.folder / 'ckpt-3_temp' / 'part-00000-of-00001.index').write_bytes(b'')
    shutil.copy(
      self.folder / 'ckpt-2.data-00000-of-00001',
      self.folder / 'ckpt-3.data-00000-of-00001',
    )
    for text in ('', 'junk', 'model_checkpoint_path: "ckpt-9"'):
      (self.folder / 'checkpoint').write_text(text)
      self.assertEqual(self.assert_restores(2), '')
    self.save(3)
    self.assert_restores(3)

  def test_if_all_are_damaged_no_variable_is_touched(self):
    self.save(1, 2)
    for path in self.folder.glob('ckpt-*.data*'):
      _truncate(path)
    _set(self.kernel, self.bias, 9)
    epoch, said = _restore(self.checkpoint, self.folder)
    self.assertEqual((epoch, said.count('is damaged')), (0, 2))
    self.assertAllEqual(self.bias, [3.0] * 40)

  def test_a_run_that_begins_again_keeps_its_new_checkpoints(self):
    self.save(7, 8, 9)
    for path in self.folder.glob('ckpt-*.data*'):
      _truncate(path)
    self.save(1, 2)
    self.assert_restores(2)

  def test_values_of_another_network_are_refused(self):
    self.save(1)
    other = tf.train.Checkpoint(kernel=tf.Variable(tf.zeros([30, 40])))
    with self.assertRaises(AssertionError):
      checkpoints.restore_newest(other, self.folder)

  @parameterized.parameters(0, 100, 3000)
  def test_a_full_disk_leaves_the_checkpoints_before(self, num_bytes):
    self.save(1, 2)
    with (
      self.assertRaises(errors.UserError) as caught,
      processes.files_of_at_most(num_bytes),
    ):
      self.save(3)
    self.assertIn('ckpt-3 could not be saved', str(caught.exception))
    self.assertNotIn('\n', str(caught.exception))
    self.assert_restores(2)
    self.save(3)
    self.assert_restores(3)


if __name__ == '__main__':
  tf.test.main()
