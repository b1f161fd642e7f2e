"""What a person does with a page, by real mouse and key events."""

import json

import numpy as np
import tensorflow as tf
from absl.testing import absltest

from cnn_tf.data import datasets
from tests.page import reference_page


class UseTest(reference_page.TestCase):
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

  def test_the_answer_on_the_page_is_that_of_tensorflow(self):
    self.open(self.path, 'f=1')
    self.draw((8, 5), (8, 20), (18, 20))
    image = np.array(self.js('Array.from(view.image)'), np.float32)
    logits = self.run_.network(image.reshape(1, 28, 28, 1))[0].numpy()
    np.testing.assert_allclose(self.logits(), logits, atol=1e-4)
    shares = np.exp(logits) / np.exp(logits).sum()
    self.assertEqual(self.text('.share'), f'{100 * shares.max():.1f} %')

  def test_a_drawing_is_scaled_and_centred_as_mnist_was_made(self):
    self.open(self.path, 'f=1')
    self.draw((2, 2), (2, 8), (4, 8))
    image = np.array(self.js('Array.from(view.image)')).reshape(28, 28)
    rows = np.flatnonzero(image.max(axis=1) > 0.5)
    self.assertBetween(rows[-1] - rows[0] + 1, 19, 21)
    for axis in (0, 1):
      centre = image.sum(axis=1 - axis) @ np.arange(28) / image.sum()
      self.assertAlmostEqual(centre, 14, delta=0.3)
    self.click('[data-key=framed]')
    small = np.array(self.js('Array.from(view.image)')).reshape(28, 28)
    # The pen reaches 1.1 pixels from the line at 2.5, and row 1 ends at 2.
    self.assertEqual(np.flatnonzero(small.max(axis=1) > 0.5)[0], 1)
    self.assertLess(small.sum(), image.sum())

  def test_drawing_where_nothing_sees_changes_nothing(self):
    self.open(self.path, 'f=0&i=3')
    before = self.logits()
    image = self.js('Array.from(view.image)')
    self.draw((27.2, 3), (27.2, 20))
    after = self.js('Array.from(view.image)')
    self.assertNotEqual(after, image)
    changed = np.flatnonzero(np.array(after) != np.array(image)) % 28
    self.assertContainsSubset(changed.tolist(), [26, 27])
    np.testing.assert_array_equal(self.logits(), before)

  def test_the_arrow_keys_move_the_image_while_the_pad_has_the_focus(self):
    self.open(self.path, 'i=3')
    before = np.array(self.js('Array.from(view.image)')).reshape(28, 28)
    self.js('input.pad.focus()')
    for key in '\ue012\ue012\ue013':  # left, left, up
      self.press(key)
    after = np.array(self.js('Array.from(view.image)')).reshape(28, 28)
    np.testing.assert_array_equal(after[:-1, :-2], before[1:, 2:])
    self.wait('location.hash.includes("m=-1,-2")')

  def test_five_clicks_from_the_answer_to_the_pixels(self):
    self.open(self.path, 'i=3')
    self.click('[data-key=why]')
    self.assertIn('Why', self.text('#inspector h2'))
    for click, title in (
      ('#inspector .sum button.link', 'dense1 unit'),
      ('#inspector .sum button.link', 'conv3 map'),
      ('.big-map', 'conv3 map'),
      ('[data-key=pixels]', 'Which pixels?'),
    ):
      self.click(click)
      self.assertStartsWith(self.text('#inspector h2'), title)
    self.wait('document.querySelector("[data-done=true]")')
    node = self.js('selection()')
    row = self.driver.find_element('css selector', '[data-done] tr').text
    # The row names a pixel and what it adds: without it, the node has less.
    y, x = json.loads(
      row[row.index('(') : row.index(')') + 1]
      .replace('(', '[')
      .replace(')', ']')
    )
    image = np.array(self.js('Array.from(view.image)'), np.float32)
    image = np.stack([image, image]).reshape(2, 28, 28, 1)
    image[1, y, x] = 0
    tensor = self.run_.network.activations(image)['conv3']
    whole, without = tensor[:, node['y'], node['x'], node['map']].numpy()
    adds = float(row.split()[-1].replace('−', '-'))
    self.assertAlmostEqual(adds, whole - without, delta=0.001)

  def test_a_picture_is_inverted_if_its_background_is_light(self):
    # A dark bar of 20x60 pixels on light paper of 200x100.
    picture = np.full((100, 200, 3), 230, np.uint8)
    picture[30:90, 20:40] = 20
    path = self.path.with_name('picture.png')
    path.write_bytes(tf.io.encode_png(picture).numpy())
    self.open(self.path, 'f=1')
    upload = self.driver.find_element('css selector', 'input[type=file]')
    upload.send_keys(str(path))
    self.wait('state.pixels')
    image = np.array(self.js('Array.from(view.image)')).reshape(28, 28)
    rows, columns = (np.flatnonzero(image.max(axis=a) > 0.5) for a in (1, 0))
    # It fills the box of 20 pixels, a third as wide, in the centre.
    self.assertBetween(len(rows), 19, 21)
    self.assertBetween(len(columns), 6, 8)
    self.assertBetween(np.mean(rows), 13, 14.5)
    self.assertEqual(image[0].max(), 0)

  def test_a_file_that_is_no_picture_is_said_to_be_none(self):
    path = self.path.with_name('text.png')
    path.write_text('text')
    self.open(self.path, 'i=3')
    before = self.logits()
    upload = self.driver.find_element('css selector', 'input[type=file]')
    upload.send_keys(str(path))
    self.wait('input.note.textContent')
    self.assertEqual(
      self.text('.note-on-file'), 'text.png: not a picture that can be read.'
    )
    np.testing.assert_array_equal(self.logits(), before)

  def test_a_link_shows_the_same(self):
    self.open(self.path, 'f=1')
    self.draw((8, 5), (8, 20), (18, 20))
    self.click('[data-key=why]')
    self.click('#inspector .sum button.link')
    self.wait('location.hash.includes("s=why")')
    url, logits = self.driver.current_url, self.logits()
    title = self.text('#inspector h2')
    self.open(self.path, url.partition('#')[2])
    np.testing.assert_array_equal(self.logits(), logits)
    self.assertEqual(self.text('#inspector h2'), title)

  def test_a_link_to_what_does_not_exist_shows_what_does(self):
    for state in (
      'i=999&m=x&s=node.conv9.0.0.0/map.conv1.99&off=conv1.77/nothing.1',
      'p=AAA&k=other&s=why.0.11/node.conv1.30.1.1/toString.1',
      'p=%%%&i=-1&s=why.0/node.conv1.0.0.1',
    ):
      self.open(self.path, state)
      self.assertTrue(self.js('state.off && !Object.keys(state.off).length'))
      self.assertTrue(np.isfinite(self.logits()).all())
    self.assertEqual(self.js('selection() && selection().layer'), 'conv1')

  def test_max_pooling_shows_which_value_won(self):
    self.open(self.path, 'i=3&s=node.pool1.6.6.5')
    number = self.js('contents.examples.numbers[3]')
    images = datasets.to_float(self.run_.data.test.images[number : number + 1])
    window = self.run_.network.activations(images)['conv1/relu']
    window = window[0, 12:14, 12:14, 5].numpy()
    cells = self.driver.find_elements('css selector', '.grid td')
    won = ['winner' in cell.get_attribute('class') for cell in cells]
    self.assertEqual(np.argmax(won), window.argmax())
    self.assertEqual(sum(won), 1)

  def test_a_hidden_answer_is_nowhere(self):
    self.open(self.path, 'i=3&h=1&s=why.1.2')
    for selector in ('#answer', '#inspector'):
      self.assertNotIn('%', self.text(selector))
    self.assertEqual(self.js('stateToText()'), 'i=3&h=1')  # not the classes
    self.assertEmpty(self.driver.find_elements('css selector', '.crumbs'))
    self.click('[data-key=show]')
    self.assertIn('%', self.text('#answer'))

  def test_pixels_are_hatched_where_the_pad_shows_what_the_network_sees(self):
    # The last column cannot change the answer; a framed drawing is moved.
    greys = (
      '[...input.pad.getContext("2d").getImageData('
      'input.pad.width - 6, 40, 6, 40).data].filter((v, i) => i % 4 < 1)'
    )
    for framed, is_hatched in ((0, True), (1, False)):
      self.open(self.path, f'f={framed}')
      self.draw((8, 5), (8, 20))
      self.assertEqual(max(self.js(greys)) > 0, is_hatched)

  def test_back_and_forward_show_what_the_address_names(self):
    self.open(self.path, 'i=3')
    self.js('location.hash = "i=4"')
    self.wait('state.example === 4')
    for step, example in (('back', 3), ('forward', 4)):
      self.js(f'history.{step}()')
      self.wait(f'state.example === {example}')
      self.wait(f'location.hash === "#i={example}"')

  def test_the_keyboard_opens_a_map(self):
    self.open(self.path, 'i=3')
    self.js('rows.conv2.canvas.focus()')
    self.press('\ue014')  # right, from the first map
    self.press('\ue014')
    self.assertEqual(self.js('selection().map'), 1)
    self.assertEqual(self.text('#inspector h2'), 'conv2 map 1')

  def test_no_text_becomes_markup(self):
    self.open(self.path, 'i=3&s=why.3.1')
    self.assertIn('<img', self.text('header h1'))
    self.assertIn('<img', self.text('#answer'))
    self.assertEqual(self.js('document.querySelectorAll("img").length'), 0)
    self.assertIsNone(self.js('window.hacked'))

  def test_no_script_but_its_own_would_run(self):
    self.open(self.path)
    self.driver.execute_script("""
      const script = document.createElement('script');
      script.textContent = 'window.hacked = 1';
      document.body.append(script);
      fetch('https://example.org').catch(() => { window.refused = 1; });""")
    self.wait('window.refused')
    self.assertIsNone(self.js('window.hacked'))
    messages = '\n'.join(e['message'] for e in self.driver.get_log('browser'))
    self.assertIn('script-src', messages)
    self.assertIn('connect-src', messages)

  def test_no_request_leaves_the_file(self):
    self.open(self.path)
    self.driver.get_log('performance')
    self.open(self.path, 'i=3&s=map.conv3.5')
    self.click('[data-key="choose-initial"]')
    events = [
      json.loads(entry['message'])['message']
      for entry in self.driver.get_log('performance')
    ]
    asked = {
      event['params']['request']['url'].partition('#')[0]
      for event in events
      if event['method'] == 'Network.requestWillBeSent'
    }
    self.assertEqual(asked, {self.path.as_uri()})

  def test_nothing_is_wider_than_a_phone(self):
    size = dict(width=390, height=844, deviceScaleFactor=1, mobile=True)
    set_size = 'Emulation.setDeviceMetricsOverride'
    self.driver.execute_cdp_cmd(set_size, size)
    try:
      for state in ('i=3', 'i=3&s=node.conv2.3.3.3', 'i=3&s=map.conv3.5'):
        self.open(self.path, state)
        self.assertLessEqual(self.js('document.body.scrollWidth'), 390)
    finally:
      size = dict(width=1280, height=720, deviceScaleFactor=1, mobile=False)
      self.driver.execute_cdp_cmd(set_size, size)


if __name__ == '__main__':
  absltest.main()
