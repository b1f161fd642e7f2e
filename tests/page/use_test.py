"""From the answer to the pixels, and what the page says on the way."""

import json

import numpy as np
from absl.testing import absltest

from tests.page import browsers
from tests.page import reference_page


class UseTest(reference_page.TestCase):
  def test_the_answer_on_the_page_is_that_of_tensorflow(self):
    self.open(self.path, 'f=1')
    self.draw((8, 5), (8, 20), (18, 20))
    image = self.image()
    logits = self.run_.network(image.reshape(1, 28, 28, 1))[0].numpy()
    np.testing.assert_allclose(self.logits(), logits, atol=1e-4)
    shares = np.exp(logits) / np.exp(logits).sum()
    self.assertEqual(self.text('.share'), f'{100 * shares.max():.1f} %')

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
    node = self.js('cnn.state.selection()')
    row = self.driver.find_element('css selector', '[data-done] tr').text
    # The row names a pixel and what it adds: without it, the node has less.
    y, x = json.loads(
      row[row.index('(') : row.index(')') + 1]
      .replace('(', '[')
      .replace(')', ']')
    )
    image = self.image()
    image = np.stack([image, image]).reshape(2, 28, 28, 1)
    image[1, y, x] = 0
    tensor = self.run_.network.activations(image)['conv3']
    whole, without = tensor[:, node['y'], node['x'], node['map']].numpy()
    adds = browsers.to_float(row.split()[-1])
    self.assertAlmostEqual(adds, whole - without, delta=0.001)

  def test_max_pooling_shows_which_value_won(self):
    self.open(self.path, 'i=3&s=node.pool1.6.6.5')
    images = self.example(self.run_, 3)
    window = self.run_.network.activations(images)['conv1/relu']
    window = window[0, 12:14, 12:14, 5].numpy()
    cells = self.driver.find_elements('css selector', '.grid td')
    won = ['winner' in cell.get_attribute('class') for cell in cells]
    self.assertEqual(np.argmax(won), window.argmax())
    self.assertEqual(sum(won), 1)

  def test_a_pressed_control_is_not_replaced_before_its_click(self):
    self.open(self.path, 'i=3')
    self.js('window.pressed = document.querySelector("[data-key=theme]")')
    dark = self.js('cnn.page.isDark()')
    # The release of another control, just before, does not end this press.
    for kind in ('pointerup', 'pointerdown'):
      self.js(
        f'pressed.dispatchEvent(new PointerEvent("{kind}", {{bubbles: true}}))'
      )
    self.driver.execute_async_script('setTimeout(arguments[0], 150)')
    self.js('cnn.changes.update()')  # as Play does
    self.settle()
    self.assertTrue(self.js('pressed.isConnected'))
    self.js('pressed.click()')
    self.settle()
    self.assertNotEqual(self.js('cnn.page.isDark()'), dark)
    self.assertFalse(self.js('pressed.isConnected'))  # drawn again

  def test_pictures_and_heat_maps_have_labels(self):
    self.open(self.path, 'i=3&s=map.conv3.5')
    self.assertEqual(
      self.js(
        '[...document.querySelectorAll("#inspector canvas")].filter('
        'c => !c.ariaLabel && !c.ariaHidden).length'
      ),
      0,
    )

  def test_the_label_of_a_heat_map_names_its_smallest_and_largest_value(self):
    self.open(self.path, 'i=3&s=node.conv1.9.9.1/pixels.conv1.9.9.1')
    self.wait('document.querySelector("[data-done=true]")')
    label = self.js('document.querySelector(".pixel-effects canvas").ariaLabel')
    self.assertRegex(label, r'^What each pixel adds, from \S+ to \S+$')
    first, last = map(browsers.to_float, label.split()[-3::2])
    rows = self.driver.find_elements('css selector', '[data-done] .value')
    adds = [browsers.to_float(row.text) for row in rows]
    self.assertIn(max(adds, key=abs), (first, last))
    self.select(dict(view='map', layer='conv2', map=1))
    kernel = self.js(
      'cnn.network.parametersNow().conv2.kernel.filter((_, i) => i % 64 == 1)'
    )
    self.assertIn(
      f'from −{-min(kernel):.3f} to {max(kernel):.3f}',
      self.js('document.querySelector("[aria-label^=Weights]").ariaLabel'),
    )

  def test_the_header_says_how_the_network_was_trained_and_evaluated(self):
    self.open(self.path, 'i=3')
    self.assertNotIn('bfloat16', self.text('header'))
    self.js(
      'Object.assign(cnn.state.contents, {precision: "bfloat16", flips: true,'
      'result: {test_accuracy: 0.93, test_examples: 10000}})'
    )
    self.js('cnn.changes.update()')
    self.settle()
    header = self.text('header')
    self.assertIn('trained in bfloat16, computed here in float32', header)
    self.assertIn('93.00 % of 10,000 test images, averaged over flips', header)


if __name__ == '__main__':
  absltest.main()
