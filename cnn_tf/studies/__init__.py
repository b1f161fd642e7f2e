"""One question a file; each runnable; each ends in a table and a figure."""

import os
import sys

from cnn_tf.run import command
from cnn_tf.run import ctrl_c

if sys.argv[0] == '-m':  # Python is on its way to the module of `python -m`
  ctrl_c.exit_at_once()
os.environ.pop('MPLBACKEND', None)  # as in `command.run`, but before the import

with command.silent_libraries():
  import tensorflow

  tensorflow.config.list_physical_devices()  # or it would complain of no CUDA
  # Many networks look to it like one function that is traced again and again.
  tensorflow.get_logger().setLevel('ERROR')
