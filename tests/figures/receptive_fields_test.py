"""Tests of receptive_fields.py."""

import numpy as np
from absl.testing import absltest

from cnn_tf.figures import receptive_fields


class ReceptiveFieldsTest(absltest.TestCase):
  def draw(self, gradient, unseen=None):
    """One layer, whose field is rows 2 to 4, columns 1 to 2 of 8x6 pixels."""
    seen = np.zeros([8, 6], bool)
    seen[2:5, 1:3] = True
    image = np.arange(48).reshape(8, 6)
    unseen = np.zeros([8, 6], bool) if unseen is None else unseen
    page = receptive_fields.receptive_fields(
      ['conv1'], seen[np.newaxis], gradient[np.newaxis], unseen, image, 'run r'
    )
    return page, page.axes[0]

  def test_the_field_is_framed_and_the_gradient_shaded(self):
    gradient = np.zeros([8, 6])
    gradient[2:5, 1:3] = 0.5
    page, panel = self.draw(gradient)
    self.assertEqual(panel.get_title(), 'conv1: 3x2, both agree')
    [frame] = panel.patches
    self.assertEqual(frame.get_bbox().bounds, (0.5, 1.5, 2, 3))
    alpha = panel.images[1].get_array()[..., 3]
    np.testing.assert_array_equal(alpha > 0, gradient > 0)
    self.assertEqual(panel.images[0].get_array()[7, 5], 47)
    self.assertNotIn('hatching', ''.join(t.get_text() for t in page.texts))

  def test_differing_pixels_are_counted(self):
    gradient = np.zeros([8, 6])
    gradient[2:5, 1] = 0.5
    _, panel = self.draw(gradient)
    self.assertEqual(panel.get_title(), 'conv1: 3x2, 3 pixels differ')

  def test_pixels_without_influence_are_hatched_and_counted(self):
    unseen = np.zeros([8, 6], bool)
    unseen[7] = unseen[:, 4:] = True
    page, panel = self.draw(np.ones([8, 6]), unseen)
    hatched = [patch for patch in panel.patches if patch.get_hatch()]
    boxes = [patch.get_bbox().bounds for patch in hatched]
    self.assertEqual(boxes, [(-0.5, 6.5, 6, 1), (3.5, -0.5, 2, 8)])
    self.assertIn('hatching: 20 pixels', page.texts[2].get_text())


if __name__ == '__main__':
  absltest.main()
