"""Tests of storage.py."""

import contextlib
import dataclasses
import errno
import io
import multiprocessing
import os
import pathlib
import shutil
import stat
from unittest import mock

import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import export
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import storage
from tests import processes

_CONTEXT = multiprocessing.get_context('spawn')
_HERE = {'tensorflow': '2.21.0', 'cores': 2}


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


class OrderTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path).resolve()

  def test_a_file_is_on_the_disk_before_its_name_and_the_name_after_it(self):
    with disk_calls(self.folder) as calls:
      storage.write(self.folder / 'metrics.csv', 'epoch\n')
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
    storage.save_checkpoint(checkpoint, self.folder, 5, num_kept=1)
    with disk_calls(self.folder) as calls:
      storage.save_checkpoint(checkpoint, self.folder, 6, num_kept=1)
    self.assertCountEqual(
      calls[:2],
      [
        ('sync', 'checkpoints/ckpt-6.index'),
        ('sync', 'checkpoints/ckpt-6.data-00000-of-00001'),
      ],
    )
    self.assertEqual(calls[2], ('sync', 'checkpoints'))
    deleted = [call for call in calls[3:] if call[0] == 'delete']
    self.assertCountEqual(
      deleted,
      [
        ('delete', 'checkpoints/ckpt-5.index'),
        ('delete', 'checkpoints/ckpt-5.data-00000-of-00001'),
      ],
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


class SyncTest(tf.test.TestCase, parameterized.TestCase):
  @parameterized.parameters(errno.EINVAL, errno.ENOTSUP, errno.EBADF)
  def test_a_file_system_need_not_sync_folders(self, number):
    folder = pathlib.Path(self.create_tempdir().full_path)
    fsync = os.fsync

    def refuses_folders(descriptor):
      if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        raise OSError(number, os.strerror(number))
      fsync(descriptor)

    with mock.patch.object(os, 'fsync', refuses_folders):
      storage.make_folder(folder / 'a' / 'b')
      storage.write(folder / 'a' / 'b' / 'c', 'text')
    self.assertEqual((folder / 'a' / 'b' / 'c').read_text(), 'text')

  def test_a_file_must_be_synced(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'file')
    with (
      mock.patch.object(os, 'fsync', side_effect=OSError(errno.EIO, 'broken')),
      self.assertRaisesRegex(errors.UserError, 'file: broken'),
    ):
      storage.write(path, 'text')


class ReasonTest(tf.test.TestCase, parameterized.TestCase):
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
    self.assertEqual(storage.reason(error), reason)

  def test_of_a_disk_that_is_full(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    checkpoint = tf.train.Checkpoint(kernel=tf.Variable(tf.zeros([3000])))
    with (
      self.assertRaises(tf.errors.OpError) as caught,
      processes.files_of_at_most(1000),
    ):
      checkpoint.write(str(folder / 'ckpt'))
    self.assertEqual(storage.reason(caught.exception), 'File too large')


def _hold_for_ever(folder, held):
  with storage.locked(folder):
    held.set()
    _CONTEXT.Event().wait()


class LockTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)

  def names(self):
    return [path.name for path in self.folder.iterdir()]

  def test_the_holder_is_named(self):
    with storage.locked(self.folder):
      self.assertEqual(self.names(), ['run.lock'])
      for _ in range(2):
        with self.assertRaises(errors.UserError) as caught, self.hold():
          pass
    self.assertEqual(
      str(caught.exception),
      f'{self.folder} is in use by process {os.getpid()}: wait until it ends, '
      'or choose another --workdir',
    )
    with storage.locked(self.folder):
      self.assertEqual(self.names(), ['run.lock'])

  def hold(self):
    return storage.locked(self.folder)

  def test_it_ends_with_a_process_that_is_killed(self):
    held = _CONTEXT.Event()
    other = _CONTEXT.Process(target=_hold_for_ever, args=(self.folder, held))
    other.start()
    held.wait()
    with (
      self.assertRaisesRegex(errors.UserError, f'process {other.pid}:'),
      self.hold(),
    ):
      pass
    other.kill()
    other.join()
    self.assertEqual(self.names(), ['run.lock'])
    with self.hold():
      content = (self.folder / 'run.lock').read_text()
      self.assertEqual(content, f'process {os.getpid()}')

  def test_it_ends_with_an_error(self):
    with self.assertRaises(KeyError), self.hold():
      raise KeyError
    with self.hold():
      pass

  def test_nothing_is_locked_where_there_are_no_locks(self):
    with mock.patch.object(storage, 'fcntl', None), self.hold(), self.hold():
      self.assertEqual(self.names(), [])
    unsupported = mock.patch.object(
      storage.fcntl, 'flock', side_effect=OSError('no locks available')
    )
    with unsupported, self.hold(), self.hold():
      pass

  def test_a_folder_that_cannot_be_written_is_named(self):
    missing = self.folder / 'missing'
    with (
      self.assertRaisesRegex(errors.UserError, f'{missing}/run.lock: No such'),
      storage.locked(missing),
    ):
      pass


class RunFolderTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)

  def assert_refused(self, message, workdir, settings):
    with self.assertRaises(errors.UserError) as caught:
      storage.open_run(workdir, settings, _HERE)
    self.assertEqual(str(caught.exception), f'{workdir}{message}')

  def test_a_new_run_can_be_read_again(self):
    settings = settings_lib.Settings(
      layers='dense 5', flip=True, l2_scale=0.1 + 0.2
    )
    workdir = self.folder / 'runs' / 'first'
    self.assertIsNone(storage.read_settings(workdir))
    self.assertEmpty(storage.open_run(workdir, settings, _HERE))
    self.assertEqual(storage.read_settings(workdir), settings)
    self.assertEmpty(storage.open_run(workdir, settings, _HERE))

  def test_every_other_flag_is_listed(self):
    storage.open_run(self.folder, settings_lib.Settings(), _HERE)
    before = (self.folder / 'run.flags').read_bytes()
    self.assert_refused(
      ' holds a run with other flags, which need a new --workdir: '
      '--flip=false -> --flip=true; --batch_size=128 -> --batch_size=64; '
      '--seed=0 -> --seed=7',
      self.folder,
      settings_lib.Settings(seed=7, flip=True, batch_size=64),
    )
    self.assertEqual((self.folder / 'run.flags').read_bytes(), before)

  def test_another_environment_is_told(self):
    storage.open_run(self.folder, settings_lib.Settings(), _HERE)
    changes = storage.open_run(
      self.folder,
      settings_lib.Settings(),
      {'tensorflow': '2.22.0', 'cores': 2, 'x': 1},
    )
    # What it did not record, nobody knows.
    self.assertEqual(changes, ['tensorflow: 2.21.0 -> 2.22.0'])
    # The run was begun where it was begun.
    self.assertEmpty(
      storage.open_run(self.folder, settings_lib.Settings(), _HERE)
    )

  def test_a_variable_that_is_new_or_gone_is_told(self):
    begun = _HERE | {'ONEDNN_MAX_CPU_ISA': 'AVX2', 'XLA_FLAGS': '--x'}
    storage.open_run(self.folder, settings_lib.Settings(), begun)
    now = _HERE | {'ONEDNN_MAX_CPU_ISA': 'SSE41', 'TF_USE_X': '1'}
    changes = storage.open_run(self.folder, settings_lib.Settings(), now)
    self.assertCountEqual(
      changes,
      [
        'ONEDNN_MAX_CPU_ISA: AVX2 -> SSE41',
        'XLA_FLAGS: --x -> unset',
        'TF_USE_X: unset -> 1',
      ],
    )

  def test_other_examples_are_refused_if_both_are_known(self):
    begun = _HERE | {'training examples': 'a', 'test examples': 'b'}
    storage.open_run(self.folder, settings_lib.Settings(), begun)
    for change, who in (
      ({'training examples': 'x'}, 'training examples'),
      ({'test examples': 'x'}, 'test examples'),
      (
        {'training examples': 'x', 'test examples': 'x'},
        'training examples and the test examples',
      ),
    ):
      with self.assertRaisesRegex(errors.UserError, f'the {who} are not those'):
        storage.open_run(self.folder, settings_lib.Settings(), begun | change)
    del begun['test examples']  # they were not read this time
    storage.open_run(self.folder, settings_lib.Settings(), begun)

  def test_data_may_move(self):
    storage.open_run(self.folder, settings_lib.Settings(data_dir='a'), _HERE)
    moved = settings_lib.Settings(data_dir='b')
    storage.open_run(self.folder, moved, _HERE)
    self.assertEqual(storage.read_settings(self.folder), moved)

  @parameterized.parameters(
    *('constant', 'exp', 'step', 'inverse_time', 'cosine', 'one_cycle')
  )
  def test_epochs_can_be_added_if_the_rate_does_not_know_them(self, schedule):
    begun = settings_lib.Settings(lr_schedule=schedule, num_epochs=3)
    more, fewer = (
      dataclasses.replace(begun, num_epochs=count) for count in (4, 2)
    )
    storage.open_run(self.folder, begun, _HERE)
    storage.write_result(self.folder, {'test_accuracy': 0.5})
    message = (
      ' holds a run with other flags, which need a new --workdir: '
      '--num_epochs=3 -> --num_epochs='
    )
    self.assert_refused(f'{message}2', self.folder, fewer)
    if schedule in ('cosine', 'one_cycle'):
      why = f'4 (--lr_schedule={schedule} depends on it)'
      self.assert_refused(message + why, self.folder, more)
      self.assertEqual(storage.read_settings(self.folder), begun)
      return
    storage.open_run(self.folder, more, _HERE)
    self.assertEqual(storage.read_settings(self.folder), more)
    self.assertFalse((self.folder / 'result.json').exists())
    self.assertTrue((self.folder / 'result-epoch-3.json').exists())

  def test_a_file_that_cannot_be_put_aside_leaves_the_run_finished(self):
    begun = settings_lib.Settings(lr_schedule='exp', num_epochs=3)
    more = dataclasses.replace(begun, num_epochs=4)
    storage.open_run(self.folder, begun, _HERE)
    storage.write_result(self.folder, {'test_accuracy': 0.5})
    for name in ('figures', 'figures-epoch-3'):
      (self.folder / name).mkdir()
      (self.folder / name / 'a.png').touch()
    self.assert_refused('/figures: Directory not empty', self.folder, more)
    self.assertTrue((self.folder / 'result.json').exists())
    self.assertEqual(storage.read_settings(self.folder), begun)

  def test_other_code_is_told_without_its_hash(self):
    begun = _HERE | {'source_sha256': '0' * 64}
    storage.open_run(self.folder, settings_lib.Settings(), begun)
    changes = storage.open_run(
      self.folder, settings_lib.Settings(), _HERE | {'source_sha256': '1' * 64}
    )
    self.assertEqual(changes, ['the source code of cnn_tf has changed'])

  def test_a_folder_of_something_else_is_left_alone(self):
    (self.folder / 'thesis.txt').write_text('final')
    self.assert_refused(
      ' is not empty and holds no run', self.folder, settings_lib.Settings()
    )
    self.assertEqual([f.name for f in self.folder.iterdir()], ['thesis.txt'])

  def test_what_a_kill_leaves_before_the_flags_are_there_does_not_matter(self):
    (self.folder / 'checkpoints').mkdir()
    (self.folder / 'run.flags.partial').write_text('--data')
    storage.open_run(self.folder, settings_lib.Settings(), _HERE)
    self.assertEqual(
      storage.read_settings(self.folder), settings_lib.Settings()
    )

  def test_a_file_in_the_place_of_the_folder_is_named(self):
    file = self.folder / 'file'
    file.write_text('')
    self.assert_refused(
      ': Not a directory', file / 'run', settings_lib.Settings()
    )

  @parameterized.parameters(
    ('run.flags', b'\xff'),
    ('run.flags', b'# mine'),
    ('run.flags', b''),
    ('run.flags', b'--seed=0\n'),
    ('environment.json', b''),
    ('environment.json', b'[]'),
  )
  def test_a_damaged_file_is_named(self, name, content):
    storage.open_run(self.folder, settings_lib.Settings(), _HERE)
    (self.folder / name).write_bytes(content)
    with self.assertRaisesRegex(errors.UserError, f'{name}: '):
      storage.open_run(self.folder, settings_lib.Settings(), _HERE)

  @parameterized.parameters(
    ('{', 'Expecting property name'),
    ('[]', 'not a JSON object'),
    ('null', 'not a JSON object'),
    ('{"accuracy": 0.9}', 'test_accuracy is not a number'),
    ('{"test_accuracy": "0.9"}', 'test_accuracy is not a number'),
    ('{"test_accuracy": true}', 'test_accuracy is not a number'),
    (
      '{"test_accuracy": 0.9, "test_cross_entropy": null}',
      'test_cross_entropy is not a number; without the file, the run makes it',
    ),
    (
      '{"test_accuracy": 1, "test_cross_entropy": 0, "test_examples": 9, '
      '"training_seconds": "long"}',
      'training_seconds is not a number',
    ),
  )
  def test_a_damaged_result_is_named(self, content, words):
    path = self.folder / 'result.json'
    path.write_text(content)
    with self.assertRaises(errors.UserError) as caught:
      storage.read_result(self.folder)
    self.assertStartsWith(str(caught.exception), f'{path}: {words}')

  def test_a_finished_run_has_its_result(self):
    self.assertIsNone(storage.read_result(self.folder))
    result = {
      'test_accuracy': 0.1 + 0.2,
      'test_cross_entropy': 0.25,
      'test_examples': 200,
    }
    storage.write_result(self.folder, result)
    self.assertEqual(storage.read_result(self.folder), result)


class MakeTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    (self.folder / 'file').write_text('')
    (self.folder / 'link').symlink_to(self.folder / 'nothing')

  @parameterized.parameters(
    ('file', 'file is a file, not a folder'),
    ('file/new', 'file/new: Not a directory'),
    ('link', 'link is a link to nothing, not a folder'),
    ('link/new', 'link is a link to nothing, not a folder'),
    ('x' * 300, 'x' * 300 + ': File name too long'),
  )
  def test_one_line_for(self, name, words):
    with self.assertRaises(errors.UserError) as caught:
      storage.make_folder(self.folder / name)
    self.assertEqual(str(caught.exception), f'{self.folder}/{words}')

  def test_a_link_to_a_folder_is_a_folder(self):
    (self.folder / 'nothing').mkdir()
    storage.make_folder(self.folder / 'link')
    storage.make_folder(self.folder / 'link' / 'new' / 'run')
    self.assertTrue((self.folder / 'nothing' / 'new' / 'run').is_dir())

  def test_a_name_too_long_to_look_up_is_named(self):
    long = self.folder / ('x' * 300)
    for read in (storage.read_settings, storage.read_result):
      with self.assertRaisesRegex(errors.UserError, 'File name too long'):
        read(long)


class WriteTest(tf.test.TestCase):
  def test_a_full_disk_leaves_the_old_text(self):
    path = pathlib.Path(self.create_tempfile('table.csv', 'old').full_path)
    with (
      self.assertRaisesRegex(errors.UserError, 'table.csv: File too large'),
      processes.files_of_at_most(1000),
    ):
      storage.write(path, 'new' * 1000)
    self.assertEqual(path.read_text(), 'old')
    storage.write(path, 'new' * 1000)
    self.assertEqual(path.read_text(), 'new' * 1000)

  def test_a_device_is_written_to_and_not_replaced(self):
    folder = pathlib.Path(self.create_tempdir().full_path)
    pipe = folder / 'pipe'
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    storage.write(pipe, 'text')
    self.assertEqual(os.read(reader, 10), b'text')
    os.close(reader)
    self.assertTrue(pipe.is_fifo())
    self.assertLen(list(folder.iterdir()), 1)

  def test_who_has_begun_to_read_reads_the_old_text_to_its_end(self):
    path = pathlib.Path(self.create_tempfile('table.csv', 'old').full_path)
    with path.open() as reader:
      storage.write(path, 'new and longer')
      self.assertEqual(reader.read(), 'old')

  def test_a_missing_folder_is_named(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'no', 'result.json')
    with self.assertRaisesRegex(errors.UserError, 'No such file or directory'):
      storage.write(path, '')


def _make():
  """Two variables with values of no roundness, in a checkpoint."""
  kernel, bias = tf.Variable(tf.zeros([30, 40])), tf.Variable(tf.zeros([40]))
  return kernel, bias, tf.train.Checkpoint(kernel=kernel, bias=bias)


def _set(kernel, bias, epoch):
  kernel.assign(tf.sin(tf.reshape(tf.range(1200.0), [30, 40]) + epoch))
  bias.assign(tf.fill([40], epoch / 3))


def _restore(checkpoint, workdir):
  """The epoch, and what was said."""
  with contextlib.redirect_stdout(io.StringIO()) as said:
    epoch = storage.restore_checkpoint(checkpoint, workdir)
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
    self.workdir = pathlib.Path(self.create_tempdir().full_path)
    self.folder = self.workdir / 'checkpoints'
    self.kernel, self.bias, self.checkpoint = _make()

  def save(self, *epochs):
    for epoch in epochs:
      _set(self.kernel, self.bias, epoch)
      storage.save_checkpoint(self.checkpoint, self.workdir, epoch)

  def assert_restores(self, epoch):
    """Returns what was said on the way."""
    expected_kernel, expected_bias, _ = _make()
    _set(expected_kernel, expected_bias, epoch)
    kernel, bias, checkpoint = _make()
    restored, said = _restore(checkpoint, self.workdir)
    self.assertEqual(restored, epoch)
    self.assertAllEqual(kernel, expected_kernel)
    self.assertAllEqual(bias, expected_bias)
    return said

  def test_the_newest_comes_back_to_the_bit(self):
    self.save(1, 2)
    self.assertEqual(self.assert_restores(2), '')

  def test_no_checkpoint_is_epoch_0(self):
    _set(self.kernel, self.bias, 6)
    self.assertEqual(_restore(self.checkpoint, self.workdir), (0, ''))
    self.assertAllEqual(self.bias, [2.0] * 40)

  def test_the_last_three_are_kept_and_10_is_newer_than_9(self):
    self.save(*range(9, 15))
    names = sorted(path.stem for path in self.folder.glob('ckpt-*.index'))
    self.assertEqual(names, ['ckpt-12', 'ckpt-13', 'ckpt-14'])
    self.assertLen(list(self.folder.glob('ckpt-*')), 6)
    self.assert_restores(14)

  def test_powers_of_two_are_kept_for_good(self):
    self.save(*range(1, 12))
    self.assertEqual(
      storage.saved_epochs(self.workdir), [11, 10, 9, 8, 4, 2, 1]
    )
    # A run that was damaged and repeats epoch 3 has no later ones.
    self.save(3)
    self.assertEqual(storage.saved_epochs(self.workdir), [3, 2, 1])

  def test_all_are_kept_if_wanted_and_an_older_one_comes_back(self):
    for epoch in range(1, 6):
      _set(self.kernel, self.bias, epoch)
      storage.save_checkpoint(self.checkpoint, self.workdir, epoch, num_kept=5)
    for last, expected in ((1, 1), (3, 3), (9, 5), (0, 0)):
      _set(self.kernel, self.bias, 60)
      epoch = storage.restore_checkpoint(
        self.checkpoint, self.workdir, last=last
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
    epoch, said = _restore(self.checkpoint, self.workdir)
    self.assertEqual((epoch, said.count('is damaged')), (0, 2))
    self.assertAllEqual(self.bias, [3.0] * 40)

  def test_a_run_that_begins_again_keeps_its_new_checkpoints(self):
    self.save(7, 8, 9)
    for path in self.folder.glob('ckpt-*.data*'):
      _truncate(path)
    self.save(1, 2)
    self.assertEqual(storage.saved_epochs(self.workdir), [2, 1])
    self.assert_restores(2)

  def test_the_saved_epochs_are_known_without_reading_them(self):
    self.assertEqual(storage.saved_epochs(self.workdir), [])
    self.save(9, 10)
    (self.folder / 'ckpt-10.index').write_bytes(b'')
    (self.folder / 'ckpt-11_temp').mkdir()
    self.assertEqual(storage.saved_epochs(self.workdir), [10, 9])

  def test_values_of_another_network_are_refused(self):
    self.save(1)
    other = tf.train.Checkpoint(kernel=tf.Variable(tf.zeros([30, 40])))
    with self.assertRaisesRegex(errors.UserError, 'is not of this network'):
      storage.restore_checkpoint(other, self.workdir)

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
