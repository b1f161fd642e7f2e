"""Controls, focus and undo of a page, by real mouse and key events."""

import numpy as np
from absl.testing import absltest

from tests.page import reference_page

_DOWN, _RIGHT, _ENTER = '\ue015', '\ue014', '\ue007'


class ControlsTest(reference_page.TestCase):
  def focused(self):
    return self.js(
      'document.activeElement.dataset.key || document.activeElement.tagName'
    )

  def test_a_pressed_control_is_not_replaced_before_its_click(self):
    self.open(self.path, 'i=3')
    self.js('window.pressed = document.querySelector("[data-key=theme]")')
    dark = self.js('isDark()')
    # The release of another control, just before, does not end this press.
    for kind in ('pointerup', 'pointerdown'):
      self.js(
        f'pressed.dispatchEvent(new PointerEvent("{kind}", {{bubbles: true}}))'
      )
    self.driver.execute_async_script('setTimeout(arguments[0], 150)')
    self.js('update()')  # as Play does
    self.settle()
    self.assertTrue(self.js('pressed.isConnected'))
    self.js('pressed.click()')
    self.settle()
    self.assertNotEqual(self.js('isDark()'), dark)
    self.assertFalse(self.js('pressed.isConnected'))  # drawn again

  def test_the_focus_moves_to_the_new_view(self):
    self.open(self.path, 'i=3&s=why.1.2')
    self.js('document.querySelector("[data-key=cause]").focus()')
    self.press(_ENTER)
    self.assertEqual(self.js('selection().view'), 'cause')
    self.assertEqual(self.focused(), 'H2')

  def test_the_focus_stays_among_the_controls_after_the_last_undo(self):
    self.open(self.path, 'f=0')
    self.draw((8, 5), (8, 20))
    self.js('document.querySelector("[data-key=undo]").focus()')
    self.press(_ENTER)
    self.assertEqual(self.focused(), 'clear')

  def test_the_arrow_keys_choose_a_node_of_a_map(self):
    self.open(self.path, 'i=3&s=map.conv3.5')
    self.js('[cursor = {layer: "conv3", map: 5, y: 0, x: 0}, update()]')
    self.settle()
    self.js('document.querySelector("[data-key=big-map]").focus()')
    for key in (_DOWN, _RIGHT, _RIGHT, _RIGHT):  # the map has three columns
      self.press(key)
    self.assertEqual(self.focused(), 'big-map')
    label = self.js('document.activeElement.getAttribute("aria-label")')
    self.assertStartsWith(label, 'map 5, node (1, 2) = ')
    self.press(_ENTER)
    self.assertEqual(self.text('#inspector h2'), 'conv3 map 5, node (1, 2)')

  def test_a_stroke_after_an_arrow_key_keeps_what_was_drawn(self):
    self.open(self.path, 'f=0')
    self.draw((8, 5), (8, 20))
    first = self.image().reshape(28, 28)
    self.press(_RIGHT)
    self.draw((20, 5), (20, 20))
    both = self.image().reshape(28, 28)
    np.testing.assert_allclose(both[:, 1:15], first[:, :14], atol=0.005)
    self.assertGreater(both[:, 18:].max(), 0.9)
    self.assertLen(self.js('state.strokes'), 2)

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
    self.assertEqual(self.js('state.example'), 3)

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
    first, last = (float(w.replace('−', '-')) for w in label.split()[-3::2])
    rows = self.driver.find_elements('css selector', '[data-done] .value')
    adds = [float(row.text.replace('−', '-')) for row in rows]
    self.assertIn(max(adds, key=abs), (first, last))
    self.js('select([{view: "map", layer: "conv2", map: 1}])')
    self.settle()
    kernel = self.js(
      'parametersNow().conv2.kernel.filter((_, i) => i % 64 == 1)'
    )
    self.assertIn(
      f'from −{-min(kernel):.3f} to {max(kernel):.3f}',
      self.js('document.querySelector("[aria-label^=Weights]").ariaLabel'),
    )

  def test_hiding_takes_the_classes_off_the_path(self):
    self.open(self.path, 'i=3&s=why.1.2/node.dense1.0.0.7')
    self.click('[data-key=hide]')
    self.assertEqual(self.js('stateToText()'), 'i=3&h=1&s=node.dense1.0.0.7')
    self.assertNotIn('not', self.text('.crumbs'))
    self.assertNotEmpty(self.text('#inspector h2'))

  def test_the_header_says_how_the_network_was_trained_and_evaluated(self):
    self.open(self.path, 'i=3')
    self.assertNotIn('bfloat16', self.text('header'))
    self.js(
      'Object.assign(contents, {precision: "bfloat16", flips: true,'
      'result: {test_accuracy: 0.93, test_examples: 10000}}) && update()'
    )
    self.settle()
    header = self.text('header')
    self.assertIn('trained in bfloat16, computed here in float32', header)
    self.assertIn('93.00 % of 10,000 test images, averaged over flips', header)


if __name__ == '__main__':
  absltest.main()
