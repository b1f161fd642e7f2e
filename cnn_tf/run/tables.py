"""Rows of cells -> aligned text."""

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
    '  '.join(
      [first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]
    ).rstrip()
    for first, *rest in cells
  )
