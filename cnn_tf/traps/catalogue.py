"""All traps, in reading order.

A trap is a file of this folder. Its docstring says in its first line what is
asked of TensorFlow, and then what happens and why. `attempt()` asks it;
`truth()` returns the right answer, or raises an error where an error is right.
Where TensorFlow and the textbook merely have different conventions, it is the
answer of the textbook. `AVOIDED` names the file of `cnn_tf` in which this
project avoids the trap.
"""

import importlib
import types

NAMES = (
  'conv2d_does_not_flip',
  'same_pads_the_end',
  'average_of_padding',
  'window_larger_than_map',
  'pool_larger_than_map',
  'image_without_batch',
  'empty_batch',
  'strided_1x1_backward',
  'one_column_of_output',
  'bfloat16_of_padding',
  'grouped_by_mistake',
  'maps_before_pixels',
  'nan_in_max_pooling',
  'equal_maxima',
  'relu_of_black',
  'softmax_then_log',
  'label_outside',
  'accuracy_of_nan',
  'division_in_a_graph',
  'number_of_threads',
  'slower_when_compiled',
  'counting_in_float32',
  'one_more_draw',
  'graph_that_stays',
  'python_number_retraces',
  'python_number_freezes',
  'shuffle_then_cache',
  'dropped_remainder',
  'mean_of_means',
  'restore_of_a_mismatch',
  'damaged_checkpoint',
  'scalar_for_tensorboard',
)


def load(name: str) -> types.ModuleType:
  """The module of a trap; imports TensorFlow."""
  return importlib.import_module(f'cnn_tf.traps.{name}')
