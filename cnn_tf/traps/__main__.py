"""Shows what TensorFlow's raw ops really do, on this machine.

python -m cnn_tf.traps            runs all traps, and prints a table
python -m cnn_tf.traps NAME ...   runs some, and explains them

Each trap runs in a process of its own, because some of them end it. NAME is one
of these:
"""

import inspect
import itertools
import os
import sys
import textwrap
import time
from collections.abc import Iterable
from collections.abc import Sequence

from cnn_tf import errors
from cnn_tf.run import command
from cnn_tf.traps import catalogue
from cnn_tf.traps import trial

_COLUMNS = {
  'asked of TensorFlow': 31,
  'its answer here': 23,
  'right, or expected': 21,
  'avoided by': 19,
}


def main(names: list[str]) -> None:
  """Runs the traps with these names, or all of them.

  Raises:
    UserError: there is no trap of that name.
  """
  started = time.perf_counter()
  for name in names:
    if name not in catalogue.NAMES:
      names = ', '.join(catalogue.NAMES)
      raise errors.UserError(
        f'there is no trap {name!r}; the traps are {names}'
      )
  with command.silent_libraries():
    print(_describe_machine(), flush=True)
    traps = [catalogue.load(name) for name in names or catalogue.NAMES]
    results = list(trial.run(traps))
  if names:
    for trap, result in zip(traps, results, strict=True):
      print(f'\n{_explain(trap, result)}')
    return
  rows = map(_row, traps, results)
  print(f'\n{wrap([list(_COLUMNS), *rows], list(_COLUMNS.values()))}\n')
  num_sprung = sum(result.springs for result in results)
  seconds = time.perf_counter() - started
  print(f'{num_sprung} of {len(results)} traps spring here; {seconds:.0f} s')


def wrap(rows: Iterable[Sequence[str]], widths: Sequence[int]) -> str:
  """Columns of given widths, aligned left, in which long cells are wrapped.

  The first row is underlined, and empty lines separate the others. Line breaks
  within a cell are kept.
  """
  head, *body = (_wrap_row(row, widths) for row in rows)
  underline = '  '.join('-' * width for width in widths)
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
    '  '.join(map(str.ljust, cells, widths)).rstrip()
    for cells in itertools.zip_longest(*columns, fillvalue='')
  )


def _describe_machine():
  from cnn_tf.run import environment  # imports TensorFlow

  facts = environment.describe(num_replicas=1)
  settings = ', '.join(
    f'{name}={os.environ[name]}' if name in os.environ else f'{name} is not set'
    for name in ('TF_ENABLE_ONEDNN_OPTS', 'ONEDNN_MAX_CPU_ISA')
  )
  return (
    f'TensorFlow {facts["tensorflow"]}, Python {facts["python"]}\n'
    f'CPU: {facts["cpu"]}, cores: {facts["cores"]}\n'
    f'oneDNN: {settings}'
  )


def _row(trap, result):
  question = (trap.__doc__ or '').partition('\n')[0].replace('`', '')
  asked = f'{_name(trap)}\n{question}'
  return asked, _answer(result), result.right, trap.AVOIDED


def _explain(trap, result):
  """The docstring, the source and the result."""
  source = inspect.getsource(trap).partition('"""\n\n')[2]
  lines = [_name(trap), '', (trap.__doc__ or '').strip(), '']
  lines += [f'  {line}'.rstrip() for line in source.splitlines()]
  lines += ['', f'its answer here     {_answer(result)}']
  if result.last_words:
    lines.append(f'its last words      {result.last_words}')
  lines.append(f'right, or expected  {result.right}')
  lines.append(f'avoided by          {trap.AVOIDED}')
  return '\n'.join(lines)


def _name(trap):
  return trap.__name__.rpartition('.')[2]


def _answer(result):
  if result.springs:
    return result.answer
  import tensorflow as tf

  return f'not here: TensorFlow {tf.__version__} on this CPU is right'


if __name__ == '__main__':
  names = textwrap.fill(', '.join(catalogue.NAMES), 80, break_on_hyphens=False)
  __doc__ = f'{__doc__ or ""}\n{names}'  # which --help prints
  given = sys.argv[1:]
  sys.argv[1:] = [word for word in given if word.startswith('-')]
  chosen = [word for word in given if not word.startswith('-')]
  command.run(lambda: main(chosen))
