"""The main command, as a script: cnn_tf/run/main.py has its flags."""

# ruff: noqa: E402
from cnn_tf.run import command

command.exit_at_ctrl_c()  # while everything else is imported

from cnn_tf.run import main

if __name__ == '__main__':
  main.run()
