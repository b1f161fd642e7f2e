"""`python -m cnn_tf.studies`, from the outside."""

import pathlib
import re

from absl.testing import absltest

from cnn_tf.studies import __main__ as listing
from tests import processes
from tests import small_data


class MainTest(absltest.TestCase):
  def test_one_line_per_study_with_its_question(self):
    folder = self.create_tempdir().full_path
    done = processes.Command(folder, module='cnn_tf.studies').wait()
    self.assertEqual((done.code, done.stderr), (0, ''))
    heading, *lines, results = done.stdout.splitlines()
    self.assertStartsWith(heading, 'python -m cnn_tf.studies.NAME ')
    self.assertIn('shift            Is a CNN invariant to translation?', lines)
    self.assertLen(list(filter(None, lines)), len(listing.questions()))
    self.assertIn('docs/studies.md', results)

  def test_they_are_those_in_the_results(self):
    results = pathlib.Path(small_data.ROOT, 'docs', 'studies.md').read_text()
    names = re.findall(r'`python -m\s+cnn_tf\.studies\.(\w+)', results)
    self.assertCountEqual(set(names), listing.questions())

  def test_nothing_else_is_taken(self):
    folder = self.create_tempdir().full_path
    done = processes.Command(folder, 'shift', module='cnn_tf.studies').wait()
    self.assertEqual(done.code, 1)
    self.assertStartsWith(done.stderr, "studies: not a flag: 'shift'")


if __name__ == '__main__':
  absltest.main()
