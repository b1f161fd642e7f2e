"""The start of a study's command, before TensorFlow is imported."""

import os

from cnn_tf.run import command
from cnn_tf.sweep import kept


def quietly() -> None:
  """Imports TensorFlow without its messages; Ctrl-C ends with one line.

  Studies import TensorFlow at their top, before `command.run` is called.
  """
  command.exit_at_ctrl_c()
  os.environ.pop('MPLBACKEND', None)  # as in `command.run`
  kept.import_tensorflow()
