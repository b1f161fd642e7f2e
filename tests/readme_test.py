"""The README: its Python code runs, and it prints what it says."""

import contextlib
import io
import os
import pathlib
import re

import numpy as np
import tensorflow as tf

from cnn_tf import first
from tests import documents
from tests import small_data
from tests import small_run

_FROM_PYTHON = documents.blocks('README.md', 'Use it from Python')


def _execute(code):
  with contextlib.redirect_stdout(io.StringIO()) as printed:
    exec(compile(code, 'README.md', 'exec'), {})
  return printed.getvalue()


class ReadmeTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.enter_context(contextlib.chdir(self.create_tempdir().full_path))

  def test_the_first_page_is_shown_whole(self):
    [shown] = documents.blocks('README.md', 'Read it')
    self.assertEqual(shown, pathlib.Path(first.__file__).read_text())

  def test_ci_runs_the_two_commands(self):
    first_command, _, second = documents.blocks('README.md', 'Run it', '')
    script = (small_data.ROOT / '.ci/run').read_text()
    for command in (first_command, second):
      self.assertIn(command.strip(), script.replace(' -q', ''))

  def test_every_file_that_it_names_exists(self):
    package = pathlib.Path(first.__file__).parent
    text = (small_data.ROOT / 'README.md').read_text()
    _, _, table = text.partition('| line | file |')
    table = table.partition('\n\n')[0]
    rows = [row.split('|')[2] for row in table.splitlines()[2:]]
    self.assertLen(rows, 12)
    for row in rows:
      names = re.findall(r'`([\w/.]+)`', row)
      folder = package / pathlib.PurePath(names[0]).parent
      for name in names:
        self.assertTrue(
          (package / name).exists() or (folder / name).exists(), name
        )

  def test_a_network_is_trained_in_a_dozen_lines(self):
    self.assertLess(float(_execute(_FROM_PYTHON[0])), 0.5)

  def test_a_run_is_loaded_and_classifies_a_picture(self):
    os.makedirs('runs')
    layers = 'conv 32 3x3, maxpool 2x2, conv 64 3x3'
    small_run.train('.', layers).rename('runs/fashion')
    picture = np.zeros([56, 40, 3], np.uint8)
    png = tf.io.encode_png(picture)
    pathlib.Path('picture.png').write_bytes(png.numpy())
    digit = _execute(_FROM_PYTHON[1]).strip()
    self.assertIn(digit, '0123456789')
    self.assertStartsWith(pathlib.Path('conv1.png').read_bytes(), b'\x89PNG')


if __name__ == '__main__':
  tf.test.main()
