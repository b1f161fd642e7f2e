"""A page in Firefox: from the answer to a step of learning, and back."""

import pathlib
import shutil
import tempfile
import warnings

import numpy as np
from absl.testing import absltest

from cnn_tf.data import datasets
from cnn_tf.page import contents
from cnn_tf.page import document
from tests import small_run
from tests.page import browsers

try:
  with warnings.catch_warnings():
    # What it imports is old: Python 3.13 no longer has telnetlib.
    warnings.simplefilter('ignore', DeprecationWarning)
    from marionette_driver import marionette
    from marionette_driver import wait
except ImportError:
  marionette = None

_NAMES = ('firefox-esr', 'firefox')


def _missing():
  """Why there is no Firefox that a test can use here; '' if there is one."""
  if marionette is None:
    return 'marionette-driver is not installed'
  if not any(map(shutil.which, _NAMES)):
    return 'neither firefox-esr nor firefox is installed'
  return ''


class FirefoxTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    if reason := _missing():
      self.skipTest(reason)
    folder = self.enterContext(tempfile.TemporaryDirectory())
    self.driver = marionette.Marionette(
      bin=next(filter(None, map(shutil.which, _NAMES))),
      headless=True,
      gecko_log=str(pathlib.Path(folder, 'log')),
    )
    self.addCleanup(self.driver.cleanup)
    self.driver.start_session()
    self.path = pathlib.Path(folder, 'page.html')

  # A script of the driver does not see the page's own variables, so the test
  # reads what a person sees.

  def texts(self, selector):
    return self.driver.execute_script(
      'return Array.from(document.querySelectorAll(arguments[0]),'
      ' found => found.textContent)',
      [selector],
    )

  def text(self, selector):
    return self.texts(selector)[0]

  def click(self, selector, then):
    """Clicks, and waits until a CSS selector finds something."""
    self.driver.find_element('css selector', selector).click()
    self.wait(lambda: self.texts(then))

  def wait(self, condition):
    wait.Wait(self.driver, timeout=20).until(lambda _: condition())

  def test_an_answer_its_reasons_and_a_step_of_learning(self):
    run = small_run.untrained()
    found = contents.network(run)
    self.path.write_text(document.write(found))
    self.driver.navigate(f'{self.path.as_uri()}#i=3&s=why.4.6')
    self.wait(lambda: self.texts('html[data-ready=true] #answer .share'))
    number = found['examples']['numbers'][3]
    image = datasets.to_float(run.data.test.images[number : number + 1])
    logits = run.network(image)[0].numpy()
    shares = np.exp(logits) / np.exp(logits).sum()
    answer = f'{shares.max() * 100:.1f} %'
    self.assertEqual(self.text('#answer .headline'), str(shares.argmax()))
    self.assertEqual(self.text('#answer .share'), answer)
    self.click('#inspector .sum button.link', '.backward .sum')
    gradient = browsers.to_float(self.text('.backward .total .value'))
    self.assertNotEqual(gradient, 0)
    self.click('#inspector .sum .factors button', '[data-key=weight-from]')
    self.click('[data-key=tab-Learn]', '.comparison')
    self.click('[data-key=learn-ten]', '.differences')
    # It is drawn again when the answers to the test images are known.
    self.wait(lambda: 'Computing' not in self.text('#inspector'))
    self.assertIn('changed by you', self.text('header'))
    before, after = map(
      browsers.to_float, self.texts('.comparison .total .value')
    )
    self.assertLess(after, before)
    self.assertNotEqual(self.text('#answer .share'), answer)
    self.click('[data-key=learn-forget]', '[data-key=learn-undo]:disabled')
    self.assertEqual(self.text('#answer .share'), answer)


if __name__ == '__main__':
  absltest.main()
