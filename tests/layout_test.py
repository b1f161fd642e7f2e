"""Holds the rules of the project, so that nobody has to check them."""

import ast
import pathlib
import re

from absl.testing import absltest
from absl.testing import parameterized

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / 'cnn_tf'
ESSENTIAL = ('data', 'network', 'learning')
# They are off by default, and nothing else in the essential path needs them, so
# they are not part of what has to be read in one sitting.
OPTIONAL = ('tricks/augment.py', 'tricks/averages.py')
# Their flags are shared by several commands.
FLAGS_WITHOUT_MAIN = (
  'run/command.py',
  'run/main.py',
  'run/settings.py',
  'studies/study.py',
)


def entries(text):
  """The files and folders that a listing names, in order."""
  return re.findall(r'^ *([\w/]+(?:\.py|/))  ', text, re.MULTILINE)


def docstring(folder):
  return ast.get_docstring(ast.parse((folder / '__init__.py').read_text()))


def reading_order(folder=PACKAGE):
  """All modules, in the order in which the docstrings list them."""
  modules = []
  for name in entries(docstring(folder)):
    place = folder / name
    if name.endswith('/'):
      modules += reading_order(place)
    else:
      modules.append(module_of(place))
  return modules


def path_of(module):
  return ROOT / (module.replace('.', '/') + '.py')


def module_of(path):
  return '.'.join(path.relative_to(ROOT).with_suffix('').parts)


def sources(folder=PACKAGE):
  return sorted(folder.rglob('*.py'))


def imports(path):
  """All modules that a file imports, with `from a import b` as `a.b`."""
  found = set()
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.ImportFrom):
      found |= {f'{node.module}.{name.name}' for name in node.names}
    elif isinstance(node, ast.Import):
      found |= {name.name for name in node.names}
  return found


def own_imports(path):
  """The files of this project among the imports of a file."""
  return {name for name in imports(path) if path_of(name).exists()}


def num_code_lines(function):
  """The lines of a function without its docstring."""
  text = ast.get_docstring(function, clean=False)
  num_docstring_lines = text.count('\n') + 1 if text else 0
  return function.end_lineno - function.lineno + 1 - num_docstring_lines


class ReadingOrderTest(absltest.TestCase):
  def test_it_lists_every_file_once(self):
    files = [module_of(p) for p in sources() if p.name != '__init__.py']
    self.assertCountEqual(reading_order(), files)

  def test_a_file_uses_only_the_files_above_it(self):
    order = reading_order()
    for index, module in enumerate(order):
      with self.subTest(module):
        self.assertContainsSubset(own_imports(path_of(module)), order[:index])

  def test_the_readme_names_every_folder(self):
    readme = (ROOT / 'README.md').read_text()
    for folder in {path.parent.name for path in sources()} - {'cnn_tf'}:
      self.assertRegex(readme, rf'\n  {folder}/  ')


class RulesTest(parameterized.TestCase):
  @parameterized.parameters('errors.py', 'keys.py', *ESSENTIAL)
  def test_the_essential_path_imports_nothing_of_a_run(self, name):
    place = PACKAGE / name
    for path in sources(place) if place.is_dir() else [place]:
      with self.subTest(str(path)):
        folders = {module.split('.')[1] for module in own_imports(path)}
        self.assertContainsSubset(folders, {'errors', 'keys', *ESSENTIAL})
        self.assertNotRegex(path.read_text(), r'absl|tf\.distribute')

  def test_flags_are_defined_only_beside_a_main(self):
    for path in sources():
      shared = str(path.relative_to(PACKAGE)) in FLAGS_WITHOUT_MAIN
      if 'absl.flags' in imports(path) and not shared:
        with self.subTest(str(path)):
          self.assertIn("if __name__ == '__main__':\n", path.read_text())

  def test_only_figures_import_matplotlib_and_they_import_no_tensorflow(self):
    for path in sources():
      packages = {name.partition('.')[0] for name in imports(path)}
      with self.subTest(str(path)):
        if path.parent.name == 'figures':
          self.assertNotIn('tensorflow', packages)
        else:
          self.assertNotIn('matplotlib', packages)

  def test_keras_is_nowhere(self):
    for path in [ROOT / 'run_train.py', *sources()]:
      with self.subTest(str(path)):
        self.assertNotRegex(path.read_text(), r'\b(import keras|tf\.keras)')

  def test_every_module_has_its_test(self):
    tests = [module_of(path) for path in sources(ROOT / 'tests')]
    order = reading_order()
    # traps/catalogue_test.py tests all traps.
    order = [m for m in order if 'def attempt():' not in path_of(m).read_text()]
    for module in [*order, 'cnn_tf.run_train', 'cnn_tf.layout']:
      with self.subTest(module):
        name = module.removeprefix('cnn_tf').replace('__main__', 'main')
        self.assertIn(f'tests{name}_test', tests)


class LengthTest(absltest.TestCase):
  def test_the_essential_path_is_read_in_one_sitting(self):
    lengths = {
      path: len(path.read_text().splitlines())
      for folder in ESSENTIAL
      for path in sources(PACKAGE / folder)
    }
    for path, length in lengths.items():
      with self.subTest(str(path)):
        self.assertLessEqual(length, 150)
    optional = [PACKAGE / name for name in OPTIONAL]
    needed = [lengths[path] for path in lengths if path not in optional]
    self.assertLessEqual(sum(needed), 1830)

  def test_functions_are_short(self):
    for path in sources():
      for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
          essential = path.parent.name in ESSENTIAL
          with self.subTest(f'{path}: {node.name}'):
            self.assertLessEqual(num_code_lines(node), 30 if essential else 45)


if __name__ == '__main__':
  absltest.main()
