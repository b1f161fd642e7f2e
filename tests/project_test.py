"""The files around the program: they agree with it, and with each other."""

import importlib.util
import os
import re
import tomllib

from absl.testing import absltest
from packaging import requirements
from packaging import utils

from tests import exercises
from tests import small_data

_ROOT = small_data.ROOT
_PROJECT = tomllib.loads((_ROOT / 'pyproject.toml').read_text())['project']


def _required():
  """All requirements of the project and its extras, but not the project."""
  extras = _PROJECT['optional-dependencies'].values()
  lines = sum(extras, _PROJECT['dependencies'])
  found = map(requirements.Requirement, lines)
  return [x for x in found if x.name != _PROJECT['name']]


class ProjectTest(absltest.TestCase):
  def test_the_citation_is_of_this_version_and_licence(self):
    text = (_ROOT / 'CITATION.cff').read_text()
    for key in ('version', 'license'):
      [value] = re.findall(rf'^{key}: "?(.*?)"?$', text, re.MULTILINE)
      self.assertEqual(value, _PROJECT[key])

  def test_the_constraints_are_versions_that_the_project_takes(self):
    lines = (_ROOT / 'constraints.txt').read_text().splitlines()
    pinned = dict(x.split('==') for x in lines if not x.startswith('#'))
    self.assertEqual(list(pinned), sorted(pinned))
    for name, version in pinned.items():
      self.assertEqual(name, utils.canonicalize_name(name))
      self.assertRegex(version, r'^[0-9a-z.]+$')  # from any index
    for requirement in _required():
      version = pinned[utils.canonicalize_name(requirement.name)]
      self.assertIn(version, requirement.specifier, requirement)

  def test_every_file_that_contributing_names_exists(self):
    text = (_ROOT / 'CONTRIBUTING.md').read_text()
    paths = set(re.findall(r'`((?:cnn_tf|tests|docs|\.ci)/[\w/.]*)`', text))
    paths = {x for x in paths if 'NAME' not in x}
    self.assertGreater(len(paths), 20)
    for path in paths:
      self.assertTrue((_ROOT / path).exists(), path)

  def test_the_exercises_and_commands_of_the_lesson_exist(self):
    text = (_ROOT / 'docs' / 'lesson.md').read_text()
    titles = [x.title for x in exercises.read()]
    chosen = re.findall(r'Exercise (\d+), in `(\w+\.py)`', text)
    self.assertLen(chosen, 3)
    for number, file in chosen:
      title = titles[int(number) - 1]
      self.assertStartsWith(title, f'{number}. {file}: ')
    commands = re.findall(r'`python -m ([\w.]+)', text)
    self.assertLen(commands, 3)
    for module in commands:
      self.assertIsNotNone(importlib.util.find_spec(module), module)

  def test_the_automation_runs_what_is_there_on_all_versions(self):
    text = (_ROOT / '.github/workflows/ci.yml').read_text()
    self.assertIn('run: .ci/run\n', text)
    self.assertTrue(os.access(_ROOT / '.ci/run', os.X_OK))
    versions = {'3.11', *re.findall(r'"(3\.\d+)"', text)}
    self.assertEqual(versions, {'3.11', '3.12', '3.13'})
    self.assertEqual(_PROJECT['requires-python'], '>=3.11,<3.14')


if __name__ == '__main__':
  absltest.main()
