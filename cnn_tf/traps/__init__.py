"""What TensorFlow's raw ops really do, live."""
