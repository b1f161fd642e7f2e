"""Tests of finish.py."""

import pathlib

import numpy as np

from cnn_tf.measure import ascent
from cnn_tf.measure import runs
from cnn_tf.page import arrays
from cnn_tf.page import document
from cnn_tf.page import finish
from cnn_tf.visualization import draw
from tests import small_run


class FinishTest(small_run.TestCase):
  def test_a_finished_run_gets_its_page(self):
    finish.at_the_end(self.workdir)
    page = (self.workdir / 'page.html').read_text()
    contents = document.contents_of(page)
    kernel = arrays.decode(contents['parameters']['trained']['conv1']['kernel'])
    expected = runs.load(self.workdir).network.kernels['conv1']
    np.testing.assert_array_equal(kernel, expected)
    initial = arrays.decode(
      contents['parameters']['initial']['conv1']['kernel']
    )
    with np.load(self.workdir / 'first_kernels.npz') as file:
      kept = file['kernels'][0]
    np.testing.assert_array_equal(initial, kept)

  def test_equal_runs_give_equal_bytes(self):
    path = pathlib.Path(self.create_tempdir().full_path, 'other.html')
    finish.write(self.workdir, path)
    first = path.read_bytes()
    finish.write(self.workdir, path)
    self.assertEqual(path.read_bytes(), first)

  def test_it_shows_the_patterns_that_were_found(self):
    settings = ascent.Settings(num_starts=1, num_steps=2)
    draw.write_patterns(runs.load(self.workdir), 'conv2', [0, 5], settings)
    path = pathlib.Path(self.create_tempdir().full_path, 'patterns.html')
    finish.write(self.workdir, path)
    found = document.contents_of(path.read_text())['patterns']['conv2']
    self.assertEqual(found['numbers'], [0, 5])
    self.assertEqual(found['images']['shape'], [2, 28, 28])


if __name__ == '__main__':
  small_run.tf.test.main()
