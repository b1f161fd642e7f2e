"""Tests of benchmarks/records.py."""

import pathlib

from absl.testing import absltest
from absl.testing import parameterized

from benchmarks import records
from cnn_tf import errors
from cnn_tf.run import settings as settings_lib
from cnn_tf.sweep import kept

RECORD = records.Record(
  *('fashion', 'c3f0a6b8', 'fashion', 'test', 1000, 20, 0.9158, 0.2365),
  *(None, 'float32', 2, 80, '2 x CPU, "fast"', '2.21.0'),
)


class TableTest(parameterized.TestCase):
  def setUp(self):
    super().setUp()
    self.path = pathlib.Path(self.create_tempdir().full_path, 'table.csv')

  @parameterized.parameters(
    {},
    {'accuracy_with_flips': 0.92, 'seconds': None},
    {'name': 'fashion without flips', 'machine': ''},
  )
  def test_a_record_is_read_as_it_was_written(self, **changes):
    record = RECORD._replace(**changes)
    records.append(self.path, record)
    records.append(self.path, RECORD)
    self.assertEqual(records.read(self.path), [record, RECORD])

  def test_no_file_has_no_records(self):
    self.assertEmpty(records.read(self.path))

  def test_a_line_that_a_power_cut_has_ended_is_written_again(self):
    records.append(self.path, RECORD)
    complete = self.path.read_bytes()
    for size in range(len(complete)):
      with self.subTest(size):
        self.path.write_bytes(complete[:size])
        self.assertEmpty(records.read(self.path))
        records.append(self.path, RECORD)
        self.assertEqual(self.path.read_bytes(), complete)

  @parameterized.parameters(('1000', 'many'), (',2.21.0', ''))
  def test_a_damaged_line_is_named(self, before, after):
    records.append(self.path, RECORD)
    self.path.write_text(self.path.read_text().replace(before, after))
    with self.assertRaisesRegex(errors.UserError, 'table.csv, line 2: damaged'):
      records.read(self.path)

  def test_a_folder_that_is_missing_is_one_line(self):
    with self.assertRaisesRegex(errors.UserError, 'no/table.csv: No such'):
      records.append(self.path.parent / 'no/table.csv', RECORD)

  def test_a_table_that_cannot_be_read_or_written_is_one_line(self):
    folder = self.path.parent
    with self.assertRaisesRegex(errors.UserError, 'Is a directory'):
      records.read(folder)
    self.path.write_bytes(b'caf\xe9')
    with self.assertRaisesRegex(errors.UserError, 'table.csv: .*decode'):
      records.read(self.path)
    with self.assertRaisesRegex(errors.UserError, 'no/table.csv: No such'):
      records.check_writable(folder / 'no/table.csv')

  def test_to_check_a_table_does_not_change_it(self):
    records.append(self.path, RECORD)
    content = self.path.read_bytes()
    records.check_writable(self.path)
    self.assertEqual(self.path.read_bytes(), content)
    self.path.unlink()
    records.check_writable(self.path)
    records.append(self.path, RECORD)
    self.assertEqual(self.path.read_bytes(), content)


class FindTest(absltest.TestCase):
  def test_it_looks_for_settings_and_for_what_it_is_evaluated_on(self):
    settings = settings_lib.Settings()
    record = RECORD._replace(settings=kept.digest(settings))
    others = [RECORD, record._replace(on='validation')]
    found = records.find([*others, record], settings, 'test')
    self.assertEqual(found, {1000: record})


if __name__ == '__main__':
  absltest.main()
