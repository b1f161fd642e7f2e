"""What every test needs under pytest."""

import gc
import os
import signal

from absl import flags

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
# As cnn_tf/run/command.py does for all commands: the bits depend on it.
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '1')
# With a thread per core, those of two workers wait for each other: `svd` and
# `eigh` of NumPy took 12 to 18 times as long beside other work.
os.environ.setdefault('OPENBLAS_NUM_THREADS', '1')
# A shell lets its background jobs ignore Ctrl-C, and processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# tf.test.TestCase.create_tempdir() reads a flag, which pytest never parses.
flags.FLAGS.mark_as_parsed()

_SLOWEST = {'machines_test.py', 'studies'}


def pytest_configure(config):
  """Lets pytest-xdist keep the order of the files."""
  config.option.loadscopereorder = False


def pytest_collection_modifyitems(items):
  """Drops `test_session`, a method of every tf.test.TestCase, not a test."""
  items[:] = [item for item in items if item.name != 'test_session']
  # The slowest first, so that several workers end at about the same time.
  items.sort(key=lambda item: _SLOWEST.isdisjoint(item.path.parts))
  # All modules are imported. Studies collect garbage after each training, and
  # need not look through the modules each time.
  gc.freeze()
