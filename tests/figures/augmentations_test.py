"""Tests of augmentations.py."""

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.figures import augmentations
from cnn_tf.figures import sheet


class AugmentationsTest(parameterized.TestCase):
  @parameterized.parameters(1, 8)
  def test_every_row_has_its_label_and_its_images(self, count):
    draw = np.random.default_rng(0)
    rows = {name: draw.random([count, 6, 5]) for name in ('as is', '--flip')}
    figure = augmentations.augmentations(rows, 'run r')
    texts = [text.get_text() for text in figure.texts]
    self.assertEqual(texts[1:], ['run r', 'as is', '--flip'])
    for panel, images in zip(figure.axes, rows.values(), strict=True):
      shown = [image.get_array() for image in panel.images]
      np.testing.assert_array_equal(shown, images)
    self.assertStartsWith(sheet.to_png(figure), b'\x89PNG')


if __name__ == '__main__':
  absltest.main()
