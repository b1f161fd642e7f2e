"""Tests of study.py."""

import csv
import pathlib

from absl.testing import absltest

from cnn_tf import errors
from cnn_tf.figures import sheet
from cnn_tf.studies import border
from cnn_tf.studies import study
from tests import processes


class StudyTest(absltest.TestCase):
  def test_a_plan_of_several_datasets(self):
    plan = study.Plan('mnist,fashion', 3, 2)
    parts = plan.by_dataset()
    self.assertEqual([p.dataset for p in parts.values()], ['mnist', 'fashion'])
    self.assertEqual(str(plan), 'mnist and fashion; seeds: 3; epochs: 2')
    own = plan._replace(data_dir='some/kana')
    self.assertEqual(own.by_dataset(), {'kana': own})

  def test_a_missing_package_raises_with_the_command_that_installs_it(self):
    study.need('numpy')
    with self.assertRaisesRegex(errors.UserError, r'no_such.*\[studies\]'):
      study.need('no_such')

  def test_the_report_is_written_as_csv_and_png(self):
    folder = pathlib.Path(self.create_tempdir().full_path, 'a', 'b')
    table = [['name', 'value'], ['one, two', '3 ± 1']]
    figure = sheet.new(3, 2, 'title', 'source')
    paths = study.write(study.Report(table, figure), folder)
    with open(paths[0], newline='') as file:
      self.assertEqual(list(csv.reader(file)), table)
    self.assertStartsWith(pathlib.Path(paths[1]).read_bytes(), b'\x89PNG')

  def test_a_file_in_place_of_the_folder_raises_a_user_error(self):
    file = self.create_tempfile().full_path
    figure = sheet.new(3, 2, 'title', 'source')
    with self.assertRaisesRegex(errors.UserError, 'is a file, not a folder'):
      study.write(study.Report([['a']], figure), pathlib.Path(file))

  def start(self, module, *arguments):
    folder = self.create_tempdir().full_path
    module = f'cnn_tf.studies.{module}'
    return processes.Command(folder, *arguments, module=module).wait()

  def test_the_command_prints_the_table_and_names_its_files(self):
    folder = self.create_tempdir().full_path
    done = self.start('arithmetic', f'--workdir={folder}')
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertStartsWith(done.stdout, 'arithmetic: nothing is trained\n')
    self.assertIn('\n3x3 from 32 to 64 maps: weights  ', done.stdout)
    self.assertIn(f'\n{folder}/table.csv\n{folder}/figure.png\n', done.stdout)

  def test_a_study_without_training_has_no_flags_of_training(self):
    done = self.start('arithmetic', '--full')
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertRegex(done.stderr, r'^arithmetic\.py: [^\n]*full[^\n]*\n$')

  def test_a_wrong_flag_gives_one_line(self):
    done = self.start('border', '--seeds=0')
    self.assertEqual((done.code, done.stdout), (1, ''))
    self.assertRegex(done.stderr, r'^border\.py: [^\n]*seeds[^\n]*\n$')

  def test_a_wrong_dataset_gives_one_line(self):
    done = self.start('rates', '--dataset=kana')
    self.assertEqual(done.code, 1)
    self.assertRegex(done.stderr, r'^rates\.py: --dataset=kana must[^\n]*\n$')

  def test_help_shows_the_full_plan(self):
    done = self.start('border', '--help')
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertIn('What does it cost that the network never', done.stdout)
    self.assertIn(str(border.FULL), ' '.join(done.stdout.split()))


if __name__ == '__main__':
  absltest.main()
