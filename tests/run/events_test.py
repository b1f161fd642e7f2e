"""Tests of events.py."""

import csv
import pathlib
import sys
from unittest import mock

import numpy as np
import tensorflow as tf
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import events
from tests import processes

_HEADER = ','.join(events.Epoch._fields)


def _rows(count):
  """Rows of numbers that have no short decimal form."""
  draw = np.random.default_rng(0)
  return [
    events.Epoch(epoch, 52 * epoch, *draw.normal(size=6).tolist())
    for epoch in range(1, count + 1)
  ]


class CsvTest(tf.test.TestCase, parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.path = pathlib.Path(self.create_tempdir().full_path, 'metrics.csv')

  def test_every_bit_comes_back(self):
    rows = _rows(3)
    rows[1] = rows[1]._replace(train_cross_entropy=5e-324, l2_penalty=1e300)
    events.write_epochs(self.path, rows)
    self.assertEqual(events.read_epochs(self.path, 3), rows)

  def test_without_validation_there_are_no_columns_for_it(self):
    rows = [events.Epoch(*row[:6]) for row in _rows(2)]
    self.assertEqual([row.is_validated for row in rows], [False, False])
    events.write_epochs(self.path, rows)
    self.assertEqual(events.read_epochs(self.path, 2), rows)
    header, *_ = self.path.read_text().splitlines()
    self.assertEndsWith(header, ',l2_penalty,train_accuracy')

  def test_other_programs_can_read_it(self):
    events.write_epochs(self.path, _rows(2))
    with self.path.open() as lines:
      first, second = csv.DictReader(lines)
    self.assertEqual((first['epoch'], second['step']), ('1', '104'))
    self.assertEqual(float(second['l2_penalty']), _rows(2)[1].l2_penalty)

  def test_rows_after_the_last_checkpoint_are_not_read(self):
    events.write_epochs(self.path, _rows(5))
    self.assertEqual(events.read_epochs(self.path, 2), _rows(2))

  def test_a_run_without_a_checkpoint_needs_no_file(self):
    self.assertEqual(events.read_epochs(self.path, 0), [])

  def test_the_rows_before_a_damaged_one_are_intact(self):
    events.write_epochs(self.path, _rows(5))
    lines = self.path.read_bytes().splitlines(keepends=True)
    for damaged in (
      [lines[3][:-1]],  # its last digit could be missing, too
      [lines[3][:20]],
      [b'\xff' + lines[3], lines[4]],
      [lines[4], lines[5]],
      [b'"', lines[3]],
      [b'\0' * 40],
    ):
      with self.subTest(str(damaged)):
        self.path.write_bytes(b''.join(lines[:3] + damaged))
        self.assertEqual(events.num_epochs(self.path), 2)
        self.assertEqual(events.read_epochs(self.path, 2), _rows(2))
        with self.assertRaisesRegex(errors.UserError, ': 2 of 3 epochs'):
          events.read_epochs(self.path, 3)

  def test_a_file_without_rows_has_no_epochs(self):
    self.assertEqual(events.num_epochs(self.path), 0)
    for content in (b'', b'epoch', b'epoch,step\n'):
      self.path.write_bytes(content)
      self.assertEqual(events.num_epochs(self.path), 0)

  @parameterized.named_parameters(
    ('fewer_rows', 'header\n'),
    ('another_header', 'header\n1,52,1,1,1,1,1,1\n'),
    ('a_cell_less', f'{_HEADER}\n1,52,1,1,1,1,1\n'),
    ('the_cells_of_no_validation', f'{_HEADER}\n1,52,1,1,1,1\n'),
    ('a_word', f'{_HEADER}\n1,52,x,1,1,1,1,1\n'),
  )
  def test_refuses(self, text):
    self.path.write_text(text)
    with self.assertRaisesRegex(errors.UserError, 'metrics.csv: '):
      events.read_epochs(self.path, 1)

  def test_a_missing_file_is_named(self):
    with self.assertRaisesRegex(
      errors.UserError, 'metrics.csv: .*No such file'
    ):
      events.read_epochs(self.path, 1)

  def test_a_full_disk_leaves_the_rows_before(self):
    events.write_epochs(self.path, _rows(2))
    with (
      self.assertRaises(errors.UserError),
      processes.files_of_at_most(self.path.stat().st_size + 10),
    ):
      events.write_epochs(self.path, _rows(3))
    self.assertEqual(events.read_epochs(self.path, 2), _rows(2))


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
      board = events.TensorBoard(pathlib.Path(folder))
      for row in _rows(2):
        board.scalars(row)
    values = self.read(folder)
    self.assertLen(values, 2 * 8)
    for row in _rows(2):
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
    events.TensorBoard(pathlib.Path(folder)).scalars(
      events.Epoch(*_rows(1)[0][:6])
    )
    self.assertNotIn('validation', str(values := self.read(folder)))
    self.assertLen(values, 6)

  def test_a_row_can_be_read_as_soon_as_it_is_written(self):
    folder = self.create_tempdir().full_path
    board = events.TensorBoard(pathlib.Path(folder))
    board.scalars(_rows(1)[0])
    self.assertLen(self.read(folder), 8)
    board.scalars(_rows(2)[1])
    self.assertLen(self.read(folder), 16)

  def test_a_full_disk_is_named(self):
    folder = self.create_tempdir().full_path
    with (
      self.assertRaisesRegex(errors.UserError, folder),
      processes.files_of_at_most(500),
    ):
      events.TensorBoard(pathlib.Path(folder)).scalars(_rows(1)[0])


if __name__ == '__main__':
  tf.test.main()
