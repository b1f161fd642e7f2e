"""Holds the rules of the house, so that no one has to police them."""

import ast
import pathlib
import re

from absl.testing import absltest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / 'cnn_tf'


def reading_order():
  """The files that the docstring of the package lists, as module names."""
  modules, wing = [], 'cnn_tf'
  docstring = ast.get_docstring(
    ast.parse((PACKAGE / '__init__.py').read_text())
  )
  for line in docstring.splitlines():
    if match := re.match(r'  (\w+)/  ', line):
      wing = f'cnn_tf.{match[1]}'
    elif match := re.match(r'  +(\w+)\.py  ', line):
      modules.append(f'{wing}.{match[1]}')
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


def ours(path):
  """The files of this project among the imports of a file."""
  return {name for name in imports(path) if path_of(name).exists()}


def targets(folder):
  """The rules of a BUILD file: first source -> (rule, name, deps)."""
  found = {}
  for node in ast.parse((folder / 'BUILD').read_text()).body:
    call = node.value
    if isinstance(node, ast.Expr) and call.func.id.startswith('py_'):
      values = {k.arg: k.value for k in call.keywords if k.arg != 'data'}
      values = {name: ast.literal_eval(value) for name, value in values.items()}
      [source] = values['srcs']
      deps = values.get('deps', [])
      found[folder / source] = call.func.id, values['name'], deps
  return found


def module_of_label(label, folder):
  package, _, name = label.partition(':')
  base = folder if not package else ROOT / package.removeprefix('//')
  return module_of(base / name)


class LayoutTest(absltest.TestCase):
  def test_the_reading_order_lists_every_file_once(self):
    files = [module_of(p) for p in sources() if p.name != '__init__.py']
    self.assertCountEqual(reading_order(), files)

  def test_a_file_uses_only_what_stands_above_it(self):
    order = reading_order()
    for index, module in enumerate(order):
      with self.subTest(module):
        self.assertContainsSubset(ours(path_of(module)), order[:index])

  def test_flags_are_read_only_where_there_is_a_main(self):
    for path in sources():
      shared = path.name in ('command.py', 'study.py')
      if 'absl.flags' in imports(path) and not shared:
        with self.subTest(str(path)):
          self.assertIn("if __name__ == '__main__':\n", path.read_text())

  def test_matplotlib_stays_with_the_figures(self):
    for path in sources():
      if any(name.startswith('matplotlib') for name in imports(path)):
        with self.subTest(str(path)):
          self.assertRegex(
            module_of(path), r'\.(visualization\.figures|studies)'
          )

  def test_keras_is_nowhere(self):
    for path in [ROOT / 'run_train.py', *sources()]:
      with self.subTest(str(path)):
        self.assertNotRegex(path.read_text(), r'\b(import keras|tf\.keras)')

  def test_every_module_has_its_test(self):
    tests = [module_of(path) for path in sources(ROOT / 'tests')]
    for module in [*reading_order(), 'cnn_tf.run_train', 'cnn_tf.layout']:
      with self.subTest(module):
        name = module.removeprefix('cnn_tf').replace('__main__', 'main')
        self.assertIn(f'tests{name}_test', tests)

  def test_the_core_fits_on_pages(self):
    for path in sources():
      if path.parent.name in ('data', 'network', 'training'):
        with self.subTest(str(path)):
          self.assertLessEqual(len(path.read_text().splitlines()), 160)
      for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
          docstring = ast.get_docstring(node, clean=False) or ''
          length = node.end_lineno - node.lineno - docstring.count('\n')
          most = 45 if node.name == 'train_and_evaluate' else 30
          with self.subTest(f'{path}: {node.name}'):
            self.assertLessEqual(length, most)

  def test_every_module_has_a_target_whose_deps_are_its_imports(self):
    files = [ROOT / 'run_train.py', *sources(), *sources(ROOT / 'tests')]
    for path in files:
      if path.name == 'conftest.py':
        continue  # pytest's own
      with self.subTest(str(path)):
        rule, name, deps = targets(path.parent)[path]
        self.assertEqual(name, path.stem.strip('_'))
        self.assertEqual(rule == 'py_test', name.endswith('_test'))
        modules = {module_of_label(label, path.parent) for label in deps}
        self.assertEqual(modules, ours(path))
        self.assertLen(deps, len(modules))

  def test_every_rule_is_loaded_from_rules_python(self):
    for build in [ROOT / 'BUILD', *PACKAGE.rglob('BUILD')]:
      with self.subTest(str(build)):
        rules = {rule for rule, _, _ in targets(build.parent).values()}
        for rule in rules:
          load = f'load("@rules_python//python:{rule}.bzl", "{rule}")'
          self.assertIn(load, build.read_text())


if __name__ == '__main__':
  absltest.main()
