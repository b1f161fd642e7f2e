"""Explains one node of an op on a small image, term by term.

python -m cnn_tf.explain
python -m cnn_tf.explain --op=conv2d --padding=same --node=0,0
python -m cnn_tf.explain --op=max_pool2d --size=8x8 --window=3x3 --stride=2
"""

import re
import sys

from absl import flags

from cnn_tf import errors
from cnn_tf.explain import case as cases
from cnn_tf.explain import terms
from cnn_tf.network import geometry
from cnn_tf.network import specs
from cnn_tf.network import windows
from cnn_tf.run import command

_POOLS = {'max_pool2d': 'maxpool', 'avg_pool2d': 'avgpool'}
# More does not fit into 80 columns.
_LARGEST_IMAGE, _LARGEST_WINDOW, _LARGEST_DENSE = 8, 5, 4


def main() -> None:
  """Prints the terms, and whether TensorFlow computes the same."""
  case = cases.make(*_layer_and_size(), _node())
  values = cases.compute(case)
  print(f'{terms.explain(case, values)}\n', flush=True)
  with command.silent_libraries():
    from cnn_tf.explain import comparison
  equal, line = comparison.compare(case, values, comparison.compute(case))
  print(line)
  if not equal:
    sys.exit(1)


def _layer_and_size():
  op = flags.FLAGS.op
  if op == 'dense':
    for name in ('window', 'stride', 'padding'):
      if flags.FLAGS[name].present:
        raise errors.UserError(f'--{name}: a dense layer has no window')
    num_units = len(cases.DENSE_KERNEL[0])
    spec = specs.Dense(op, num_units)
    return spec, _pair('size', '2x3', _LARGEST_DENSE)
  size = _pair('size', '5x5', _LARGEST_IMAGE)
  window = _pair('window', '2x2' if op in _POOLS else '3x3', _LARGEST_WINDOW)
  default = geometry.format_size(window) if op in _POOLS else '1x1'
  stride = _pair('stride', default, _LARGEST_IMAGE)
  sliding = window, stride, flags.FLAGS.padding
  if op in _POOLS:
    return specs.Pool(op, _POOLS[op], *sliding), size
  return specs.Conv(op, 1, *sliding), size


def _pair(name, default, largest):
  """Two numbers from 1 to `largest`; the text 2 stands for 2x2."""
  given = flags.FLAGS[name].value
  text = default if given is None else given
  if not re.fullmatch('[1-9][0-9]*(x[1-9][0-9]*)?', text):
    raise errors.UserError(f'--{name}={text} must look like 3x3 or 3')
  numbers = text.split('x')
  if any(len(n) > 3 or int(n) > largest for n in numbers):
    raise errors.UserError(
      f'--{name}={text} is more than {largest}x{largest}, the largest that '
      'fits into 80 columns'
    )
  return int(numbers[0]), int(numbers[-1])


def _node():
  text = flags.FLAGS.node
  if text is None:
    return None
  if not re.fullmatch('[0-9]{1,3}(,[0-9]{1,3})?', text):
    raise errors.UserError(f'--node={text} must look like 0,2, or 2 for a unit')
  return tuple(map(int, text.split(',')))


def _define_flags():
  group = {'module_name': 'explain'}
  ops = ['conv2d', *_POOLS, 'dense']
  flags.DEFINE_enum('op', 'conv2d', ops, 'what to explain', **group)
  for name, meaning in (
    ('size', 'of the image (default: 5x5, or 2x3 for dense)'),
    ('window', 'of the op (default: 3x3, or 2x2 for pooling)'),
    ('stride', 'of the window (default: 1x1, or the window for pooling)'),
    ('node', 'y,x in the output, or a unit of dense (default: one of them)'),
  ):
    flags.DEFINE_string(name, None, meaning, **group)
  paddings = windows.PADDINGS
  flags.DEFINE_enum('padding', 'valid', paddings, 'of the window', **group)


if __name__ == '__main__':
  _define_flags()
  command.run(main)
