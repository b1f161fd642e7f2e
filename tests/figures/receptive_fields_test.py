"""Tests of receptive_fields.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.figures import receptive_fields
from cnn_tf.figures import sheet


class ReceptiveFieldsTest(absltest.TestCase):
  def draw(self, gradient, unseen=None):
    """One layer, whose field is rows 2 to 4, columns 1 to 2 of 8x6 pixels."""
    seen = np.zeros([8, 6], bool)
    seen[2:5, 1:3] = True
    image = np.arange(48).reshape(8, 6)
    unseen = np.zeros([8, 6], bool) if unseen is None else unseen
    figure = receptive_fields.receptive_fields(
      ['conv1'], seen[np.newaxis], gradient[np.newaxis], unseen, image, 'run r'
    )
    return figure, figure.axes[0]

  def test_the_field_is_framed_and_the_gradient_shaded(self):
    gradient = np.zeros([8, 6])
    gradient[2:5, 1:3] = 0.5
    figure, panel = self.draw(gradient)
    self.assertEqual(panel.get_title(), 'conv1: 3x2, both agree')
    [frame] = panel.patches
    self.assertEqual(frame.get_bbox().bounds, (0.5, 1.5, 2, 3))
    alpha = panel.images[1].get_array()[..., 3]
    np.testing.assert_array_equal(alpha > 0, gradient > 0)
    self.assertEqual(panel.images[0].get_array()[7, 5], 47)
    self.assertNotIn('hatching', ''.join(t.get_text() for t in figure.texts))

  def test_differing_pixels_are_counted(self):
    gradient = np.zeros([8, 6])
    gradient[2:5, 1] = 0.5
    _, panel = self.draw(gradient)
    self.assertEqual(panel.get_title(), 'conv1: 3x2, 3 pixels differ')

  def test_pixels_without_influence_are_hatched_and_counted(self):
    unseen = np.zeros([8, 6], bool)
    unseen[7] = unseen[:, 4:] = True
    figure, panel = self.draw(np.ones([8, 6]), unseen)
    hatched = [patch for patch in panel.patches if patch.get_hatch()]
    boxes = [patch.get_bbox().bounds for patch in hatched]
    self.assertEqual(boxes, [(-0.5, 6.5, 6, 1), (3.5, -0.5, 2, 8)])
    self.assertIn('hatching: 20 pixels', figure.texts[2].get_text())


class PixelsTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.panel = sheet.place(sheet.new(4, 3, 'title', 'source'), 1, 1, 2, 1.5)

  def test_a_node_its_neighbours_and_a_stated_corner(self):
    receptive_fields.of_neighbours(self.panel, {0, 1}, {0, 1, 2}, 4)
    shown = self.panel.images[0].get_array().filled(9)
    expected = np.full((5, 5), 9)
    expected[:3, :3] = 1
    expected[:2, :2] = 0
    np.testing.assert_array_equal(shown, expected)
    [corner] = self.panel.lines
    self.assertEqual(list(corner.get_xdata()), [-0.5, 3.5, 3.5])
    self.assertEqual(list(corner.get_ydata()), [3.5, 3.5, -0.5])
    self.assertEqual([x.get_text() for x in self.panel.texts], ['2x2', '3x3'])

  def test_lines_are_in_front_of_the_first_unseen_row_and_column(self):
    unseen = np.zeros([6, 6], bool)
    unseen[4:] = unseen[:, 5:] = True
    values = np.arange(36.0).reshape(6, 6)
    receptive_fields.with_unseen(self.panel, values, unseen, 'title')
    across, down = self.panel.lines
    self.assertEqual(across.get_xdata()[0], 4.5)
    self.assertEqual(down.get_ydata()[0], 3.5)


if __name__ == '__main__':
  absltest.main()
