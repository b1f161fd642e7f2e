"""Tests of cnn_tf/run/settings_flags.py."""

import os
import pathlib
import re

from absl import flags
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.run import config
from cnn_tf.run import settings_flags

# The settings of every run that a better default could change.
_WRITTEN_OUT = {
  *('dataset', 'layers', 'precision', 'average', 'label_smoothing'),
  *('batch_size', 'num_epochs', 'optimizer', 'l2_scale', 'lr_schedule'),
  *('learning_rate', 'warmup_epochs'),
}


class ReadTest(parameterized.TestCase):
  def read(self, text, *more):
    file = self.create_tempfile(content=text)
    return settings_flags.read(file.full_path, *more)

  def test_what_is_not_given_has_its_default(self):
    settings = self.read('# slower\n--learning_rate=0.05\n\n--flip\n')
    self.assertEqual(settings, config.Config(learning_rate=0.05, flip=True))

  def test_more_flags_override_the_file(self):
    settings = self.read('--seed=1\n--flip\n', '--seed=2', '--noflip')
    self.assertEqual(settings, config.Config(seed=2))

  def test_a_config_is_read_as_it_was_written(self):
    settings = config.Config(
      layers='dense 7', average=0.9, precision='bfloat16'
    )
    self.assertEqual(self.read(settings.to_flags()), settings)

  def test_a_flagfile_may_name_another(self):
    other = self.create_tempfile(content='--seed=3\n--num_epochs=4\n')
    settings = self.read(f'--flagfile={other.full_path}\n--seed=5\n')
    self.assertEqual(settings, config.Config(seed=5, num_epochs=4))

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
      settings_flags.read('no.flags')


class ConfigsTest(absltest.TestCase):
  def test_a_named_experiment_does_not_depend_on_defaults(self):
    folder = pathlib.Path(settings_flags.__file__).parents[2] / 'configs'
    paths = sorted(folder.glob('*.flags'))
    self.assertNotEmpty(paths)
    for path in paths:
      given = set(re.findall('^--(?:no)?([a-z0-9_]+)', path.read_text(), re.M))
      with self.subTest(path.name):
        self.assertContainsSubset(_WRITTEN_OUT, given)


class GivenTest(absltest.TestCase):
  def test_data_dir_works_from_any_folder(self):
    values = flags.FlagValues()
    settings_flags.define(values)
    values(['', '--data_dir=~/a', '--seed=0'])
    home = str(pathlib.Path('~/a').expanduser())
    given = settings_flags.given(values)
    self.assertEqual(given, {'data_dir': home, 'seed': 0})
    self.assertTrue(os.path.isabs(home))


if __name__ == '__main__':
  absltest.main()
