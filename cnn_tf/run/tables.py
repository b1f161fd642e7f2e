"""Rows of cells -> aligned text."""

import itertools
import textwrap
from collections.abc import Iterable
from collections.abc import Sequence


def align(rows: Iterable[Sequence[str | int]]) -> str:
  """One line per row: the first column is aligned left, the others right.

  Integers get thousands separators. All rows have the same length.
  """
  cells = [
    [f'{cell:,}' if isinstance(cell, int) else cell for cell in row]
    for row in rows
  ]
  widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
  return '\n'.join(
    _line([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])])
    for first, *rest in cells
  )


def wrap(rows: Iterable[Sequence[str]], widths: Sequence[int]) -> str:
  """Columns of given widths, aligned left, in which long cells are wrapped.

  The first row is underlined, and empty lines separate the others. Line breaks
  within a cell are kept.
  """
  head, *body = (_wrap_row(row, widths) for row in rows)
  underline = _line('-' * width for width in widths)
  return f'{head}\n{underline}\n' + '\n\n'.join(body)


def _wrap_row(row, widths):
  columns = [
    [
      line
      for paragraph in cell.splitlines()
      for line in textwrap.wrap(paragraph, width, break_on_hyphens=False)
    ]
    for cell, width in zip(row, widths, strict=True)
  ]
  return '\n'.join(
    _line(map(str.ljust, cells, widths))
    for cells in itertools.zip_longest(*columns, fillvalue='')
  )


def _line(cells):
  return '  '.join(cells).rstrip()
