"""A page of the untrained reference network, and a person in front of it."""

import pathlib
import tempfile

import numpy as np

from cnn_tf.page import contents
from cnn_tf.page import document
from cnn_tf.run import settings as settings_lib
from tests import small_run
from tests.page import browsers

HOSTILE = '</script><img src=x onerror="window.hacked = 1">\u2028\'"'


class TestCase(browsers.TestCase):
  """Tests with such a page, by real mouse and key events."""

  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    folder = cls.enterClassContext(tempfile.TemporaryDirectory())
    cls.path = pathlib.Path(folder, 'page.html')
    cls.run_ = small_run.untrained(settings_lib.REFERENCE_LAYERS)
    found = contents.of_run(cls.run_)
    found['dataset'] = found['run'] = HOSTILE
    found['classes'][3] = HOSTILE
    cls.path.write_text(document.write(found))

  def image(self):
    return np.array(self.js('Array.from(cnn.network.view.image)'), np.float32)

  def logits(self):
    return np.array(
      self.js('Array.from(cnn.network.logitsOf(cnn.network.view.tensors))')
    )

  def focus_pad(self):
    self.js('document.getElementById("pad").focus()')

  def draw(self, *points):
    """A stroke with the mouse; points are in pixels of the image."""
    pad = self.driver.find_element('id', 'pad')
    self.js('arguments[0].scrollIntoView()', pad)
    box = self.js(
      '(({left, top, width}) => [left, top, width])'
      '(arguments[0].getBoundingClientRect())',
      pad,
    )
    scale = box[2] / 28
    for number, (x, y) in enumerate([points[0], *points, points[-1]]):
      kind = 'mouseMoved'
      if number == 0:
        kind = 'mousePressed'
      elif number == len(points) + 1:
        kind = 'mouseReleased'
      self.driver.execute_cdp_cmd(
        'Input.dispatchMouseEvent',
        dict(
          type=kind,
          x=box[0] + (x + 0.5) * scale,
          y=box[1] + (y + 0.5) * scale,
          button='left',
          buttons=1,
          clickCount=1,
        ),
      )
    self.settle()

  def press(self, key):
    self.driver.switch_to.active_element.send_keys(key)
    self.settle()
