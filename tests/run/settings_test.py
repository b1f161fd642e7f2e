"""Defaults, bounds, and the way into a flagfile and back."""

import dataclasses
import math
import os
import pathlib
import re

import hypothesis
from absl import flags
from absl.testing import absltest
from absl.testing import parameterized
from hypothesis import strategies as st

from cnn_tf import errors
from cnn_tf.run import settings as settings_lib


def _values(field):
  """A strategy for the values that the flag of `field` takes."""
  bounds = field.metadata['bounds']
  if 'choices' in bounds:
    return st.sampled_from(bounds['choices'])
  if field.type is bool:
    return st.booleans()
  if field.type is int:
    limit = min(bounds.get('below', 2**40), 2**40)
    return st.integers(bounds['at_least'], limit - 1)
  if field.type is float:
    low = bounds.get('at_least', bounds.get('above'))
    high = bounds.get('below', bounds.get('at_most', 1e9))
    return st.floats(
      low, high, exclude_min='above' in bounds, exclude_max='below' in bounds
    )
  return st.text(st.characters(exclude_categories=['C', 'Zl', 'Zp']))


_FIELDS = {
  field.name: _values(field)
  for field in dataclasses.fields(settings_lib.Settings)
}


# The settings of every run that a better default could change.
_WRITTEN_OUT = {
  *('dataset', 'layers', 'precision', 'average', 'label_smoothing'),
  *('batch_size', 'num_epochs', 'optimizer', 'l2_scale', 'lr_schedule'),
  *('learning_rate', 'warmup_epochs'),
}


class SettingsTest(parameterized.TestCase):
  def assert_refused(self, words, **settings):
    with self.assertRaises(errors.UserError) as caught:
      settings_lib.Settings(**settings)
    self.assertEqual(str(caught.exception), words)

  @hypothesis.settings(max_examples=200, deadline=None, derandomize=True)
  @hypothesis.given(st.fixed_dictionaries({}, optional=_FIELDS))
  @hypothesis.example({'data_dir': ' --a = "b" #', 'l2_scale': 1e-300})
  def test_a_flagfile_gives_the_config_again(self, settings):
    try:
      original = settings_lib.Settings(**settings)
    except errors.UserError as error:
      # Two fields can contradict each other.
      self.assertRegex(str(error), '--nesterov needs|leaves no epoch of')
      return
    again = settings_lib.Settings.from_flags(original.to_flags())
    self.assertEqual(again, original)

  @parameterized.parameters(
    ('batch_size', 0, 'must be at least 1'),
    ('num_epochs', 0, 'must be at least 1'),
    ('num_validation', -1, 'must be at least 0'),
    ('seed', -1, 'must be at least 0'),
    ('l2_scale', -1e-9, 'must be at least 0.0'),
    ('learning_rate', -0.1, 'must be at least 0.0'),
    ('warmup_epochs', -1.0, 'must be at least 0.0'),
    ('momentum', -0.1, 'must be at least 0.0'),
    ('momentum', 1.0, 'must be below 1.0'),
    ('shift', -1, 'must be at least 0'),
    ('shift', 1000, 'must be below 1000'),
    ('rotate', 180.1, 'must be at most 180.0'),
    ('scale', 1.0, 'must be below 1.0'),
    ('shear', 90.0, 'must be below 90.0'),
    ('erase', 1.1, 'must be at most 1.0'),
    ('erase', math.nan, 'must be finite'),
    ('label_smoothing', -0.1, 'must be at least 0.0'),
    ('label_smoothing', 1.0, 'must be below 1.0'),
    ('average', -0.1, 'must be at least 0.0'),
    ('average', 1.0, 'must be below 1.0'),
    ('decay_rate', 0.0, 'must be above 0.0'),
    ('decay_epochs', 0.0, 'must be above 0.0'),
    ('learning_rate', math.nan, 'must be finite'),
    ('l2_scale', math.inf, 'must be finite'),
    ('optimizer', 'sgd', 'must be one of momentum, rmsprop, adam'),
    ('dataset', 'cifar', 'must be one of mnist, fashion'),
    ('data_dir', 'a\nb', 'must be a single line'),
  )
  def test_a_value_out_of_bounds_is_refused(self, name, value, problem):
    self.assert_refused(f'--{name}={value} {problem}', **{name: value})

  @parameterized.parameters('\r', '\x0b', '\x0c', '\x85', '\u2028')
  def test_no_text_can_end_the_line_of_its_flag(self, separator):
    with self.assertRaises(errors.UserError):
      settings_lib.Settings(data_dir=f'a{separator}b')

  @parameterized.parameters(
    {'momentum': 0.0},
    {'l2_scale': 0.0},
    {'seed': 0},
    {'batch_size': 1, 'num_validation': 0},
    {'num_epochs': 1, 'warmup_epochs': 0.5},
  )
  def test_a_value_on_the_bound_is_taken(self, **settings):
    made = dataclasses.asdict(settings_lib.Settings(**settings))
    self.assertEqual(made, made | settings)

  @parameterized.parameters(
    ('momentum', 0.1), ('rmsprop', 1e-3), ('adam', 2e-3)
  )
  def test_no_rate_means_the_usual_rate_of_the_optimizer(self, name, rate):
    self.assertEqual(settings_lib.Settings(optimizer=name).learning_rate, rate)
    given = settings_lib.Settings(optimizer=name, learning_rate=0.3)
    self.assertEqual(given.learning_rate, 0.3)

  def test_nesterov_belongs_to_momentum(self):
    settings_lib.Settings(nesterov=True, optimizer='momentum')
    self.assert_refused(
      '--nesterov needs --optimizer=momentum', nesterov=True, optimizer='adam'
    )

  def test_the_warm_up_must_end_before_the_run(self):
    self.assert_refused(
      '--warmup_epochs=3.0 leaves no epoch of --num_epochs=3',
      warmup_epochs=3.0,
      num_epochs=3,
    )

  def test_a_config_cannot_be_changed(self):
    with self.assertRaises(dataclasses.FrozenInstanceError):
      settings_lib.Settings().seed = 1

  def test_a_flagfile_that_is_not_complete_is_refused(self):
    text = settings_lib.Settings().to_flags()
    for length in range(len(text)):
      with self.subTest(length), self.assertRaises(errors.UserError):
        settings_lib.Settings.from_flags(text[:length])
    lines = text.splitlines(keepends=True)
    fields = dataclasses.fields(settings_lib.Settings)
    for number, (line, field) in enumerate(zip(lines, fields, strict=True)):
      if field.metadata['before'] is not None:
        continue
      rest = ''.join(lines[:number] + lines[number + 1 :])
      with self.subTest(line), self.assertRaises(errors.UserError) as caught:
        settings_lib.Settings.from_flags(rest)
      lost = f'incomplete, it lacks --{field.name}'
      self.assertEqual(str(caught.exception), lost)

  def test_a_flag_that_did_not_exist_has_the_value_of_that_time(self):
    text = settings_lib.Settings(
      shift=2, label_smoothing=0.3, average=0.9, precision='bfloat16'
    ).to_flags()
    old = ''.join(
      line
      for line in text.splitlines(keepends=True)
      if not line.startswith(('--shift', '--label', '--average', '--precision'))
    )
    found = settings_lib.Settings.from_flags(old)
    self.assertEqual((found.shift, found.label_smoothing), (0, 0.0))
    self.assertEqual((found.average, found.precision), (0.0, 'float32'))

  def test_a_folder_of_data_is_found_from_everywhere(self):
    found = settings_lib.Settings(data_dir='base').data_dir
    self.assertEqual(found, os.path.abspath('base'))
    self.assertEqual(settings_lib.Settings().data_dir, '')

  @parameterized.parameters(
    ('no_such_flag=1', "not a flag: 'no_such_flag=1'"),
    ('--no_such_flag=1', "Unknown command line flag 'no_such_flag'"),
    ('--seed=one', '--seed=one: '),
    ('--seed=1.5', '--seed=1.5: '),
    ('--momentum=fast', '--momentum=fast: '),
    ('--nesterov=perhaps', '--nesterov=perhaps: '),
    ('--seed', 'Missing value for flag --seed'),
    ('', "not a flag: ''"),
  )
  def test_a_line_that_cannot_be_read_is_named(self, line, words):
    text = settings_lib.Settings().to_flags()
    with self.assertRaisesRegex(errors.UserError, words):
      settings_lib.Settings.from_flags(f'{text}{line}\n')


class ReadTest(parameterized.TestCase):
  @parameterized.parameters('', '# a comment\n', '\n', '// another\n')
  def test_a_byte_order_mark_is_no_part_of_a_flag(self, first):
    self.assertEqual(self.read(f'\ufeff{first}--seed=7\n').seed, 7)

  def read(self, text, *more):
    file = self.create_tempfile(content=text)
    return settings_lib.read(file.full_path, *more)

  def test_what_is_not_given_has_its_default(self):
    settings = self.read('# slower\n--learning_rate=0.05\n\n--flip\n')
    self.assertEqual(
      settings, settings_lib.Settings(learning_rate=0.05, flip=True)
    )

  def test_more_flags_override_the_file(self):
    settings = self.read('--seed=1\n--flip\n', '--seed=2', '--noflip')
    self.assertEqual(settings, settings_lib.Settings(seed=2))

  def test_settings_are_read_as_it_was_written(self):
    settings = settings_lib.Settings(
      layers='dense 7', average=0.9, precision='bfloat16'
    )
    self.assertEqual(self.read(settings.to_flags()), settings)

  def test_a_flagfile_may_name_another(self):
    other = self.create_tempfile(content='--seed=3\n--num_epochs=4\n')
    settings = self.read(f'--flagfile={other.full_path}\n--seed=5\n')
    self.assertEqual(settings, settings_lib.Settings(seed=5, num_epochs=4))

  @parameterized.parameters(
    ('--rate=1', "Unknown command line flag 'rate'"),
    ('--seed=many', 'seed=many'),
    ('  # slower', "not a flag: '# slower'"),
    ('--seed=-1', '--seed=-1 must be at least 0'),
  )
  def test_a_mistake_is_named(self, line, words):
    with self.assertRaisesRegex(errors.UserError, words):
      self.read(f'{line}\n')

  def test_a_missing_file_is_named(self):
    with self.assertRaisesRegex(errors.UserError, '^no.flags: '):
      settings_lib.read('no.flags')


class ConfigsTest(absltest.TestCase):
  def test_a_named_experiment_does_not_depend_on_defaults(self):
    folder = pathlib.Path(settings_lib.__file__).parents[2] / 'configs'
    paths = sorted(folder.glob('*.flags'))
    self.assertNotEmpty(paths)
    for path in paths:
      given = set(re.findall('^--(?:no)?([a-z0-9_]+)', path.read_text(), re.M))
      with self.subTest(path.name):
        self.assertContainsSubset(_WRITTEN_OUT, given)


class GivenTest(parameterized.TestCase):
  def given(self, *words, begun=None):
    values = flags.FlagValues()
    settings_lib.define(values)
    values(['', *words])
    return settings_lib.given(values, begun)

  def test_data_dir_works_from_any_folder(self):
    home = str(pathlib.Path('~/a').expanduser())
    self.assertEqual(
      self.given('--data_dir=~/a', '--seed=7'),
      settings_lib.Settings(data_dir=home, seed=7),
    )
    self.assertTrue(os.path.isabs(home))

  @parameterized.parameters(
    ('momentum', 0.1), ('rmsprop', 1e-3), ('adam', 2e-3)
  )
  def test_no_rate_means_the_usual_rate_of_the_optimizer(self, name, rate):
    for more in [], ['--learning_rate=0']:
      settings = self.given(f'--optimizer={name}', *more)
      self.assertEqual(
        (settings.optimizer, settings.learning_rate), (name, rate)
      )

  def test_what_is_not_given_is_as_in_the_run_to_resume(self):
    begun = settings_lib.Settings(
      optimizer='momentum', learning_rate=0.3, num_epochs=7
    )
    self.assertEqual(self.given(begun=begun), begun)
    self.assertEqual(
      self.given('--num_epochs=9', begun=begun),
      settings_lib.Settings(
        optimizer='momentum', learning_rate=0.3, num_epochs=9
      ),
    )
    # A flag with its default value is given as well.
    self.assertEqual(self.given('--num_epochs=20', begun=begun).num_epochs, 20)


if __name__ == '__main__':
  absltest.main()
