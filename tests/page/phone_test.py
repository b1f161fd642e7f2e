"""A page on a phone, where the columns stand below one another."""

from absl.testing import absltest

from tests.page import reference_page

_SET_SIZE = 'Emulation.setDeviceMetricsOverride'
_TOP = 'document.querySelector("#inspector").getBoundingClientRect().top'


class PhoneTest(reference_page.TestCase):
  def setUp(self):
    super().setUp()
    self.resize(390, 844, mobile=True)
    self.addCleanup(self.resize, 1280, 720, mobile=False)

  def resize(self, width, height, mobile):
    self.driver.execute_cdp_cmd(
      _SET_SIZE,
      dict(width=width, height=height, deviceScaleFactor=1, mobile=mobile),
    )

  def test_nothing_is_wider_than_the_screen(self):
    for state in (
      'i=3',
      'i=3&s=node.conv2.3.3.3',
      'i=3&s=map.conv3.5',
      'i=3&s=weight.conv2.1.2.9.5',
      'i=3&s=learn',
    ):
      self.open(self.path, state)
      self.assertLessEqual(self.js('document.body.scrollWidth'), 390)
    self.click('[data-key=learn-ten]')
    self.assertLessEqual(self.js('document.body.scrollWidth'), 390)

  def test_the_page_stays_where_it_is_when_it_is_drawn_again(self):
    self.open(self.path, 'i=3&s=learn')
    self.click('[data-key=learn]')
    self.js('document.querySelector(".differences").scrollIntoView()')
    place = self.js('scrollY')
    self.driver.execute_script('cnn.page.draw()')
    self.assertEqual(self.js('scrollY'), place)

  def test_why_scrolls_to_the_inspector_and_a_button_back_up(self):
    self.open(self.path, 'i=3')
    self.assertGreater(self.js(_TOP), 844)
    for key in ('up', 'close'):
      self.click('[data-key=why]')
      self.wait('scrollY > 0')
      self.assertBetween(self.js(_TOP), -1, 422)
      self.driver.find_element('css selector', f'[data-key={key}]').click()
      self.wait('scrollY === 0')


if __name__ == '__main__':
  absltest.main()
