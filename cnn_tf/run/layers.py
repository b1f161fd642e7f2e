"""Layers as text -> layer specs.

  "conv 32 3x3, maxpool 2x2, conv 64 5x3 stride 2x1 same tanh"
  "conv 32 3x3, maxpool 2x2, dense 100 dropout 0.3"

A layer is its kind, its size, and options in any order. Names are numbered by
kind and are the same everywhere: `conv1`, `pool1`, `conv2`, ..., `dense1`,
`logits`.
"""

import collections
import re

from cnn_tf import errors
from cnn_tf.network import specs
from cnn_tf.network import windows

_ACTIVATED = {'activation': 'relu', 'dropout': 0.0}


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
      if not isinstance(layer, specs.Dense) and counts['dense']:
        raise ValueError('it cannot follow a dense layer')
    except ValueError as error:
      place = f'layer {number}, "{" ".join(words)}"'
      raise errors.UserError(f'{place}: {error}') from None
    parsed.append(layer)
  return (*parsed, specs.Dense('logits', num_classes, 'linear'))


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
      given = _options(options, stride=window, padding='valid')
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
  return float(word)


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
