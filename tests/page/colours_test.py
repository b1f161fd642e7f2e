"""The colours of a page are those of the figures."""

import numpy as np
from absl.testing import absltest
from matplotlib import colormaps

from cnn_tf.figures import sheet
from cnn_tf.page import contents
from cnn_tf.page import document
from tests import small_run
from tests.page import browsers


class ColoursTest(browsers.TestCase):
  def test_they_are_those_of_the_figures(self):
    path = self.create_tempfile('page.html').full_path
    with open(path, 'w') as file:
      file.write(document.write(contents.network(small_run.untrained())))
    self.open(path)
    for values in ([0.0, 0.3, 1.7, 2.0], [-2.0, -0.4, 0.0, 0.1, 1.3]):
      scale = sheet.scale(np.array(values))
      colours = colormaps[scale.colormap]
      places = (np.array(values) - scale.low) / (scale.high - scale.low)
      expected = 255 * colours(places)[:, :3]
      found = self.js(
        'arguments[0].map(v => cnn.elements.colourOf('
        'v, cnn.elements.scaleOf(arguments[0])))',
        values,
      )
      # The page interpolates between 17 colours of viridis.
      np.testing.assert_allclose(found, expected, atol=4)


if __name__ == '__main__':
  absltest.main()
