"""Tests of tiles.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles


def _draw(*arguments):
  """The panel with the tiles."""
  figure = sheet.new(9, 9, '', '')
  grid = tiles.Tiles(*arguments)
  grid.draw(figure, 1, 1, sheet.PIXELS)
  return figure.axes[0]


class TilesTest(absltest.TestCase):
  def test_images_are_labelled_and_do_not_overlap(self):
    images = np.random.default_rng(0).random([5, 4, 3])
    panel = _draw(images, 2, 3.0, list('abcde'))
    for image, shown in zip(images, panel.images, strict=True):
      np.testing.assert_array_equal(shown.get_array(), image)
    self.assertEqual([text.get_text() for text in panel.texts], list('abcde'))
    boxes = [shown.get_extent() for shown in panel.images]
    for left, right, bottom, top in boxes:
      self.assertAlmostEqual((bottom - top) / (right - left), 4 / 3)
    self.assertLess(boxes[0][1], boxes[1][0])  # side by side
    self.assertLess(boxes[0][2], boxes[2][3])  # one below the other
    self.assertLess(boxes[4][2], panel.get_ylim()[0])  # within the panel

  def test_sizes_may_differ_and_none_leaves_a_gap(self):
    images = [np.ones([28, 28]), None, np.ones([3, 3])]
    panel = _draw(images, 3, 3.0, ['a', '', 'b'])
    first, last = (shown.get_extent() for shown in panel.images)
    np.testing.assert_allclose(
      np.subtract(last, first), [2, 2, 0, 0], atol=1e-9
    )

  def test_a_dead_tile_is_crossed_out_and_labelled(self):
    panel = _draw(np.ones([3, 2, 2]), 3, 3.0, (), [1])
    [text] = panel.texts
    self.assertEqual(text.get_text(), 'dead')
    left, right, *_ = panel.images[1].get_extent()
    self.assertBetween(text.get_position()[0], left, right)
    self.assertLen(panel.lines, 2)


if __name__ == '__main__':
  absltest.main()
