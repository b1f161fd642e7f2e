"""A real browser for the tests of a page."""

import atexit
import functools
import os
import pathlib
import shutil
import time
from typing import Any

import tensorflow as tf
from absl.testing import absltest

from cnn_tf.data import datasets
from cnn_tf.measure import runs

try:
  from selenium import webdriver
  from selenium.common import exceptions
  from selenium.webdriver.chrome import service
except ImportError:
  webdriver = None

_NAMES = ('chromium', 'chromium-browser', 'google-chrome')
_MOST_SECONDS = 20


def missing() -> str:
  """Why there is no browser here; '' if there is one."""
  if webdriver is None:
    return 'selenium is not installed'
  if not any(map(shutil.which, _NAMES)):
    return 'neither chromium nor google-chrome is installed'
  if not shutil.which('chromedriver'):
    return 'chromedriver is not installed'
  return ''


def start(width: int = 1280, height: int = 720):
  """A browser without a window, which logs all requests and messages."""
  options = webdriver.ChromeOptions()
  options.binary_location = next(filter(None, map(shutil.which, _NAMES)))
  for argument in (
    '--headless=new',
    '--no-sandbox',  # it cannot have one as root, or in a container
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--hide-scrollbars',
    f'--window-size={width},{height}',
  ):
    options.add_argument(argument)
  options.set_capability(
    'goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'}
  )
  driver = webdriver.Chrome(
    options, service.Service(shutil.which('chromedriver'))
  )
  driver.execute_cdp_cmd(
    'Emulation.setDeviceMetricsOverride',
    dict(width=width, height=height, deviceScaleFactor=1, mobile=False),
  )
  return driver


@functools.cache
def shared():
  """A browser for all tests of a process: starting one takes a second."""
  driver = start()
  atexit.register(driver.quit)
  return driver


def to_float(text: str) -> float:
  """A number as the page writes it, with a typographic minus sign."""
  return float(text.replace('−', '-'))


class TestCase(absltest.TestCase):
  """A test in a browser; it is skipped where there is none."""

  def setUp(self):
    super().setUp()
    if reason := missing():
      self.skipTest(reason)
    self.driver = shared()

  def tearDown(self):
    # At the end of every test: what the page has said, and asked for.
    if not missing():
      self.assertEqual(
        [entry['message'] for entry in self.driver.get_log('browser')], []
      )
    super().tearDown()

  def open(self, path: str | os.PathLike, state: str = '') -> None:
    """Opens a page and waits until it has drawn itself."""
    self.driver.get('about:blank')  # another `#...` alone loads nothing
    self.driver.get(f'{pathlib.Path(path).absolute().as_uri()}#{state}')
    self.wait('document.documentElement.dataset.ready')

  def js(self, code: str, *arguments: Any) -> Any:
    """The value of a JavaScript expression; `arguments` are its arguments."""
    return self.driver.execute_script(f'return {code}', *arguments)

  def example(self, run: runs.Run, example: int) -> tf.Tensor:
    """One of the page's test images, `[1, height, width, 1]`."""
    number = self.js(
      'cnn.state.contents.examples.numbers[arguments[0]]', example
    )
    return datasets.to_float(run.data.test.images[number : number + 1])

  def wait(self, condition: str) -> None:
    """Waits until an expression is true, and the page is drawn."""
    deadline = time.monotonic() + _MOST_SECONDS
    while not self.js(f'Boolean({condition})'):
      self.assertLess(time.monotonic(), deadline, f'never true: {condition}')
      time.sleep(0.01)
    self.settle()

  def settle(self) -> None:
    """Waits until what was changed has been drawn."""
    self.driver.execute_async_script(
      'const done = arguments[0];'
      'requestAnimationFrame(() => requestAnimationFrame(() => done()));'
    )

  def click(self, selector: str) -> None:
    """Clicks with the mouse on the element of a CSS selector.

    While "Play" runs, drawing may replace the element before it is clicked:
    then it is found again.
    """
    deadline = time.monotonic() + _MOST_SECONDS
    while True:
      element = self.driver.find_element('css selector', selector)
      try:
        self.js('arguments[0].scrollIntoView({block: "center"})', element)
        element.click()
        break
      except exceptions.StaleElementReferenceException:
        self.assertLess(time.monotonic(), deadline, f'replaced: {selector}')
    self.settle()

  def select(self, item: dict[str, Any]) -> None:
    """Shows an item in the inspector: {view, ...}."""
    self.js('cnn.changes.select([arguments[0]])', item)
    self.settle()

  def show_epoch(self, place: int) -> None:
    """Moves the slider of the epochs to one of its stops; 0 is the first."""
    self.driver.execute_script(
      """const slider = document.querySelector('[data-key=epoch]');
      slider.value = String(arguments[0]);
      slider.dispatchEvent(new Event('input'));""",
      place,
    )
    self.settle()

  def text(self, selector: str) -> str:
    """The text of an element, as it is seen."""
    return self.driver.find_element('css selector', selector).text
