"""The settings of a run as absl flags, and flagfiles."""

import dataclasses
import os
import pathlib
from typing import Any

from absl import flags

from cnn_tf import errors
from cnn_tf.run import config

_DEFINE = {
  bool: flags.DEFINE_bool,
  int: flags.DEFINE_integer,
  float: flags.DEFINE_float,
  str: flags.DEFINE_string,
}


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines a flag for each field of `Config`."""
  for field in dataclasses.fields(config.Config):
    _DEFINE[field.type](
      field.name,
      field.default,
      field.metadata['meaning'],
      module_name=field.metadata['group'],
      flag_values=flag_values,
    )


def given(flag_values: flags.FlagValues = flags.FLAGS) -> dict[str, Any]:
  """The fields of `Config` whose flags are given, with their values."""
  values = {
    field.name: flag_values[field.name].value
    for field in dataclasses.fields(config.Config)
    if flag_values[field.name].present
  }
  if values.get('data_dir'):
    # So that run.flags works from any folder.
    values['data_dir'] = os.path.abspath(os.path.expanduser(values['data_dir']))
  return values


def read(path: str | pathlib.Path, *more: str) -> config.Config:
  """The settings in a flagfile, changed by `more` flags.

  Raises:
    UserError: the file cannot be read, or a line is not a valid flag.
  """
  values = flags.FlagValues()
  define(values)
  try:
    leftover = values(['', f'--flagfile={path}', *more])[1:]
  except (flags.Error, UnicodeDecodeError) as error:
    raise errors.UserError(f'{path}: {error}') from None
  if leftover:
    raise errors.UserError(f'{path}: not a flag: {leftover[0]!r}')
  return config.Config(**given(values))
