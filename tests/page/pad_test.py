"""What is said of pictures and drawings, and strokes that are cut short."""

import numpy as np
import tensorflow as tf
from absl.testing import absltest

from tests.page import reference_page

_LEFT = '\ue012'


class PadTest(reference_page.TestCase):
  def give(self, name, content):
    """Opens a file with the button of the page."""
    path = self.path.with_name(name)
    path.write_bytes(content)
    upload = self.driver.find_element('css selector', 'input[type=file]')
    upload.send_keys(str(path))
    self.wait('input.note.textContent')

  def test_a_picture_without_ink_is_said_to_have_none(self):
    self.open(self.path, 'i=3')
    white = np.full((50, 50, 3), 255, np.uint8)
    self.give('white.png', tf.io.encode_png(white).numpy())
    self.assertEqual(
      self.text('.note-on-file'), 'white.png: no ink in this picture.'
    )
    self.assertEqual(self.text('#answer'), '–\nNothing is drawn.')

  def test_an_image_that_was_moved_out_gets_no_answer(self):
    self.open(self.path, 'i=3&m=0,28')
    self.assertEqual(self.text('#answer'), '–\nNothing is drawn.')
    self.js('input.pad.focus()')
    for _ in range(20):
      self.press(_LEFT)
    self.assertIn('%', self.text('#answer'))

  def test_an_error_disappears_with_the_next_change(self):
    for change in (
      lambda: self.click('[data-key=clear]'),
      lambda: self.click('[data-key=undo]'),
      lambda: self.click('[data-example="4"]'),
      lambda: self.draw((8, 5), (8, 20)),
      lambda: [self.js('input.pad.focus()'), self.press(_LEFT)],
      lambda: [self.js('location.hash = "i=5"'), self.wait('!state.past[0]')],
    ):
      self.open(self.path, 'i=3')
      self.click('[data-key=clear]')
      self.give('text.png', b'text')
      change()
      self.assertEqual(self.text('.note-on-file'), '')

  def test_a_stroke_ends_when_it_is_undone(self):
    self.open(self.path, 'f=0')
    self.driver.execute_script("""
      const send = (type, x) => input.pad.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, clientX: x, clientY: 100, bubbles: true}));
      input.pad.setPointerCapture = () => {};
      send('pointerdown', 60);
      send('pointermove', 90);
      undo();
      send('pointermove', 120);""")
    self.assertEqual(self.js('[state.strokes, state.past]'), [[], []])


if __name__ == '__main__':
  absltest.main()
