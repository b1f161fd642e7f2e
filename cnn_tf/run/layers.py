"""Layers as text -> layer specs, and their geometry as a table.

  "conv 32 3x3, maxpool 2x2, conv 64 5x3 stride 2x1 same tanh"
  "conv 32 3x3, maxpool 2x2, dense 100 dropout 0.3"

A layer is its kind, its size, and options in any order. Dropout acts after the
pooling that follows a layer: "conv 64 3x3 dropout 0.1, maxpool 2x2" is "conv 64
3x3, maxpool 2x2 dropout 0.1". Names are numbered by kind and are the same
everywhere: `conv1`, `pool1`, `conv2`, ..., `dense1`, `logits`. The command
prints the table, for images of 28x28 and ten classes:

python -m cnn_tf.run.layers --layers="conv 32 3x3, maxpool 2x2"
"""

import collections
import dataclasses
import math
import re
from collections.abc import Sequence

from absl import flags

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.network import reach
from cnn_tf.network import specs
from cnn_tf.network import windows
from cnn_tf.run import command
from cnn_tf.run import terminal

_ACTIVATED = {'activation': 'relu', 'dropout': 0.0}
_COLUMNS = (
  'layer',
  'output',
  'parameters',
  'multiplications',
  'activations',
  'field',
  'stride',
)


def parse(text: str, num_classes: int = 10) -> tuple[specs.Layer, ...]:
  """The layers that `text` describes, followed by the logits.

  An empty text is a network without hidden layers: softmax regression.

  Raises:
    UserError: the text is not valid; the message names the layer and the word.
  """
  parsed = []
  counts = collections.Counter()
  for number, part in enumerate(text.split(',') if text.strip() else [], 1):
    words = part.split()
    try:
      layer = _parse_layer(words, counts)
      if isinstance(layer, specs.Pool) and parsed:
        parsed[-1], layer = _dropout_last(parsed[-1], layer)
      if not isinstance(layer, specs.Dense) and counts['dense']:
        raise ValueError('it cannot follow a dense layer')
    except ValueError as error:
      place = f'layer {number}, "{" ".join(words)}"'
      raise errors.UserError(f'{place}: {error}') from None
    parsed.append(layer)
  return (*parsed, specs.Dense('logits', num_classes, 'linear'))


def table(geometries: Sequence[geometry.LayerGeometry]) -> str:
  """One line per layer, for one image; then totals and unseen pixels."""
  image_shape = geometries[0].input_shape
  size = geometry.format_size
  image = ['image', size(image_shape), 0, 0, math.prod(image_shape)]
  lines = [[*image, '1x1', '1x1']]
  for layer in geometries:
    lines.append(
      [layer.spec.name, size(layer.output_shape), layer.num_parameters]
      + [layer.num_multiplications, layer.num_activations]
      + [size(layer.receptive_field), size(layer.effective_stride)]
    )
  totals = [sum(line[column] for line in lines) for column in (2, 3, 4)]
  lines.append(['total', '', *totals, '', ''])
  lines = [[*_COLUMNS], *lines]
  rates = [layer.spec.dropout for layer in geometries]
  if any(rates):
    cells = [f'{rate:g}' if rate else '' for rate in rates]
    column = ['dropout', '', *cells, '']
    lines = [[*line, cell] for line, cell in zip(lines, column, strict=True)]
  return f'{terminal.align(lines)}\n{_describe_unseen(geometries)}'


def _parse_layer(words, counts):
  match words:
    case ['conv', filters, window, *options]:
      return specs.Conv(
        _name('conv', counts),
        filters=_count(filters, 'number of filters'),
        window=_pair(window, 'kernel size'),
        **_options(options, stride=(1, 1), padding='valid', **_ACTIVATED),
      )
    case ['maxpool' | 'avgpool' as kind, window, *options]:
      window = _pair(window, 'window')
      given = _options(options, stride=window, padding='valid', dropout=0.0)
      return specs.Pool(
        _name('pool', counts), kind=kind, window=window, **given
      )
    case ['dense', units, *options]:
      units = _count(units, 'number of units')
      given = _options(options, **_ACTIVATED)
      return specs.Dense(_name('dense', counts), units=units, **given)
    case []:
      raise ValueError('there is nothing between the commas')
    case ['conv', *_]:
      raise ValueError('conv needs a number of filters and a kernel size')
    case ['maxpool' | 'avgpool' | 'dense' as kind]:
      raise ValueError(f'{kind} needs a size')
    case [kind, *_]:
      raise ValueError(f'"{kind}" is not conv, maxpool, avgpool or dense')


def _dropout_last(layer, pool):
  """Moves the dropout of a convolution to the pooling that follows it."""
  if isinstance(layer, specs.Pool) or not layer.dropout:
    return layer, pool
  if pool.dropout:
    raise ValueError(f'{layer.name} has dropout already, which acts here')
  return (
    dataclasses.replace(layer, dropout=0.0),
    dataclasses.replace(pool, dropout=layer.dropout),
  )


def _name(kind, counts):
  counts[kind] += 1
  return f'{kind}{counts[kind]}'


def _options(words, **defaults):
  """`defaults`, updated by the options in `words`, each at most once."""
  given = {}
  words = iter(words)
  for word in words:
    if word == 'stride':
      option, value = 'stride', _pair(next(words, ''), 'stride', or_one=True)
    elif word == 'dropout':
      option, value = 'dropout', _rate(next(words, ''))
    elif word in windows.PADDINGS:
      option, value = 'padding', word
    elif word in specs.ACTIVATIONS:
      option, value = 'activation', word
    else:
      raise ValueError(f'"{word}" is not an option')
    if option not in defaults:
      raise ValueError(f'"{word}" is not an option of this kind of layer')
    if option in given:
      raise ValueError(f'"{word}" gives the {option} a second time')
    given[option] = value
  return defaults | given


def _rate(word):
  if not re.fullmatch(r'0(\.[0-9]+)?', word):
    raise ValueError(f'dropout must be like 0.3, below 1, not "{word}"')
  rate = float(word)
  if rate and round(256 * rate) not in range(1, 256):
    raise ValueError(f'dropout is in 256ths, from 0.004 to 0.996, not {word}')
  return rate


def _count(word, what):
  if not re.fullmatch('[1-9][0-9]*', word):
    raise ValueError(f'{what} must be a whole number above 0, not "{word}"')
  return _integer(word, what)


def _pair(word, what, or_one=False):
  if or_one and re.fullmatch('[1-9][0-9]*', word):
    return (_integer(word, what),) * 2
  if not re.fullmatch('[1-9][0-9]*x[1-9][0-9]*', word):
    example = '2 or 2x1' if or_one else '3x3'
    raise ValueError(f'{what} must look like {example}, not "{word}"')
  height, width = word.split('x')
  return _integer(height, what), _integer(width, what)


def _integer(digits, what):
  if len(digits) > 4:  # more would fill any memory
    raise ValueError(f'{what} must be at most 9999, not {digits}')
  return int(digits)


def _describe_unseen(geometries):
  height, width, _ = geometries[0].input_shape
  rows, columns = reach.rows_and_columns(geometries)
  unseen = height * width - len(rows) * len(columns)
  text = f'{unseen} of {height * width} pixels cannot reach the output'
  if unseen:
    text += (
      f' ({unseen / (height * width):.1%}): '
      f'rows {sorted(set(range(height)) - rows)}, '
      f'columns {sorted(set(range(width)) - columns)}'
    )
  return text


def main() -> None:
  """Prints the table of `--layers`."""
  print(table(geometry.trace(parse(flags.FLAGS.layers), (28, 28, 1))))


if __name__ == '__main__':
  flags.DEFINE_string(
    'layers', '', 'as for run_train.py', module_name='network'
  )
  command.run(main)
