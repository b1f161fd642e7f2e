"""The keyboard: Space during Play, arrow keys on maps, and the focus."""

from absl.testing import absltest

from tests.page import reference_page

_DOWN, _RIGHT, _ENTER = '\ue015', '\ue014', '\ue007'
_FOCUSED = (
  'document.activeElement.dataset.key || document.activeElement.tagName'
)


class PressTest(reference_page.TestCase):
  def input(self, method, **values):
    self.driver.execute_cdp_cmd(f'Input.{method}', values)

  def pass_two_steps_of_play(self):
    self.driver.execute_async_script('setTimeout(arguments[0], 800)')

  def test_a_slow_press_of_space_counts_while_the_window_plays(self):
    self.open(self.path, 'i=3&s=node.conv2.0.0.1')
    self.click('[data-key=play]')
    for key, changed in (
      ('theme', 'document.documentElement.dataset.theme === "dark"'),
      ('clear', 'cnn.state.state.example === null'),
      ('hide', 'cnn.state.state.hidden'),
    ):
      self.js(f"document.querySelector('[data-key={key}]').focus()")
      self.assertFalse(self.js(changed))
      space = dict(key=' ', code='Space', windowsVirtualKeyCode=32)
      self.input('dispatchKeyEvent', type='keyDown', text=' ', **space)
      self.pass_two_steps_of_play()
      self.input('dispatchKeyEvent', type='keyUp', **space)
      self.wait(changed)
    self.wait('!cnn.state.state.pressed')
    self.js('cnn.changes.stopPlaying()')

  def test_a_right_click_does_not_stop_the_drawing(self):
    self.open(self.path, 'i=3')
    x, y = self.js(
      '(({left, top}) => [left + 5, top + 5])'
      '(document.querySelector("[data-key=theme]").getBoundingClientRect())'
    )
    self.input(
      'dispatchMouseEvent',
      type='mousePressed',
      x=x,
      y=y,
      button='right',
      clickCount=1,
    )
    self.js('cnn.input.putOnPad({example: 4})')
    self.settle()
    self.assertEqual(
      self.js('document.querySelector("[data-example=\'4\']").ariaPressed'),
      'true',
    )


class MapsTest(reference_page.TestCase):
  def test_the_keyboard_opens_a_map(self):
    self.open(self.path, 'i=3')
    self.js('document.querySelector("[data-layer=conv2]").focus()')
    self.press(_RIGHT)  # from the first map
    self.press(_RIGHT)
    self.assertEqual(self.js('cnn.state.selection().map'), 1)
    self.assertEqual(self.text('#inspector h2'), 'conv2 map 1')

  def test_the_arrow_keys_choose_a_node_of_a_map(self):
    self.open(self.path, 'i=3&s=map.conv3.5')
    cursor = dict(layer='conv3', map=5, y=0, x=0)
    self.js('cnn.state.state.cursor = arguments[0]', cursor)
    self.js('cnn.changes.update()')
    self.settle()
    self.js('document.querySelector("[data-key=big-map]").focus()')
    for key in (_DOWN, _RIGHT, _RIGHT, _RIGHT):  # the map has three columns
      self.press(key)
    self.assertEqual(self.js(_FOCUSED), 'big-map')
    label = self.js('document.activeElement.getAttribute("aria-label")')
    self.assertStartsWith(label, 'map 5, node (1, 2) = ')
    self.press(_ENTER)
    self.assertEqual(self.text('#inspector h2'), 'conv3 map 5, node (1, 2)')


class FocusTest(reference_page.TestCase):
  def enter(self, selector):
    """Presses Enter on an element, and returns what has the focus then."""
    self.js(f"document.querySelector('{selector}').focus()")
    self.press(_ENTER)
    self.settle()
    return self.js(_FOCUSED)

  def test_the_heading_of_every_new_view_has_the_focus(self):
    self.open(self.path, 'i=3&s=why.1.2')
    self.assertEqual(self.enter('[data-key=cause]'), 'H2')
    self.assertEqual(self.js('cnn.state.selection().view'), 'cause')
    self.open(self.path, 'i=3&s=map.conv3.5')
    self.assertEqual(self.enter('[data-key=big-map]'), 'H2')
    self.assertEqual(self.js('cnn.state.selection().view'), 'node')
    self.assertEqual(self.enter('[data-key=pixels]'), 'H2')
    self.assertEqual(self.js('cnn.state.selection().view'), 'pixels')
    self.assertEqual(self.enter('[data-key=close]'), 'H2')
    self.assertIsNone(self.js('cnn.state.selection()'))

  def test_the_focus_stays_among_the_controls_after_the_last_undo(self):
    self.open(self.path, 'f=0')
    self.draw((8, 5), (8, 20))
    self.assertEqual(self.enter('[data-key=undo]'), 'clear')

  def test_the_answer_has_the_focus_when_it_has_no_control(self):
    self.open(self.path, 'h=1')  # an empty pad
    self.enter('[data-key=show]')
    self.assertEqual(self.js('document.activeElement.id'), 'answer')


if __name__ == '__main__':
  absltest.main()
