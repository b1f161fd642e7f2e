"""The pad: strokes, pens, undo, pictures, and the arrow keys."""

import numpy as np
import tensorflow as tf
from absl.testing import absltest
from absl.testing import parameterized

from tests.page import reference_page

_LEFT, _RIGHT = '\ue012', '\ue014'
_NOTE = 'document.querySelector(".note-on-file").textContent'


class StrokesTest(reference_page.TestCase):
  def test_drawing_changes_the_answer_and_undo_takes_it_back(self):
    self.open(self.path, 'f=1')
    empty = self.logits()
    self.draw((8, 5), (8, 20))
    one = self.logits()
    self.draw((8, 12), (16, 12))
    two = self.logits()
    self.assertFalse(np.array_equal(empty, one) or np.array_equal(one, two))
    self.click('[data-key=undo]')
    np.testing.assert_array_equal(self.logits(), one)
    self.click('[data-key=clear]')
    np.testing.assert_array_equal(self.logits(), empty)

  def test_a_drawing_is_scaled_and_centred_as_mnist_was_made(self):
    self.open(self.path, 'f=1')
    self.draw((2, 2), (2, 8), (4, 8))
    image = self.image().reshape(28, 28)
    rows = np.flatnonzero(image.max(axis=1) > 0.5)
    self.assertBetween(rows[-1] - rows[0] + 1, 19, 21)
    for axis in (0, 1):
      centre = image.sum(axis=1 - axis) @ np.arange(28) / image.sum()
      self.assertAlmostEqual(centre, 14, delta=0.3)
    self.click('[data-key=framed]')
    small = self.image().reshape(28, 28)
    # The pen reaches 1.1 pixels from the line at 2.5, and row 1 ends at 2.
    self.assertEqual(np.flatnonzero(small.max(axis=1) > 0.5)[0], 1)
    self.assertLess(small.sum(), image.sum())

  def test_drawing_where_nothing_sees_changes_nothing(self):
    self.open(self.path, 'f=0&i=3')
    before = self.logits()
    image = self.image()
    self.draw((27.2, 3), (27.2, 20))
    changed = np.flatnonzero(self.image() != image) % 28
    self.assertNotEmpty(changed)
    self.assertContainsSubset(changed.tolist(), [26, 27])
    np.testing.assert_array_equal(self.logits(), before)

  def test_pixels_are_hatched_where_the_pad_shows_what_the_network_sees(self):
    # The last column cannot change the answer; a framed drawing is moved.
    greys = (
      '[...arguments[0].getContext("2d").getImageData('
      'arguments[0].width - 6, 40, 6, 40).data].filter((v, i) => i % 4 < 1)'
    )
    for framed, is_hatched in ((0, True), (1, False)):
      self.open(self.path, f'f={framed}')
      self.draw((8, 5), (8, 20))
      self.assertEqual(
        max(self.js(greys, self.driver.find_element('id', 'pad'))) > 0,
        is_hatched,
      )

  def test_another_pen_leaves_old_strokes_alone(self):
    self.open(self.path, 'f=0')
    self.draw((8, 5), (8, 20))
    thin = self.image()
    self.click('[data-key=pen]')
    np.testing.assert_array_equal(self.image(), thin)
    pressed = 'document.querySelector("[data-key=pen]").ariaPressed'
    self.assertEqual(self.js(pressed), 'true')
    self.draw((20, 5), (20, 20))
    columns = (self.image().reshape(28, 28)[12] > 0.5).nonzero()[0]
    self.assertLen(columns[columns < 14], 3)
    self.assertLen(columns[columns > 14], 5)

  def test_undo_takes_back_strokes_moves_and_clear_one_by_one(self):
    self.open(self.path, 'i=3')
    images = [self.image()]
    self.draw((8, 5), (8, 20))
    images.append(self.image())
    self.press(_RIGHT)
    images.append(self.image())
    self.click('[data-key=clear]')
    for image in reversed(images):
      self.click('[data-key=undo]')
      np.testing.assert_array_equal(self.image(), image)
    self.assertEqual(self.js('cnn.state.state.example'), 3)

  def test_a_stroke_ends_when_it_is_undone(self):
    self.open(self.path, 'f=0')
    self.driver.execute_script("""
      const pad = document.getElementById('pad');
      const send = (type, x) => pad.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, clientX: x, clientY: 100, bubbles: true}));
      pad.setPointerCapture = () => {};
      send('pointerdown', 60);
      send('pointermove', 90);
      cnn.input.undo();
      send('pointermove', 120);""")
    self.assertEqual(
      self.js('[cnn.state.state.strokes, cnn.state.state.past]'), [[], []]
    )


class ArrowKeysTest(reference_page.TestCase):
  def test_the_arrow_keys_move_the_image_while_the_pad_has_the_focus(self):
    self.open(self.path, 'i=3')
    before = self.image().reshape(28, 28)
    self.focus_pad()
    for key in '\ue012\ue012\ue013':  # left, left, up
      self.press(key)
    after = self.image().reshape(28, 28)
    np.testing.assert_array_equal(after[:-1, :-2], before[1:, 2:])
    self.wait('location.hash.includes("m=-1,-2")')

  def test_a_stroke_after_an_arrow_key_keeps_what_was_drawn(self):
    self.open(self.path, 'f=0')
    self.draw((8, 5), (8, 20))
    first = self.image().reshape(28, 28)
    self.press(_RIGHT)
    self.draw((20, 5), (20, 20))
    both = self.image().reshape(28, 28)
    np.testing.assert_allclose(both[:, 1:15], first[:, :14], atol=0.005)
    self.assertGreater(both[:, 18:].max(), 0.9)
    self.assertLen(self.js('cnn.state.state.strokes'), 2)

  def test_an_image_that_was_moved_out_gets_no_answer(self):
    self.open(self.path, 'i=3&m=0,28')
    self.assertEqual(self.text('#answer'), '–\nNothing is drawn.')
    self.focus_pad()
    for _ in range(20):
      self.press(_LEFT)
    self.assertIn('%', self.text('#answer'))


class PicturesTest(reference_page.TestCase, parameterized.TestCase):
  def upload(self, name, content):
    """Opens a file with the button of the page."""
    path = self.path.with_name(name)
    path.write_bytes(content)
    field = self.driver.find_element('css selector', 'input[type=file]')
    field.send_keys(str(path))

  @parameterized.parameters(3, 4)
  def test_a_picture_is_inverted_if_its_background_is_light(self, num_channels):
    # A dark bar of 20x60 pixels on light or transparent paper of 200x100.
    picture = np.zeros((100, 200, num_channels), np.uint8)
    picture[..., :3] = 230 if num_channels == 3 else 0
    picture[30:90, 20:40] = [20, 20, 20, 255][:num_channels]
    self.open(self.path, 'f=1')
    self.upload('picture.png', tf.io.encode_png(picture).numpy())
    self.wait('cnn.state.state.pixels')
    image = self.image().reshape(28, 28)
    rows, columns = (np.flatnonzero(image.max(axis=a) > 0.5) for a in (1, 0))
    # It fills the box of 20 pixels, a third as wide, in the centre.
    self.assertBetween(len(rows), 19, 21)
    self.assertBetween(len(columns), 6, 8)
    self.assertBetween(np.mean(rows), 13, 14.5)
    self.assertEqual(image[0].max(), 0)

  def test_a_file_that_is_no_picture_is_reported(self):
    self.open(self.path, 'i=3')
    before = self.logits()
    self.upload('text.png', b'text')
    self.wait(_NOTE)
    self.assertEqual(
      self.text('.note-on-file'), 'text.png: not a picture that can be read.'
    )
    np.testing.assert_array_equal(self.logits(), before)

  def test_a_picture_without_ink_is_reported(self):
    self.open(self.path, 'i=3')
    white = np.full((50, 50, 3), 255, np.uint8)
    self.upload('white.png', tf.io.encode_png(white).numpy())
    self.wait(_NOTE)
    self.assertEqual(
      self.text('.note-on-file'), 'white.png: no ink in this picture.'
    )
    self.assertEqual(self.text('#answer'), '–\nNothing is drawn.')

  def test_an_error_disappears_with_the_next_change(self):
    for change in (
      lambda: self.click('[data-key=clear]'),
      lambda: self.click('[data-key=undo]'),
      lambda: self.click('[data-example="4"]'),
      lambda: self.draw((8, 5), (8, 20)),
      lambda: [self.focus_pad(), self.press(_LEFT)],
      lambda: [
        self.js('location.hash = "i=5"'),
        self.wait('!cnn.state.state.past[0]'),
      ],
    ):
      self.open(self.path, 'i=3')
      self.click('[data-key=clear]')
      self.upload('text.png', b'text')
      self.wait(_NOTE)
      change()
      self.assertEqual(self.text('.note-on-file'), '')


if __name__ == '__main__':
  absltest.main()
