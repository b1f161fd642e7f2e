"""Nothing in a page becomes markup, runs a script, or sends a request."""

import json

from absl.testing import absltest

from tests.page import reference_page


class SafetyTest(reference_page.TestCase):
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
    self.show_epoch(0)
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


if __name__ == '__main__':
  absltest.main()
