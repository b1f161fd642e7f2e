"""Tests of low_precision.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.figures import low_precision
from cnn_tf.figures import sheet


def _panel():
  figure = sheet.new(4, 3, 'title', 'source')
  return figure, sheet.place(figure, 1, 1, 2, 1.5)


class PrecisionTest(absltest.TestCase):
  def test_each_pair_has_a_dot_and_the_mean_its_interval(self):
    _, panel = _panel()
    low_precision.pairs(panel, {'a': [0.1, 0.2, 0.3, 0.4], 'b': [0.5]})
    by_marker = {
      marker: [
        list(x.get_xdata()) for x in panel.lines if x.get_marker() == marker
      ]
      for marker in 'oD'
    }
    self.assertEqual(by_marker['o'], [[0.1, 0.2, 0.3, 0.4], [0.5]])
    np.testing.assert_allclose(by_marker['D'], [[0.25], [0.5]])
    [bars] = panel.collections  # none for a single pair
    half = 3.182 * (0.05 / 3) ** 0.5 / 2
    low, high = bars.get_segments()[0][:, 0]
    np.testing.assert_allclose((low, high), (0.25 - half, 0.25 + half))
    names = [label.get_text() for label in panel.get_yticklabels()]
    self.assertEqual(names, ['a', 'b'])

  def test_layers_without_a_value_are_left_out_of_the_line(self):
    _, panel = _panel()
    by_kind = {
      'output alone': {'conv1': 8.0, 'dense1': 6.0},
      'pre-activation': {},
      'input gradient alone': {},
      'kernel gradient': {},
    }
    low_precision.bits(panel, ['conv1', 'pool1', 'dense1'], by_kind)
    line = panel.lines[0]
    self.assertEqual(list(line.get_xdata()), [0, 2])
    self.assertEqual(list(line.get_ydata()), [8, 6])

  def test_a_layer_has_one_bar_for_each_precision(self):
    figure, panel = _panel()
    found = {'float32': {'a': 1.0, 'b': 3.0}, 'bfloat16': {'a': 2.0, 'b': 4.0}}
    low_precision.times(panel, found)
    widths = [bar.get_width() for bar in panel.patches]
    self.assertEqual(widths, [1, 3, 2, 4])
    self.assertEqual(
      [x.get_text() for x in panel.texts], ['1.0', '3.0', '2.0', '4.0']
    )
    self.assertEqual(sheet.to_png(figure)[:4], b'\x89PNG')


if __name__ == '__main__':
  absltest.main()
