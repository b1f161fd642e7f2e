"""The start of a study's command, before TensorFlow is imported."""

import os

from cnn_tf.run import command


def quietly() -> None:
  """Imports TensorFlow without its messages; Ctrl-C ends with one line.

  Studies import TensorFlow at their top, before `command.run` is called.
  """
  command.exit_at_ctrl_c()
  os.environ.pop('MPLBACKEND', None)  # as in `command.run`
  with command.silent_libraries():
    import tensorflow as tf

    # This writes the message about missing CUDA now, while it is hidden.
    tf.config.list_physical_devices()
  # A study traces the same functions for many networks; TensorFlow would warn
  # of retracing.
  tf.get_logger().setLevel('ERROR')
