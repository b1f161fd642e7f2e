"""One question per file; each is a command with a table and a figure."""

import os
import sys

from cnn_tf.run import command
from cnn_tf.run import ctrl_c

if sys.argv[0] == '-m':  # Python is on its way to the module of `python -m`
  ctrl_c.exit_at_once()
os.environ.pop('MPLBACKEND', None)  # as in `command.run`, but before the import

with command.silent_libraries():
  import tensorflow

  # This writes the message about missing CUDA now, while it is hidden.
  tensorflow.config.list_physical_devices()
  # A study traces the same functions for many networks; TensorFlow would warn
  # of retracing.
  tensorflow.get_logger().setLevel('ERROR')
