"""Tests of sheet.py."""

import pathlib
import struct
import subprocess
import sys

import matplotlib
import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import figures
from cnn_tf.figures import sheet
from tests import small_data


class FiguresTest(absltest.TestCase):
  def test_no_figure_imports_tensorflow_not_even_through_other_modules(self):
    files = pathlib.Path(figures.__path__[0]).glob('[a-z]*.py')
    modules = ', '.join(f'cnn_tf.figures.{file.stem}' for file in files)
    code = f'import sys, {modules}\nassert "tensorflow" not in sys.modules'
    subprocess.run(
      [sys.executable, '-c', code], cwd=small_data.ROOT, check=True
    )


class SheetTest(parameterized.TestCase):
  @parameterized.parameters(
    ([0, 1, 4], 'viridis', 0, 4),
    ([-3, 1, 2], 'PuOr_r', -3, 3),
    ([-1, np.nan, 5], 'PuOr_r', -5, 5),
    ([0, 0], 'viridis', 0, 1),
  )
  def test_a_scale_starts_at_0_or_is_symmetric_around_it(
    self, values, colormap, low, high
  ):
    scale = sheet.scale(np.array(values, float))
    self.assertEqual(scale, (colormap, low, high, 'neither'))

  def test_a_scale_for_a_share_extends_where_values_lie_beyond(self):
    values = np.arange(1001.0)
    self.assertEqual(sheet.scale(values, 0.99), ('viridis', 0, 990, 'max'))
    scale = sheet.scale(values - 500, 0.99)
    self.assertEqual(scale, ('PuOr_r', -495, 495, 'both'))
    # A share of a few values is all of them.
    self.assertEqual(sheet.scale(values[:9], 0.99).high, 8)

  def test_without_values_a_scale_goes_from_0_to_1(self):
    scale = sheet.scale(np.full([1, 1], np.nan))
    self.assertEqual((scale.low, scale.high), (0, 1))

  def test_a_figure_has_size_title_and_source(self):
    figure = sheet.new(4, 3, 'What', 'run r')
    self.assertEqual(
      [text.get_text() for text in figure.texts], ['What', 'run r']
    )
    png = sheet.to_png(figure)
    self.assertEqual(struct.unpack('>II', png[16:24]), (480, 360))
    self.assertEqual(sheet.to_png(figure), png)

  def test_a_saved_figure_is_a_png_file(self):
    figure = sheet.new(4, 3, 'What', 'run r')
    file = pathlib.Path(self.create_tempdir().full_path, 'figure.png')
    sheet.save(figure, str(file))
    self.assertEqual(file.read_bytes(), sheet.to_png(figure))

  def test_positions_are_measured_from_the_upper_left_corner(self):
    figure = sheet.new(4, 2, '', '')
    panel = sheet.place(figure, 1, 0.5, 2, 1)
    np.testing.assert_allclose(
      panel.get_position().bounds, [0.25] * 2 + [0.5] * 2
    )

  def test_a_bar_shows_the_scale(self):
    figure = sheet.new(4, 2, '', '')
    scale = sheet.Scale('viridis', 0, 7, 'max')
    shown = sheet.picture(
      sheet.place(figure, 1, 1, 1, 1), np.ones([2, 2]), scale
    )
    sheet.bar(figure, shown, scale, 1, 0.5, 2, 'activation')
    self.assertEqual(figure.axes[1].get_xlim(), (0, 7))
    self.assertEqual(figure.axes[1].get_title(), 'activation')

  def test_the_settings_of_matplotlib_do_not_change(self):
    before = dict(matplotlib.rcParams)
    sheet.to_png(sheet.new(1, 1, 'What', 'run r'))
    self.assertEqual(dict(matplotlib.rcParams), before)


if __name__ == '__main__':
  absltest.main()
