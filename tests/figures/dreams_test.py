"""Tests of dreams.py."""

import numpy as np
import tensorflow as tf

from cnn_tf.figures import dreams
from cnn_tf.figures import sheet


class DreamsTest(tf.test.TestCase):
  def test_the_start_and_each_size_with_its_pixels(self):
    start = np.zeros([28, 21])
    found = [np.ones([20, 15]), np.ones([28, 21])]
    with sheet.defaults():
      figure = dreams.dreams('conv2', start, found, 'a run')
    [panel] = figure.axes
    labels = [text.get_text() for text in panel.texts]
    self.assertEqual(labels, ['start', '20x15 pixels', '28x21 pixels'])
    title, source = (text.get_text() for text in figure.texts)
    self.assertIn('conv2', title)
    self.assertEqual(source, 'a run')
    for image, values in zip(panel.images, [start, *found], strict=True):
      self.assertAllEqual(image.get_array(), values)


if __name__ == '__main__':
  tf.test.main()
