"""What a page shows before anyone has done anything."""

import numpy as np
from absl.testing import absltest

from tests.page import reference_page


class FirstSightTest(reference_page.TestCase):
  def test_an_image_is_computed_in_all_layers(self):
    self.open(self.path)
    first = self.js('cnn.state.contents.examples.first')
    self.assertEqual(self.js('cnn.state.state.example'), first)
    images = self.example(self.run_, first)
    for name, tensor in self.run_.network.activations(images).items():
      if name not in ('image', 'flatten'):
        found = self.js('[...cnn.network.view.tensors[arguments[0]]]', name)
        np.testing.assert_allclose(found, np.ravel(tensor), atol=1e-4)
        self.assertNotAlmostEqual(np.ptp(found), 0, msg=name)

  def test_its_answer_and_why_are_shown(self):
    self.open(self.path)
    a, b = self.js('cnn.network.compared()')
    self.assertEqual(a, int(np.argmax(self.logits())))
    self.assertEqual(
      self.js('cnn.state.selection()'), dict(view='why', a=a, b=b)
    )
    self.assertStartsWith(self.text('#inspector h2'), 'Why')
    self.assertIn('%', self.text('#answer'))

  def test_one_draws_over_it(self):
    self.open(self.path)
    before = self.image()
    self.draw((4, 4), (24, 24))
    after = self.image()
    self.assertTrue((after >= before).all())
    self.assertGreater(after.sum(), before.sum() + 10)

  def test_nothing_moves_by_itself(self):
    self.open(self.path)
    self.driver.execute_script("""
      window.drawn = 0;
      new MutationObserver(() => { drawn++; }).observe(
        document.body, {subtree: true, childList: true, attributes: true});""")
    self.driver.execute_async_script('setTimeout(arguments[0], 1500)')
    self.assertEqual(self.js('drawn'), 0)

  def test_an_address_wins(self):
    self.open(self.path, 'i=3')
    self.assertEqual(self.js('cnn.state.state.example'), 3)
    self.assertIsNone(self.js('cnn.state.selection()'))

  def test_an_empty_pad_has_an_address_of_its_own(self):
    self.open(self.path)
    self.click('[data-key=clear]')
    self.click('[data-key=close]')
    self.wait('location.hash === "#i=none"')
    self.open(self.path, 'i=none')
    self.assertFalse(self.image().any())
    self.assertEqual(self.text('#answer'), '–\nNothing is drawn.')

  def test_without_its_address_the_page_begins_again(self):
    self.open(self.path, 'i=3')
    self.js('location.hash = ""')
    self.wait('cnn.state.selection()')
    first = self.js('cnn.state.contents.examples.first')
    self.assertEqual(self.js('cnn.state.state.example'), first)


if __name__ == '__main__':
  absltest.main()
