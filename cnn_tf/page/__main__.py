"""Writes a page in which the network of a run computes: one HTML file.

python -m cnn_tf.page --workdir=DIR
python -m cnn_tf.page --workdir=DIR --output=FILE
python -m cnn_tf.page --refresh=FILE    new sources, the same network

Open the file in a browser, draw, and click a number to see its sum.
"""

import pathlib
import time

from absl import flags

from cnn_tf import errors
from cnn_tf.page import document
from cnn_tf.run import command
from cnn_tf.run import storage


def main() -> None:
  """Writes or refreshes the page that the flags name."""
  refreshed, workdir = flags.FLAGS.refresh, command.folder('workdir')
  if (refreshed is None) == (workdir is None):
    raise errors.UserError('give --workdir=DIR, or --refresh=FILE')
  if refreshed is not None:
    _refresh(pathlib.Path(refreshed).expanduser())
    return
  with command.silent_libraries():
    from cnn_tf.page import finish
  started = time.perf_counter()
  path = finish.write(workdir, command.folder('output'), flags.FLAGS.data_dir)
  size, seconds = path.stat().st_size / 1e6, time.perf_counter() - started
  print(f'{path}\n{size:.1f} MB, {seconds:.0f} s')


def _refresh(path):
  try:
    page = path.read_text(encoding='utf-8')
    storage.write(path, document.refresh(page))
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None
  except (UnicodeDecodeError, errors.UserError) as error:
    raise errors.UserError(f'{path}: {error}') from None
  print(path)


def _define_flags():
  command.define_run('the file to write (default: <workdir>/page.html)')
  flags.DEFINE_string('refresh', None, 'a page that gets the current sources')


if __name__ == '__main__':
  _define_flags()
  command.run(main)
