"""Holds the rules of the project, so that nobody has to check them."""

import ast
import pathlib
import re

from absl.testing import absltest
from absl.testing import parameterized

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / 'cnn_tf'
ESSENTIAL = ('data', 'network', 'learning')
# What the path takes from files beside it: each a call with a comment.
BESIDE = {
  'cnn_tf.data.datasets': {'cnn_tf.data.files'},
  'cnn_tf.network.model': {'cnn_tf.network.onednn'},
  'cnn_tf.network.ops': {'cnn_tf.network.onednn'},
}
# Their flags are shared by several commands.
FLAGS_WITHOUT_MAIN = (
  'run/command.py',
  'run/main.py',
  'run/settings.py',
  'studies/study.py',
)


def entries(text):
  """The files and folders that a listing names, and whether with a star."""
  found = re.findall(r'^ *([\w/]+(?:\.py|/)) +(\* )?', text, re.MULTILINE)
  return {name: bool(star) for name, star in found}


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


def essential_path():
  """The modules of the essential path, in order."""
  modules = [*map(module_of, (PACKAGE / 'errors.py', PACKAGE / 'keys.py'))]
  for name in ESSENTIAL:
    listed = entries(docstring(PACKAGE / name))
    modules += [
      module_of(PACKAGE / name / file)
      for file, is_beside in listed.items()
      if not is_beside
    ]
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


def num_lines(path):
  return len(path.read_text().splitlines())


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
      if module == 'cnn_tf.first':  # it stands before what makes it general
        continue
      with self.subTest(module):
        self.assertContainsSubset(own_imports(path_of(module)), order[:index])

  def test_the_readme_names_every_folder(self):
    readme = (ROOT / 'README.md').read_text()
    for folder in {path.parent.name for path in sources()} - {'cnn_tf'}:
      self.assertRegex(readme, rf'\n  {folder}/  ')


class RulesTest(parameterized.TestCase):
  def test_the_essential_path_imports_nothing_that_stands_beside_it(self):
    for module in essential_path():
      with self.subTest(module):
        allowed = {*essential_path(), *BESIDE.get(module, ())}
        self.assertContainsSubset(own_imports(path_of(module)), allowed)
        text = path_of(module).read_text()
        self.assertNotRegex(text, r'absl|tf\.distribute')

  def test_first_imports_the_datasets_and_nothing_else(self):
    self.assertEqual(
      imports(PACKAGE / 'first.py'), {'tensorflow', 'cnn_tf.data.datasets'}
    )

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
    paths = [path_of(module) for module in essential_path()]
    paths += [PACKAGE / name / '__init__.py' for name in ESSENTIAL]
    self.assertLessEqual(sum(map(num_lines, paths)), 1350)

  def test_the_machinery_of_a_run_does_not_grow(self):
    paths = [p for p in sources(PACKAGE / 'run') if p.name != '__init__.py']
    self.assertLessEqual(len(paths), 14)
    self.assertLessEqual(sum(map(num_lines, paths)), 3150)
    self.assertLessEqual(num_lines(ROOT / 'run_train.py'), 20)

  def test_the_order_of_the_path_is_a_page(self):
    self.assertLessEqual(num_lines(PACKAGE / '__init__.py'), 60)

  def test_functions_are_short(self):
    for path in sources():
      for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
          with self.subTest(f'{path}: {node.name}'):
            self.assertLessEqual(num_code_lines(node), 30)


if __name__ == '__main__':
  absltest.main()
