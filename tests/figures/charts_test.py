"""Tests of charts.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.figures import charts
from cnn_tf.figures import sheet


def _draw(**options):
  figure = sheet.new(4, 3, 'title', 'source')
  panel = sheet.place(figure, 1, 1, 2, 1.5)
  series = [
    charts.Series('a', 'blue', *np.array([[1, 2], [0.5, 1.5], [1.25, 4]])),
    charts.Series('b', 'red', *np.array([[3, np.nan]] * 3)),
  ]
  charts.dots(panel, ['first', 'second'], series, **options)
  return figure, panel


class DotsTest(absltest.TestCase):
  def test_dots_stand_at_the_values_and_ranges_from_low_to_high(self):
    _, panel = _draw()
    dots = {
      line.get_label(): line.get_xdata()
      for line in panel.lines
      if line.get_marker() == 'o'
    }
    np.testing.assert_array_equal(dots['a'], [1, 2])
    np.testing.assert_array_equal(dots['b'], [3, np.nan])
    ranges = [
      tuple(line.get_xdata())
      for line in panel.lines
      if line.get_marker() != 'o' and line.get_color() == 'blue'
    ]
    self.assertEqual(ranges, [(0.5, 1.25), (1.5, 4)])

  def test_categories_go_down_and_so_do_the_series_within_them(self):
    _, panel = _draw()
    names = [label.get_text() for label in panel.get_yticklabels()]
    self.assertEqual(names, ['first', 'second'])
    bottom, top = panel.get_ylim()
    self.assertGreater(bottom, top)
    a, b = (
      line.get_ydata() for line in panel.lines if line.get_marker() == 'o'
    )
    np.testing.assert_allclose(a, [-0.15, 0.85])
    np.testing.assert_allclose(b, [0.15, 1.15])

  def test_values_are_written_if_their_digits_are_given(self):
    _, panel = _draw()
    self.assertEmpty(panel.texts)
    _, panel = _draw(digits=1)
    texts = [text.get_text() for text in panel.texts]
    self.assertEqual(texts, ['1.0', '2.0', '3.0'])

  def test_the_reference_is_a_vertical_line(self):
    _, panel = _draw(reference=1.5)
    self.assertEqual(list(panel.lines[-1].get_xdata()), [1.5, 1.5])

  def test_a_missing_value_leaves_the_figure_drawable(self):
    figure, _ = _draw(digits=2)
    self.assertEqual(sheet.to_png(figure)[:4], b'\x89PNG')


class LinesTest(absltest.TestCase):
  def draw(self, lows, **options):
    figure = sheet.new(4, 3, 'title', 'source')
    panel = sheet.place(figure, 1, 1, 2, 1.5)
    values = np.array([3.0, 5.0])
    series = [charts.Series('a', 'blue', values, lows, values + 1)]
    charts.lines(panel, [0, 4], series, **options)
    return figure, panel

  def test_a_line_passes_through_its_values_with_ranges_around_them(self):
    _, panel = self.draw(np.array([2.5, 4.0]))
    line = panel.lines[0]
    self.assertEqual(list(line.get_xdata()), [0, 4])
    self.assertEqual(list(line.get_ydata()), [3, 5])
    [bars] = panel.collections
    ranges = [tuple(bar[:, 1]) for bar in bars.get_segments()]
    self.assertEqual(ranges, [(2.5, 4), (4, 6)])

  def test_only_lines_that_are_named_are_dashed(self):
    for dashed, style in (((), '-'), (('a',), '--'), (('b',), '-')):
      _, panel = self.draw(np.array([2.5, 4.0]), dashed=dashed)
      self.assertEqual(panel.lines[0].get_linestyle(), style)

  def test_without_ranges_the_figure_is_drawable(self):
    figure, panel = self.draw(np.full(2, np.nan))
    self.assertEmpty(panel.collections)
    self.assertEqual(sheet.to_png(figure)[:4], b'\x89PNG')


class OverSeedsTest(absltest.TestCase):
  def test_the_interval_of_four_seeds_by_hand(self):
    # Mean 0.25, deviation sqrt(0.05 / 3), and t(3, 0.975) = 3.182.
    values = np.array([[0.1, 5], [0.2, 5], [0.3, 5], [0.4, 5]])
    found = charts.over_seeds('a', 'blue', values)
    half = 3.182 * (0.05 / 3) ** 0.5 / 2
    np.testing.assert_allclose(found.values, [0.25, 5])
    np.testing.assert_allclose(found.lows, [0.25 - half, 5])
    np.testing.assert_allclose(found.highs, [0.25 + half, 5])


if __name__ == '__main__':
  absltest.main()
