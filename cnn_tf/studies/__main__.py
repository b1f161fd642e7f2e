"""Lists the studies, each with its question.

python -m cnn_tf.studies
"""

import ast
import pathlib

from cnn_tf.run import command


def main() -> None:
  """Prints one line per study."""
  print('python -m cnn_tf.studies.NAME [--help], where NAME is\n')
  for name, question in questions().items():
    print(f'{name:17}{question}')
  print('\nTheir results are in docs/studies.md.')


def questions() -> dict[str, str]:
  """The name of each study, and the first line of its docstring."""
  found = {}
  for path in sorted(pathlib.Path(__file__).parent.glob('*.py')):
    text = path.read_text(encoding='utf-8')
    if '\n  study.run(' in text:  # not in what studies share
      found[path.stem] = ast.get_docstring(ast.parse(text)).splitlines()[0]
  return found


if __name__ == '__main__':
  command.run(main)
