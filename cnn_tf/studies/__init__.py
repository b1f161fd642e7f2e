"""One question a file; each runnable; each ends in a table and a figure."""

from cnn_tf.run import command

with command.silent_libraries():
  import tensorflow

  tensorflow.config.list_physical_devices()  # or it would complain of no CUDA
  # Many networks look to it like one function that is traced again and again.
  tensorflow.get_logger().setLevel('ERROR')
