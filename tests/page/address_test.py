"""The address of a page, which holds the image and the selection."""

import numpy as np
from absl.testing import absltest

from tests.page import reference_page


class AddressTest(reference_page.TestCase):
  def test_a_link_shows_the_same(self):
    self.open(self.path, 'f=1')
    self.draw((8, 5), (8, 20), (18, 20))
    self.click('[data-key=why]')
    self.click('#inspector .sum button.link')
    self.wait('/s=why.*node/.test(location.hash)')
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
      self.assertTrue(self.js('!Object.keys(cnn.state.state.off).length'))
      self.assertTrue(np.isfinite(self.logits()).all())
    self.assertEqual(self.js('cnn.state.selection().layer'), 'conv1')

  def test_back_and_forward_show_what_the_address_names(self):
    self.open(self.path, 'i=3')
    self.js('location.hash = "i=4"')
    self.wait('cnn.state.state.example === 4')
    for step, example in (('back', 3), ('forward', 4)):
      self.js(f'history.{step}()')
      self.wait(f'cnn.state.state.example === {example}')
      self.wait(f'location.hash === "#i={example}"')

  def test_a_hidden_answer_is_nowhere(self):
    self.open(self.path, 'i=3&h=1&s=why.1.2')
    for selector in ('#answer', '#inspector'):
      self.assertNotIn('%', self.text(selector))
    self.assertEqual(
      self.js('cnn.state.stateToText()'), 'i=3&h=1'
    )  # not the classes
    self.assertEmpty(self.driver.find_elements('css selector', '.crumbs'))
    self.click('[data-key=show]')
    self.assertIn('%', self.text('#answer'))

  def test_hiding_takes_the_classes_off_the_path(self):
    self.open(self.path, 'i=3&s=why.1.2/node.dense1.0.0.7')
    self.click('[data-key=hide]')
    self.assertEqual(
      self.js('cnn.state.stateToText()'), 'i=3&h=1&s=node.dense1.0.0.7'
    )
    self.assertNotIn('not', self.text('.crumbs'))
    self.assertNotEmpty(self.text('#inspector h2'))


if __name__ == '__main__':
  absltest.main()
