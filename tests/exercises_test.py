"""The exercises fit the program: changes, commands, and an answer.

`python -m tests.exercises` compares all answers.
"""

import ast
import importlib.util
import pathlib
import re
import shlex

from absl.testing import absltest
from absl.testing import parameterized

from tests import exercises
from tests import layout_test

_EXERCISES = exercises.read()


class ExercisesTest(parameterized.TestCase):
  def test_they_are_numbered_and_follow_the_reading_order(self):
    numbers = [int(x.title.partition('.')[0]) for x in _EXERCISES]
    self.assertEqual(numbers, list(range(1, len(_EXERCISES) + 1)))
    modules = [*layout_test.reading_order(), 'run_train']
    order = [f'{module.rpartition(".")[2]}.py' for module in modules]
    files = [re.search(r'\w+\.py', x.title)[0] for x in _EXERCISES]
    places = [order.index(file) for file in files]
    self.assertEqual(places, sorted(places))

  @parameterized.named_parameters((x.title, x) for x in _EXERCISES)
  def test_its_lines_are_in_the_program(self, exercise):
    texts = {}
    for change in exercise.changes:
      path = exercises.ROOT / change.path
      text = texts.get(path) or path.read_text()
      texts[path] = exercises.changed(text, change)
      self.assertNotEqual(texts[path], text)
      ast.parse(texts[path])

  @parameterized.named_parameters((x.title, x) for x in _EXERCISES)
  def test_its_commands_exist_and_it_has_an_answer(self, exercise):
    self.assertNotEmpty(exercise.commands)
    self.assertNotEmpty(exercise.answer)
    for command in exercise.commands:
      python, *words = shlex.split(command)
      self.assertEqual(python, 'python')
      if words[0] == '-m':
        self.assertIsNotNone(importlib.util.find_spec(words[1]), command)
      elif words[0] == '-c':
        ast.parse(words[1])
      else:
        self.assertTrue((exercises.ROOT / words[0]).exists(), command)

  def test_an_answer_is_what_is_printed(self):
    # The one that needs no TensorFlow.
    [exercise] = [x for x in _EXERCISES if 'geometry.py' in x.title]
    folder = pathlib.Path(self.create_tempdir().full_path)
    exercises.copy(exercise, folder)
    printed = exercises.output(exercise, folder)
    self.assertIsNone(exercises.missing_line(exercise.answer, printed))
    unchanged = pathlib.Path(self.create_tempdir().full_path)
    exercises.copy(exercise._replace(changes=[]), unchanged)
    printed = exercises.output(exercise, unchanged)
    self.assertIn('5x5', exercises.missing_line(exercise.answer, printed))


class MissingLineTest(parameterized.TestCase):
  @parameterized.parameters(
    (['one', 'three'], None),
    (['one', '...', 'three 3'], 'three 3'),
    (['three', 'one'], 'one'),
    (['t...e'], None),
    ([' two '], None),
    (['tw'], 'tw'),
  )
  def test_lines_are_looked_for_in_order(self, answer, missing):
    printed = 'one\n two\nthree\n'
    self.assertEqual(exercises.missing_line(answer, printed), missing)


if __name__ == '__main__':
  absltest.main()
