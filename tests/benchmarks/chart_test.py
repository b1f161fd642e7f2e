"""Tests of benchmarks/chart.py."""

import numpy as np
from absl.testing import absltest

from benchmarks import chart
from benchmarks import peers
from benchmarks import speeds


class ChartTest(absltest.TestCase):
  def test_the_bar_stands_at_1_and_what_is_twice_as_fast_at_2(self):
    keras = peers.Peer('Keras', 'fit')
    bfloat16 = speeds.Contestant(peers.OURS, 'bfloat16')
    float32 = speeds.Contestant(keras, 'float32')
    bar = np.array([100.0, 50.0, 80.0])
    figure = chart.draw(
      {
        (contestant, kind): factor * bar
        for contestant, factor in ((bfloat16, 2), (float32, 1))
        for kind in speeds.KINDS
      },
      'some machine',
    )
    self.assertLen(figure.axes, 2)
    for panel in figure.axes:
      dots = {
        line.get_label(): line.get_xdata()
        for line in panel.lines
        if line.get_marker() == 'o'
      }
      np.testing.assert_array_equal(dots['float32'], [np.nan, 1])
      np.testing.assert_array_equal(dots['bfloat16'], [2, np.nan])
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    self.assertEqual(names, ['ours, auto replicas', 'Keras, fit'])
    self.assertIn('some machine', figure.texts[1].get_text())


if __name__ == '__main__':
  absltest.main()
