"""Rows of long cells -> a table whose cells are wrapped."""

import itertools
import textwrap
from collections.abc import Iterable
from collections.abc import Sequence


def wrap(rows: Iterable[Sequence[str]], widths: Sequence[int]) -> str:
  """The rows, the first one underlined, and empty lines between the others.

  Line breaks within a cell are kept.

  Args:
    rows: the names of the columns, then the rows.
    widths: of the columns; there are two spaces between them.
  """
  head, *body = (_wrap_row(row, widths) for row in rows)
  line = '  '.join('-' * width for width in widths)
  return f'{head}\n{line}\n' + '\n\n'.join(body)


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
    '  '.join(map(str.ljust, line, widths)).rstrip()
    for line in itertools.zip_longest(*columns, fillvalue='')
  )
