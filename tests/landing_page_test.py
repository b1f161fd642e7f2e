"""docs/index.html: its links exist, and it says what other files say."""

import html
import re
from html import parser

from absl.testing import absltest

from tests import small_data

_DOCS = small_data.ROOT / 'docs'


class _Page(parser.HTMLParser):
  """The links of a page, and the texts of its elements by tag and class."""

  def __init__(self, text):
    super().__init__()
    self.links, self.texts, self.tags, self._open = [], {}, set(), []
    self.feed(text)

  def handle_starttag(self, tag, attrs):
    attributes = dict(attrs)
    self.tags.add(tag)
    self.links += [attributes[n] for n in ('href', 'src') if n in attributes]
    if tag not in ('meta', 'img'):
      self._open.append((tag, attributes.get('class')))
      self.texts.setdefault(self._open[-1], []).append('')

  def handle_data(self, data):
    for opened in self._open:
      self.texts[opened][-1] += data

  def handle_endtag(self, tag):
    while self._open.pop()[0] != tag:
      pass


def plain(text):
  return ' '.join(text.split())


class LandingPageTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.page = _Page((_DOCS / 'index.html').read_text())

  def test_every_link_is_to_a_file_of_this_folder(self):
    # So it works in a clone, and where only this folder is hosted.
    self.assertContainsSubset(['mnist.html', 'fashion.html'], self.page.links)
    for link in self.page.links:
      with self.subTest(link):
        name, _, heading = link.partition('#')
        self.assertNotRegex(name, r'^/|\.\.|:')
        self.assertTrue((_DOCS / name).is_file())
        if heading:
          text = (_DOCS / name).read_text()
          self.assertIn(f'\n## {heading}\n', text)

  def test_the_findings_are_sentences_of_the_studies(self):
    studies = plain((_DOCS / 'studies.md').read_text())
    findings = self.page.texts['p', 'answer']
    self.assertLen(findings, 3)
    for finding in findings:
      for sentence in re.split(r'(?<=\.) (?=[A-Z])', plain(finding)):
        self.assertIn(sentence, studies)
      self.assertRegex(finding, r'\d')

  def test_the_first_page_of_code_is_shown_whole(self):
    first = (small_data.ROOT / 'cnn_tf' / 'first.py').read_text()
    self.assertEqual(self.page.texts['pre', None], [first])

  def test_it_needs_no_script_and_no_other_host(self):
    self.assertNoCommonElements(['script', 'link', 'iframe'], self.page.tags)
    text = (_DOCS / 'index.html').read_text()
    self.assertNotRegex(html.unescape(text), r'https?://|@import|url\(')

  def test_a_host_serves_the_files_as_they_are(self):
    # Without it, GitHub Pages turns `studies.md` into `studies.html`.
    self.assertTrue((_DOCS / '.nojekyll').exists())


if __name__ == '__main__':
  absltest.main()
