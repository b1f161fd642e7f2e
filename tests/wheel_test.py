"""The package as a wheel: installed alone, it trains from any folder."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import venv

import tensorflow as tf

from tests import small_data

_FLAGS = (
  '--dataset=fashion',
  '--layers=conv 4 3x3 stride 2, maxpool 2x2',
  '--num_epochs=1',
  '--num_validation=59000',
  '--workdir=run',
  '--nofigures',
)


def _call(*command, folder):
  """What a command prints; it must succeed."""
  others = {k: v for k, v in os.environ.items() if not k.startswith('PYTHON')}
  done = subprocess.run(
    [str(word) for word in command],
    cwd=folder,
    env=others,
    capture_output=True,
    text=True,
  )
  if done.returncode:
    raise AssertionError(f'{command}: {done.stdout[-2000:]}{done.stderr}')
  return done.stdout


def _build(folder):
  """Builds the wheel from a copy of the sources; returns its path."""
  sources = folder / 'sources'
  sources.mkdir()
  for name in ('pyproject.toml', 'README.md'):
    shutil.copy(small_data.ROOT / name, sources)
  ignore = shutil.ignore_patterns('__pycache__')
  shutil.copytree(small_data.ROOT / 'cnn_tf', sources / 'cnn_tf', ignore=ignore)
  pip = [sys.executable, '-m', 'pip', '--disable-pip-version-check']
  options = ['--no-deps', '--no-build-isolation', '--quiet']
  _call(*pip, 'wheel', *options, '--wheel-dir', folder, '.', folder=sources)
  [wheel] = folder.glob('cnn_tf-*.whl')
  return wheel


def _install(wheel, folder):
  """Installs a wheel into an empty environment; returns its folder `bin`.

  The packages that it needs are those of the interpreter of this test.
  """
  venv.create(folder, with_pip=False)
  python = folder / 'bin' / 'python'
  pip = [sys.executable, '-m', 'pip', '--disable-pip-version-check']
  options = ['--python', python, 'install', '--no-deps', '--no-index']
  _call(*pip, *options, '--quiet', wheel, folder=folder)
  [site] = folder.glob('lib/python*/site-packages')
  # A line of this file is a path; .pth files in that path are not read, so an
  # editable installation there stays invisible.
  others = pathlib.Path(tf.__file__).parents[1]
  (site / 'others.pth').write_text(f'{others}\n')
  return python.parent


class WheelTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    for package in ('pip', 'setuptools', 'wheel'):
      if importlib.util.find_spec(package) is None:
        self.skipTest(f'{package} is not installed')
    folder = self.enter_context(tempfile.TemporaryDirectory())
    self.folder = pathlib.Path(folder).resolve()

  def test_it_trains_a_short_epoch_from_another_folder(self):
    programs = _install(_build(self.folder), self.folder / 'environment')
    elsewhere = self.folder / 'elsewhere'
    elsewhere.mkdir()
    place = 'import cnn_tf; print(cnn_tf.__file__)'
    found = _call(programs / 'python', '-c', place, folder=elsewhere)
    self.assertStartsWith(found, f'{programs.parent}{os.sep}')
    printed = _call(programs / 'cnn-tf-train', *_FLAGS, folder=elsewhere)
    self.assertIn('\nTest: ', printed)
    self.assertIn('\nPage: run/page.html\n', printed)
    self.assertTrue((elsewhere / 'run' / 'page.html').exists())


if __name__ == '__main__':
  tf.test.main()
