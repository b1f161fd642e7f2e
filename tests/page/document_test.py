"""Tests of document.py."""

import base64
import hashlib
import re

from absl.testing import absltest

from cnn_tf import errors
from cnn_tf.page import document
from tests import small_data

_HOSTILE = '</script><script>alert(1)</script><!--\u2028'
_CONTENTS = {'dataset': _HOSTILE, 'classes': [_HOSTILE, '{{script}}']}


class DocumentTest(absltest.TestCase):
  def test_no_text_of_the_contents_ends_its_element(self):
    page = document.write(_CONTENTS)
    self.assertEqual(page.count('<script'), 2)
    self.assertEqual(page.count('</script'), 2)
    self.assertNotIn('alert(1)</', page)
    self.assertEqual(document.contents_of(page), _CONTENTS)

  def test_the_policy_names_the_one_script_and_the_one_style(self):
    page = document.write(_CONTENTS)
    policy = re.search('Content-Security-Policy" content="(.*?)"', page)[1]
    self.assertIn("default-src 'none'", policy)
    self.assertNotIn('unsafe', policy)
    for tag in ('script', 'style'):
      [text] = re.findall(f'<{tag}>(.*?)</{tag}>', page, re.DOTALL)
      digest = base64.b64encode(hashlib.sha256(text.encode()).digest())
      self.assertIn(f"{tag}-src 'sha256-{digest.decode()}'", policy)

  def test_the_sources_fit_into_html(self):
    for name in document.SCRIPTS:
      text = (document.FOLDER / name).read_text()
      self.assertNotIn('</script', text)
      self.assertNotIn('<!--', text)
      self.assertNotIn('innerHTML', text)
      for line in text.splitlines():
        self.assertLessEqual(len(line), 80, f'{name}: {line}')

  def test_every_script_of_the_folder_is_part_of_the_page(self):
    names = {path.name for path in document.FOLDER.glob('*.js')}
    self.assertEqual(names, set(document.SCRIPTS))

  def test_refresh_renews_the_sources_and_keeps_the_contents(self):
    page = document.write(_CONTENTS)
    old = page.replace("'use strict';", "'use strict'; // old")
    self.assertNotEqual(old, page)
    self.assertEqual(document.refresh(old), page)

  def test_refresh_of_another_file_is_an_error(self):
    for text in ('', '<html></html>', page_with('{}'), page_with('{')):
      with self.assertRaises(errors.UserError):
        document.refresh(text)

  def test_the_pages_in_docs_are_smaller_than_4_mb(self):
    for name in ('mnist', 'fashion'):
      path = small_data.ROOT / 'docs' / f'{name}.html'
      self.assertLess(path.stat().st_size, 4e6)

  def test_the_pages_in_docs_have_the_current_sources(self):
    for name in ('mnist', 'fashion'):
      page = (small_data.ROOT / 'docs' / f'{name}.html').read_text()
      self.assertEqual(
        document.refresh(page),
        page,
        f'python -m cnn_tf.page --refresh=docs/{name}.html renews them',
      )


def page_with(data):
  return f'<script type="application/json" id="data">{data}</script>'


if __name__ == '__main__':
  absltest.main()
