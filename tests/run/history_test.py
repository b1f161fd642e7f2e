"""Tests of history.py."""

import csv
import pathlib
import shutil
import subprocess
import sys
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import history
from tests import processes
from tests import small_data

_HEADER = ','.join(history.Epoch._fields)
_ROW = '1,52,1,1,1,1,1,1\n'


def _epochs(count):
  """Numbers that have no short decimal form."""
  draw = np.random.default_rng(0)
  return [
    history.Epoch(epoch, 52 * epoch, *draw.normal(size=6).tolist())
    for epoch in range(1, count + 1)
  ]


class _InFolder(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)
    self.table = self.folder / 'metrics.csv'


class MetricsTest(_InFolder):
  def test_every_bit_comes_back(self):
    rows = _epochs(3)
    rows[1] = rows[1]._replace(train_cross_entropy=5e-324, l2_penalty=1e300)
    history.write_epochs(self.folder, rows)
    self.assertEqual(history.read_epochs(self.folder), rows)

  def test_without_validation_there_are_no_columns_for_it(self):
    rows = [history.Epoch(*row[:6]) for row in _epochs(2)]
    self.assertEqual([row.is_validated for row in rows], [False, False])
    history.write_epochs(self.folder, rows)
    self.assertEqual(history.read_epochs(self.folder), rows)
    header, *_ = self.table.read_text().splitlines()
    self.assertEndsWith(header, ',l2_penalty,train_accuracy')

  def test_other_programs_can_read_it(self):
    history.write_epochs(self.folder, _epochs(2))
    with self.table.open() as lines:
      first, second = csv.DictReader(lines)
    self.assertEqual((first['epoch'], second['step']), ('1', '104'))
    self.assertEqual(float(second['l2_penalty']), _epochs(2)[1].l2_penalty)

  def test_rows_after_the_last_checkpoint_are_not_read(self):
    history.write_epochs(self.folder, _epochs(5))
    self.assertEqual(history.read_epochs(self.folder, 2), _epochs(2))
    self.assertEqual(history.read_epochs(self.folder, 0), [])

  def test_a_damaged_row_costs_no_other(self):
    history.write_epochs(self.folder, _epochs(5))
    lines = self.table.read_bytes().splitlines(keepends=True)
    for damaged in (
      [],
      [lines[3][:20] + b'\n'],
      [lines[3].replace(b',', b';')],
      [b'\xff' + lines[3]],
      [b'"' + lines[3]],
      [b'\0' * 40 + b'\n'],
      [b'\n\n'],
      [lines[2]],
    ):
      with self.subTest(str(damaged)):
        self.table.write_bytes(b''.join(lines[:3] + damaged + lines[4:]))
        rows = history.read_epochs(self.folder)
        self.assertEqual([row.epoch for row in rows], [1, 2, 4, 5])
        self.assertEqual(rows, [_epochs(5)[i] for i in (0, 1, 3, 4)])
        with self.assertRaisesRegex(
          errors.UserError, 'metrics.csv lacks epoch 3$'
        ):
          history.read_all_epochs(self.folder, 5)

  def test_a_row_without_its_end_is_damaged(self):
    history.write_epochs(self.folder, _epochs(3))
    # Its last digit could be missing, too.
    self.table.write_bytes(self.table.read_bytes()[:-1])
    self.assertEqual(history.read_epochs(self.folder), _epochs(2))

  def test_whoever_needs_all_rows_gets_all_or_an_error(self):
    history.write_epochs(self.folder, _epochs(3))
    self.assertEqual(history.read_all_epochs(self.folder, 3), _epochs(3))
    self.assertEqual(history.read_all_epochs(self.folder, 2), _epochs(2))
    with self.assertRaisesRegex(errors.UserError, ' lacks epochs 4 to 6$'):
      history.read_all_epochs(self.folder, 6)

  def test_there_are_no_rows_without_a_file(self):
    self.assertEqual(history.read_epochs(self.folder), [])
    self.table.mkdir()
    self.assertEqual(history.read_epochs(self.folder), [])

  @parameterized.named_parameters(
    ('an_empty_file', ''),
    ('half_a_header', 'epoch'),
    ('a_short_header', f'epoch,step\n{_ROW}'),
    ('another_header', f'header\n{_ROW}'),
    ('no_header', _ROW),
    ('no_rows', f'{_HEADER}\n'),
    ('a_cell_less', f'{_HEADER}\n1,52,1,1,1,1,1\n'),
    ('the_cells_of_no_validation', f'{_HEADER}\n1,52,1,1,1,1\n'),
    ('an_epoch_before_the_first', f'{_HEADER}\n0,52,1,1,1,1,1,1\n'),
    ('a_word', f'{_HEADER}\n1,52,x,1,1,1,1,1\n'),
  )
  def test_there_is_no_row_in(self, text):
    self.table.write_text(text)
    self.assertEqual(history.read_epochs(self.folder), [])

  def test_a_full_disk_leaves_the_rows_before(self):
    history.write_epochs(self.folder, _epochs(2))
    with (
      self.assertRaises(errors.UserError),
      processes.files_of_at_most(self.table.stat().st_size + 10),
    ):
      history.write_epochs(self.folder, _epochs(3))
    self.assertEqual(history.read_epochs(self.folder), _epochs(2))

  def test_it_is_read_without_tensorflow_and_numpy(self):
    code = 'import sys; from cnn_tf.run import history; print(*sys.modules)'
    done = subprocess.run(
      [sys.executable, '-c', code],
      cwd=small_data.ROOT,
      capture_output=True,
      text=True,
      check=True,
    )
    self.assertNoCommonElements(['tensorflow', 'numpy'], done.stdout.split())


class KernelsTest(_InFolder):
  def setUp(self):
    super().setUp()
    draw = np.random.default_rng(0)
    self.kernels = {
      epoch: draw.normal(size=[5, 5, 1, 3]).astype(np.float32)
      for epoch in (0, 1, 2, 5)
    }

  def read(self, last=9):
    return history.read_kernels(self.folder, (5, 5, 1, 3), last)

  def test_each_comes_back_with_its_epoch(self):
    self.assertEqual(self.read(), {})
    history.write_kernels(self.folder, self.kernels)
    kernels = self.read()
    self.assertEqual(list(kernels), [0, 1, 2, 5])
    for epoch, kernel in kernels.items():
      self.assertEqual(kernel.dtype, np.float32)
      self.assertAllEqual(kernel, self.kernels[epoch])
    self.assertEqual(list(self.read(last=2)), [0, 1, 2])

  def test_numpy_alone_can_read_it(self):
    history.write_kernels(self.folder, self.kernels)
    with np.load(self.folder / 'first_kernels.npz') as file:
      self.assertAllEqual(file['epochs'], [0, 1, 2, 5])
      self.assertEqual(file['kernels'].shape, (4, 5, 5, 1, 3))

  def test_kernels_of_another_network_are_none(self):
    history.write_kernels(self.folder, self.kernels)
    self.assertEqual(history.read_kernels(self.folder, (4, 4, 1, 3), 9), {})

  def test_a_damaged_file_has_none(self):
    history.write_kernels(self.folder, self.kernels)
    path = self.folder / 'first_kernels.npz'
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    damaged = [whole[:size] for size in range(0, len(whole), 97)]
    np.save(self.folder / 'array.npy', np.ones(3))
    array = (self.folder / 'array.npy').read_bytes()
    for content in (*damaged, whole[:-1], bytes(flipped), b'junk' * 99, array):
      path.write_bytes(content)
      self.assertEqual(self.read(), {})

  def test_no_damaged_byte_is_an_error(self):
    history.write_kernels(self.folder, self.kernels)
    path = self.folder / 'first_kernels.npz'
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
      content = bytearray(whole)
      content[place] ^= 0xFF
      path.write_bytes(content)
      for epoch, kernel in self.read().items():
        self.assertAllEqual(kernel, self.kernels[epoch])


class SecondsTest(_InFolder):
  @parameterized.parameters(
    ('12.345\n', 12.345), ('', 0), ('x', 0), ('nan', 0), ('-1', 0), ('inf', 0)
  )
  def test_what_is_no_duration_is_unknown(self, text, seconds):
    self.assertEqual(history.read_seconds(self.folder), 0)
    (self.folder / 'seconds.txt').write_text(text)
    self.assertEqual(history.read_seconds(self.folder), seconds)

  def test_bytes_that_are_no_text_are_unknown(self):
    (self.folder / 'seconds.txt').write_bytes(b'\xff')
    self.assertEqual(history.read_seconds(self.folder), 0)


class HistoryTest(_InFolder):
  def setUp(self):
    super().setUp()
    self.kernel = tf.Variable(tf.zeros([5, 5, 1, 3]))
    self.clock = self.enter_context(
      mock.patch.object(history.time, 'perf_counter', return_value=100.0)
    )

  def train(self, num_epochs, done=0):
    """Adds 1 to the kernel in each epoch, which takes 10 seconds."""
    self.kernel.assign(tf.fill(self.kernel.shape, float(done)))
    records = history.History(self.folder, self.kernel, done)
    for row in _epochs(num_epochs)[done:]:
      self.kernel.assign_add(tf.ones(self.kernel.shape))
      self.clock.return_value += 10
      records.add(row)
    return records.gaps()

  def contents(self):
    names = ('metrics.csv', 'first_kernels.npz', 'seconds.txt')
    return [(self.folder / name).read_bytes() for name in names]

  def test_the_initial_kernel_and_then_one_per_epoch_are_kept(self):
    self.assertEqual(self.train(3), [])
    kernels = history.read_kernels(self.folder, self.kernel.shape, 3)
    means = {epoch: kernel.mean() for epoch, kernel in kernels.items()}
    self.assertEqual(means, {0: 0, 1: 1, 2: 2, 3: 3})
    self.assertEqual(history.read_epochs(self.folder), _epochs(3))
    self.assertEqual(history.read_seconds(self.folder), 30)

  def test_a_run_that_goes_on_writes_the_same_bytes(self):
    self.train(5)
    whole = self.contents()
    for done in range(5):
      shutil.rmtree(self.folder)
      self.folder.mkdir()
      self.train(done)
      self.clock.return_value += 1e6  # between the sessions
      self.assertEqual(self.train(5, done), [])
      self.assertEqual(self.contents(), whole)

  def test_an_epoch_without_a_checkpoint_is_replaced(self):
    self.train(5)
    whole = self.contents()
    self.train(4)  # killed before the checkpoint of epoch 4
    self.assertEqual(self.train(5, done=3), [])
    self.assertEqual(self.contents()[:2], whole[:2])
    self.assertEqual(history.read_seconds(self.folder), 60)

  def test_a_new_run_ignores_what_is_there(self):
    self.train(5)
    self.assertEqual(self.train(2), [])
    self.assertEqual(history.read_epochs(self.folder), _epochs(2))
    kernels = history.read_kernels(self.folder, self.kernel.shape, 9)
    self.assertEqual(list(kernels), [0, 1, 2])
    self.assertEqual(history.read_seconds(self.folder), 20)

  def test_lost_rows_are_named_and_the_others_kept(self):
    self.train(5)
    lines = self.table.read_text().splitlines(keepends=True)
    self.table.write_text(''.join([lines[0], lines[2]]))
    self.assertEqual(
      self.train(6, done=5),
      [
        f'{self.table} lacks epochs 1, 3 to 5: the run continues anyway',
      ],
    )
    rows = [_epochs(6)[1], _epochs(6)[5]]
    self.assertEqual(history.read_epochs(self.folder), rows)

  def test_lost_files_are_named_and_begin_again(self):
    self.train(3)
    for path in self.folder.iterdir():
      path.unlink()
    self.assertEqual(
      self.train(5, done=3),
      [
        f'{self.folder}/{lost}: the run continues anyway'
        for lost in (
          'metrics.csv lacks epochs 1 to 3',
          'first_kernels.npz lacks epochs 0 to 3',
          'seconds.txt lacks earlier sessions',
        )
      ],
    )
    self.assertEqual(history.read_epochs(self.folder), _epochs(5)[3:])
    kernels = history.read_kernels(self.folder, self.kernel.shape, 9)
    self.assertEqual(list(kernels), [4, 5])
    self.assertEqual(history.read_seconds(self.folder), 20)


class TensorBoardTest(tf.test.TestCase):
  def read(self, folder):
    """All values in the event files of a folder, as (tag, step) -> value."""
    files = sorted(map(str, pathlib.Path(folder).glob('events.out.tfevents.*')))
    values = {}
    for record in tf.data.TFRecordDataset(files):
      event = tf.compat.v1.Event.FromString(record.numpy())
      for value in event.summary.value:
        self.assertEqual(value.metadata.plugin_data.plugin_name, 'scalars')
        number = tf.make_ndarray(value.tensor)
        self.assertEqual((number.dtype, number.shape), (np.float32, ()))
        values[value.tag, event.step] = number
    return values

  def test_a_curve_for_each_number_with_no_tensorboard_installed(self):
    folder = self.create_tempdir().full_path
    with mock.patch.dict(sys.modules, {'tensorboard': None}):
      board = history.TensorBoard(pathlib.Path(folder))
      for row in _epochs(2):
        board.scalars(row)
    values = self.read(folder)
    self.assertLen(values, 2 * 8)
    for row in _epochs(2):
      self.assertAllClose(values['learning_rate', row.step], row.learning_rate)
      self.assertAllClose(
        values['train/accuracy', row.step], row.train_accuracy
      )
      self.assertAllClose(
        values['validation/cross_entropy', row.step],
        row.validation_cross_entropy,
      )

  def test_without_validation_there_are_six_curves(self):
    folder = self.create_tempdir().full_path
    history.TensorBoard(pathlib.Path(folder)).scalars(
      history.Epoch(*_epochs(1)[0][:6])
    )
    self.assertNotIn('validation', str(values := self.read(folder)))
    self.assertLen(values, 6)

  def test_a_row_can_be_read_as_soon_as_it_is_written(self):
    folder = self.create_tempdir().full_path
    board = history.TensorBoard(pathlib.Path(folder))
    board.scalars(_epochs(1)[0])
    self.assertLen(self.read(folder), 8)
    board.scalars(_epochs(2)[1])
    self.assertLen(self.read(folder), 16)

  def test_a_full_disk_is_named(self):
    folder = self.create_tempdir().full_path
    with (
      self.assertRaisesRegex(errors.UserError, folder),
      processes.files_of_at_most(500),
    ):
      history.TensorBoard(pathlib.Path(folder)).scalars(_epochs(1)[0])


if __name__ == '__main__':
  tf.test.main()
