"""Contents and sources -> one HTML file; the sources in it can be renewed.

The file needs no other file and asks for none. Its Content-Security-Policy
forbids every request, and allows only the one style and the one script whose
hashes it names: even if a text could smuggle markup into the page, no script in
it would run.
"""

import base64
import hashlib
import html
import json
import pathlib
import re
from typing import Any

from cnn_tf import errors

FOLDER = pathlib.Path(__file__).parent
# In reading order: a file uses those above it.
SCRIPTS = (
  'ops.js',
  'elements.js',
  'drawing.js',
  'state.js',
  'network.js',
  'gradients.js',
  'descent.js',
  'changes.js',
  'input.js',
  'layers.js',
  'epochs.js',
  'sums.js',
  'sheet.js',
  'backward.js',
  'map.js',
  'differences.js',
  'learn.js',
  'inspector.js',
  'page.js',
)
_DATA = re.compile(
  r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL
)


def write(contents: dict[str, Any]) -> str:
  """The page, as HTML."""
  return _join(_to_json(contents), contents['dataset'])


def refresh(page: str) -> str:
  """The same page with the current sources; its contents stay.

  Raises:
    UserError: the text is not a page that `write` has made.
  """
  match = _DATA.search(page)
  try:
    contents = json.loads(match[1]) if match else {}
    dataset = contents['dataset']
  except (json.JSONDecodeError, KeyError):
    raise errors.UserError('this is not a page of cnn_tf.page') from None
  return _join(_to_json(contents), dataset)


def contents_of(page: str) -> dict[str, Any]:
  """The contents of a page."""
  return json.loads(_DATA.search(page)[1])


def _to_json(contents):
  """JSON without `<`, so no text in it can end its element."""
  text = json.dumps(contents, separators=(',', ':'), allow_nan=False)
  return text.replace('<', '\\u003c')


def _join(data, dataset):
  style = _read('page.css')
  script = ''.join(map(_read, SCRIPTS))
  parts = {
    'title': html.escape(f'{dataset}: a network that computes in this page'),
    'policy': _policy(style, script),
    'style': style,
    'script': script,
    'data': data,
  }
  template = _read('template.html')
  return re.sub(r'\{\{(\w+)\}\}', lambda match: parts[match[1]], template)


def _policy(style, script):
  return (
    "default-src 'none'; base-uri 'none'; form-action 'none'; "
    f'img-src data: blob:; style-src {_hash(style)}; script-src {_hash(script)}'
  )


def _hash(text):
  digest = hashlib.sha256(text.encode()).digest()
  return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _read(name):
  return (FOLDER / name).read_text(encoding='utf-8')
