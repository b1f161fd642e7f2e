"""Tests of kernels.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.figures import kernels


def _texts(figure):
  return [text.get_text() for text in figure.texts]


class KernelsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    random = np.random.default_rng(0)
    self.first = random.normal(size=[20, 3, 5])
    self.second = random.normal(size=[3, 2, 20, 9])

  def test_the_first_layer_has_one_scale_with_0_in_the_middle(self):
    figure = kernels.kernels(self.first, 'conv1', {}, 'run r')
    panel, bar = figure.axes
    self.assertLen(panel.images, 20)
    limit = np.abs(self.first).max()
    for kernel, shown in zip(self.first, panel.images, strict=True):
      np.testing.assert_array_equal(shown.get_array(), kernel)
      self.assertEqual(shown.get_clim(), (-limit, limit))
    self.assertEqual(bar.get_title(), 'weight')
    self.assertEqual(panel.texts[19].get_text(), '19')

  def test_a_deeper_layer_has_a_row_for_each_filter(self):
    deeper = {('conv2', 'pool1'): self.second}
    figure = kernels.kernels(self.first, 'conv1', deeper, 'run r')
    panel = figure.axes[2]
    self.assertEqual(panel.get_ylabel(), 'filter')
    self.assertEqual(panel.get_xlabel(), 'map of pool1')
    self.assertIn('9 filters, 20 input maps', _texts(figure))
    cells = panel.images[0].get_array()
    self.assertEqual(cells.shape, (9 * 4, 20 * 3))
    # Filter 7 for input map 11, and the gaps below it and to its right.
    tile = np.ma.filled(cells[7 * 4 : 8 * 4, 11 * 3 : 12 * 3], np.nan)
    np.testing.assert_array_equal(tile[:3, :2], self.second[:, :, 11, 7])
    self.assertTrue(np.isnan(tile[3]).all() and np.isnan(tile[:, 2]).all())

  def test_large_layers_are_on_separate_lines(self):
    kernel = np.ones([3, 3, 64, 64])
    deeper = {('conv2', 'pool1'): kernel, ('conv3', 'pool2'): kernel}
    figure = kernels.kernels(self.first, 'conv1', deeper, 'run r')
    boxes = [figure.axes[number].get_position() for number in (2, 4)]
    self.assertGreater(boxes[0].y0, boxes[1].y1)
    self.assertLess(max(figure.get_size_inches()), 20)


if __name__ == '__main__':
  absltest.main()
