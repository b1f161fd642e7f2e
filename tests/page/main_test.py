"""Tests of the command that writes a page."""

import pathlib
import subprocess
import sys

from cnn_tf.page import document
from tests import processes
from tests import small_data
from tests import small_run


class MainTest(small_run.TestCase):
  def command(self, *arguments):
    folder = self.create_tempdir().full_path
    return processes.Command(folder, *arguments, module='cnn_tf.page').wait()

  def test_it_writes_the_page_and_says_where(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'own.html')
    done = self.command(f'--workdir={self.workdir}', f'--output={path}')
    self.assertEqual((done.code, done.stderr), (0, ''))
    self.assertRegex(done.stdout, rf'^{path}\n\d\.\d MB, \d+ s\n$')
    self.assertIn('</html>', path.read_text())

  def test_refresh_needs_no_tensorflow(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'old.html')
    page = document.write({'dataset': 'x'})
    path.write_text(page.replace("'use strict';", ''))
    code = (
      'import runpy, sys; sys.modules["tensorflow"] = None;'
      'runpy.run_module("cnn_tf.page", run_name="__main__", alter_sys=True)'
    )
    subprocess.run(
      [sys.executable, '-c', code, f'--refresh={path}'],
      cwd=small_data.ROOT,
      check=True,
    )
    self.assertEqual(path.read_text(), page)

  def test_one_line_for_a_mistake(self):
    for arguments, words in (
      ([], 'give --workdir=DIR, or --refresh=FILE'),
      (['--workdir=nothing'], 'nothing: there is no run here'),
      (['--refresh=nothing.html'], 'nothing.html: No such file'),
      ([f'--refresh={self.workdir}/run.flags'], 'this is not a page'),
    ):
      done = self.command(*arguments)
      self.assertEqual((done.code, done.stdout), (1, ''))
      self.assertRegex(done.stderr, r'^[^\n]+\n$')
      self.assertIn(words, done.stderr)


if __name__ == '__main__':
  small_run.tf.test.main()
