"""Numbers -> aligned text of at most 80 columns."""

import textwrap
import types
from collections.abc import Iterable
from collections.abc import Mapping

import numpy as np

from cnn_tf.run import terminal

WIDTH = 80
_GAP = '    '

Place = tuple[int, int]


def number(value: float) -> str:
  """At most four decimal places; -0 is 0."""
  return f'{round(float(value), 4) + 0.0:.10g}'


def cells(array: np.ndarray) -> dict[Place, str]:
  """Row and column -> the text of the number there."""
  return {place: number(value) for place, value in np.ndenumerate(array)}


def grid(
  title: str,
  texts: Mapping[Place, str],
  marks: Mapping[Place, str] = types.MappingProxyType({}),
) -> list[str]:
  """A table of texts with the numbers of its rows and columns.

  Args:
    title: the line above it.
    texts: row and column -> text; a place without text stays blank.
    marks: row and column -> `[]` or `()`, the brackets around a text.
  """
  rows, columns = (
    range(min(axis), max(axis) + 1) for axis in zip(*texts, strict=True)
  )
  width = max(map(len, texts.values()))
  label = max(len(str(y)) for y in rows)
  lines = [title, ' ' * label + ''.join(f'{x:>{width + 2}} ' for x in columns)]
  for y in rows:
    line = f'{y:>{label}}'
    for place in ((y, x) for x in columns):
      left, right = marks.get(place, '  ')
      # The bracket belongs to the number, not to the edge of its column.
      line += f'{left + texts.get(place, ""):>{width + 2}}{right}'
    lines.append(line)
  return [line.rstrip() for line in lines]


def side_by_side(*blocks: list[str]) -> str:
  """Blocks of lines beside one another, as many as fit, the others below."""
  shown, current = [], []
  for block in blocks:
    wider = _join([*current, block])
    if current and max(map(len, wider)) > WIDTH:
      shown.append(current)
      current = []
    current = [*current, block]
  return '\n\n'.join('\n'.join(_join(group)) for group in [*shown, current])


def sum_up(
  terms: Iterable[tuple[str, float]], totals: Iterable[tuple[str, float]]
) -> str:
  """Lines `text = value`: terms are aligned left, totals right."""
  terms, totals = list(terms), list(totals)
  width = max(len(text) for text, _ in [*terms, *totals])
  rows = [(f'{text:<{width}} =', number(value)) for text, value in terms]
  rows += [(f'{text:>{width}} =', number(value)) for text, value in totals]
  return textwrap.indent(terminal.align(rows), '  ')


def _join(blocks):
  height = max(map(len, blocks))
  columns = []
  for block in blocks:
    width = max(map(len, block))
    padded = [*block, *[''] * (height - len(block))]
    columns.append([line.ljust(width) for line in padded])
  return [_GAP.join(lines).rstrip() for lines in zip(*columns, strict=True)]
