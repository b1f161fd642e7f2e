"""The exercises of docs/exercises.md: each change made, each answer compared.

python -m tests.exercises           all of them, in about five minutes
python -m tests.exercises 3 12      these two
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parents[1]
_DATASETS = ('mnist', 'fashion')


class Change(NamedTuple):
  """Lines of a file, and what replaces them."""

  path: str
  old: str
  new: str


class Exercise(NamedTuple):
  """What to change and to run, and the lines that the answer shows."""

  title: str  # with its number
  changes: list[Change]
  commands: list[str]
  answer: list[str]  # `...` stands for other text


def read() -> list[Exercise]:
  """The exercises, in order."""
  text = (ROOT / 'docs' / 'exercises.md').read_text()
  return [_parse(part) for part in text.split('\n## ')[1:]]


def changed(text: str, change: Change) -> str:
  """`text` after the change.

  Raises:
    ValueError: the lines to replace are not there, or more than once.
  """
  if text.count(change.old) != 1:
    raise ValueError(
      f'{change.path} has these lines {text.count(change.old)} times:\n'
      f'{change.old}'
    )
  return text.replace(change.old, change.new)


def copy(exercise: Exercise, folder: pathlib.Path) -> None:
  """Copies the program to a new folder, and makes the changes there."""
  ignore = shutil.ignore_patterns('__pycache__', *_DATASETS)
  shutil.copytree(ROOT / 'cnn_tf', folder / 'cnn_tf', ignore=ignore)
  shutil.copy(ROOT / 'run_train.py', folder)
  for dataset in _DATASETS:
    place = pathlib.Path('cnn_tf', 'data', dataset)
    (folder / place).symlink_to(ROOT / place)
  for change in exercise.changes:
    path = folder / change.path
    path.write_text(changed(path.read_text(), change))


def output(exercise: Exercise, folder: pathlib.Path) -> str:
  """What the commands print in a folder, one after another."""
  environment = {**os.environ, 'PYTHONPATH': str(folder)}
  python = f'{sys.executable} '
  return ''.join(
    subprocess.run(
      re.sub('^python ', python, command),
      shell=True,
      cwd=folder,
      env=environment,
      stdout=subprocess.PIPE,
      stderr=subprocess.DEVNULL,
      text=True,
    ).stdout
    for command in exercise.commands
  )


def missing_line(answer: list[str], printed: str) -> str | None:
  """The first line of an answer that was not printed, in this order.

  Spaces at the ends of a line do not count.
  """
  lines = iter(printed.splitlines())
  for shown in answer:
    if shown not in ('', '...'):
      pattern = '.*'.join(map(re.escape, shown.strip().split('...')))
      if not any(re.fullmatch(pattern, line.strip()) for line in lines):
        return shown
  return None


def _parse(text):
  title = text.partition('\n')[0]
  question, _, answer = text.partition('<details>')
  blocks = list(_blocks(question))
  return Exercise(
    title,
    [_parse_change(block) for kind, block in blocks if kind == 'diff'],
    [
      command
      for kind, block in blocks
      if kind == ''
      for command in block.splitlines()
    ],
    [line for _, block in _blocks(answer) for line in block.splitlines()],
  )


def _blocks(text) -> Iterator[tuple[str, str]]:
  """The kind and the text of every fenced block."""
  yield from re.findall(
    r'^```(\w*)\n(.*?)^```$', text, re.DOTALL | re.MULTILINE
  )


def _parse_change(block):
  path, *lines = block.splitlines()
  old, new = (
    ''.join(f'{line[1:]}\n' for line in lines if line[0] == sign)
    for sign in '-+'
  )
  return Change(path, old, new)


def main() -> None:
  """Prints for each exercise whether its answer is what is printed today."""
  chosen = sys.argv[1:]
  wrong = 0
  for exercise in read():
    if chosen and exercise.title.partition('.')[0] not in chosen:
      continue
    with tempfile.TemporaryDirectory() as name:
      folder = pathlib.Path(name, 'copy')
      folder.mkdir()
      copy(exercise, folder)
      printed = output(exercise, folder)
    missing = missing_line(exercise.answer, printed)
    wrong += missing is not None
    verdict = 'as shown' if missing is None else f'not printed: {missing}'
    print(f'{exercise.title}: {verdict}', flush=True)
  sys.exit(wrong > 0)


if __name__ == '__main__':
  main()
