"""The notebook: made from today's sources, and it prints what it shows."""

import re

import nbformat
import numpy as np
from absl.testing import absltest

from docs import notebook
from tests import exercises

_NUMBER = r'-?\d+(?:\.\d+)?'


def _printed(cell):
  """What a code cell prints."""
  return ''.join(x.text for x in cell.outputs if x.output_type == 'stream')


def _cell(cells, start):
  """The code cell that begins so."""
  [found] = [
    x for x in cells if x.cell_type == 'code' and x.source.startswith(start)
  ]
  return found


def _one_step(cells):
  """What the cells of one_step.py print, which start with its imports."""
  sources = [x.source for x in cells]
  first = sources.index(_cell(cells, 'import copy').source)
  end = sources.index(_cell(cells, 'labels =').source)
  return ''.join(_printed(x) for x in cells[first:end] if x.cell_type == 'code')


class NotebookTest(absltest.TestCase):
  @classmethod
  def setUpClass(cls):
    super().setUpClass()
    cls.stored = nbformat.read(notebook.PATH, as_version=4)
    cls.executed = notebook.make()
    notebook.execute(cls.executed)

  def test_it_is_made_from_todays_sources(self):
    stored = nbformat.from_dict(self.stored)
    for cell in stored.cells:
      if cell.cell_type == 'code':
        cell.outputs, cell.execution_count = [], None
    self.assertEqual(stored, notebook.make())

  def test_the_training_starts_and_ends_as_shown(self):
    cells = self.stored.cells, self.executed.cells
    steps = [_printed(_cell(x, 'for i in range(num_steps)')) for x in cells]
    self.assertEqual(*(x.splitlines()[0] for x in steps))
    self.assertEqual(*(len(x.splitlines()) for x in steps))
    ends = [_printed(_cell(x, 'num_correct')) for x in cells]
    percents = [float(x.partition('%')[0]) for x in ends]
    self.assertGreater(min(percents), 98)

  def test_the_numbers_of_one_step_are_those_shown(self):
    texts = [_one_step(x.cells) for x in (self.stored, self.executed)]
    self.assertEqual(*(re.sub(_NUMBER, '', text) for text in texts))
    numbers = np.array([re.findall(_NUMBER, text) for text in texts], float)
    self.assertGreater(numbers.shape[1], 100)
    np.testing.assert_allclose(*numbers, rtol=1e-3, atol=2e-4)

  def test_the_gradient_by_hand_is_that_of_the_tape(self):
    printed = _printed(_cell(self.executed.cells, 'one_hot'))
    self.assertEqual(printed.count('equal: True\n'), 4, printed)

  def test_the_maps_are_pictures(self):
    for cells in (self.stored.cells, self.executed.cells):
      pictures = [
        x.data['image/png']
        for cell in cells
        if cell.cell_type == 'code'
        for x in cell.outputs
        if x.output_type == 'execute_result'
      ]
      self.assertLen(pictures, 2)

  def test_each_exercise_changes_a_line_of_one_cell(self):
    all_exercises = exercises.read()
    sources = [x.source for x in self.stored.cells if x.cell_type == 'code']
    for number in notebook.EXERCISES:
      for change in all_exercises[number - 1].changes:
        exercises.changed('\n'.join(sources) + '\n', change)


if __name__ == '__main__':
  absltest.main()
