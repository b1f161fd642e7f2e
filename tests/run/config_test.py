"""Defaults, bounds, and the way into a flagfile and back."""

import dataclasses
import math

import hypothesis
from absl.testing import absltest
from absl.testing import parameterized
from hypothesis import strategies as st

from cnn_tf import errors
from cnn_tf.run import config


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
  field.name: _values(field) for field in dataclasses.fields(config.Config)
}


class ConfigTest(parameterized.TestCase):
  def assert_refused(self, words, **settings):
    with self.assertRaises(errors.UserError) as caught:
      config.Config(**settings)
    self.assertEqual(str(caught.exception), words)

  @hypothesis.settings(max_examples=200, deadline=None, derandomize=True)
  @hypothesis.given(st.fixed_dictionaries({}, optional=_FIELDS))
  @hypothesis.example({'data_dir': ' --a = "b" #', 'l2_scale': 1e-300})
  def test_a_flagfile_gives_the_config_again(self, settings):
    try:
      original = config.Config(**settings)
    except errors.UserError as error:
      # Two fields can contradict each other.
      self.assertRegex(str(error), '--nesterov needs|leaves no epoch of')
      return
    again = config.Config.from_flags(original.to_flags())
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
      config.Config(data_dir=f'a{separator}b')

  @parameterized.parameters(
    {'momentum': 0.0},
    {'l2_scale': 0.0},
    {'seed': 0},
    {'batch_size': 1, 'num_validation': 0},
    {'num_epochs': 1, 'warmup_epochs': 0.5},
  )
  def test_a_value_on_the_bound_is_taken(self, **settings):
    made = dataclasses.asdict(config.Config(**settings))
    self.assertEqual(made, made | settings)

  @parameterized.parameters(
    ('momentum', 0.1), ('rmsprop', 1e-3), ('adam', 2e-3)
  )
  def test_no_rate_means_the_usual_rate_of_the_optimizer(self, name, rate):
    self.assertEqual(config.Config(optimizer=name).learning_rate, rate)
    given = config.Config(optimizer=name, learning_rate=0.3)
    self.assertEqual(given.learning_rate, 0.3)

  def test_nesterov_belongs_to_momentum(self):
    config.Config(nesterov=True, optimizer='momentum')
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
      config.Config().seed = 1

  def test_a_flagfile_that_is_not_complete_is_refused(self):
    text = config.Config().to_flags()
    for length in range(len(text)):
      with self.subTest(length), self.assertRaises(errors.UserError):
        config.Config.from_flags(text[:length])
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
      name, _, _ = line.partition('=')
      rest = ''.join(lines[:number] + lines[number + 1 :])
      with self.subTest(line), self.assertRaises(errors.UserError) as caught:
        config.Config.from_flags(rest)
      self.assertEqual(str(caught.exception), f'incomplete, it lacks {name}')

  @parameterized.parameters(
    'no_such_flag=1',
    '--no_such_flag=1',
    '--seed=one',
    '--seed=1.5',
    '--momentum=fast',
    '--nesterov=perhaps',
    '--seed',
    '',
  )
  def test_a_line_that_cannot_be_read_is_named(self, line):
    with self.assertRaises(errors.UserError) as caught:
      config.Config.from_flags(f'--seed=3\n{line}\n')
    self.assertEqual(str(caught.exception), f'cannot read this flag: {line!r}')


if __name__ == '__main__':
  absltest.main()
