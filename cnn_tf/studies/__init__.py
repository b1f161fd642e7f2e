"""One question per file; each is a command with a table and a figure."""

from cnn_tf.run import command

with command.silent_libraries():
  import tensorflow

  # This writes the message about missing CUDA now, while it is hidden.
  tensorflow.config.list_physical_devices()
  # A study traces the same functions for many networks; TensorFlow would warn
  # of retracing.
  tensorflow.get_logger().setLevel('ERROR')
