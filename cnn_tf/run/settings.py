"""The settings of a run: defaults, help texts, absl flags and flagfiles."""

import dataclasses
import functools
import math
import operator
import os
import pathlib
import re
from collections.abc import Sequence

from absl import flags

from cnn_tf import errors

REFERENCE_LAYERS = (
  'conv 32 3x3, maxpool 2x2, conv 64 3x3, maxpool 2x2, conv 64 3x3, dense 100'
)
DEFAULT_LAYERS = (
  'conv 32 3x3, maxpool 2x2, conv 64 3x3 dropout 0.1, maxpool 2x2, '
  'conv 64 3x3 dropout 0.2, dense 100 dropout 0.5'
)
_DEFINE = {
  bool: flags.DEFINE_bool,
  int: flags.DEFINE_integer,
  float: flags.DEFINE_float,
  str: flags.DEFINE_string,
}
_BOUNDS = {
  'at_least': operator.ge,
  'above': operator.gt,
  'at_most': operator.le,
  'below': operator.lt,
}
_DEFAULT_RATES = {'momentum': 0.1, 'rmsprop': 0.001, 'adam': 0.002}


def _setting(group, default, meaning, before=None, **bounds):
  """A field, with the group, help text and allowed values of its flag.

  `before` is its value in all runs from the time before it existed.
  """
  metadata = {'group': group, 'meaning': meaning, 'bounds': bounds}
  metadata['before'] = before
  return dataclasses.field(default=default, metadata=metadata)


# A field of each group of flags: its default, its help text, its bounds.
_data = functools.partial(_setting, 'data')
_augmentation = functools.partial(_setting, 'augmentation')
_network = functools.partial(_setting, 'network')
_training = functools.partial(_setting, 'training')
_optimizer = functools.partial(_setting, 'optimizer')
_rate = functools.partial(_setting, 'learning rate')


@dataclasses.dataclass(frozen=True)
class Settings:
  """The settings of a run; each field is also a flag of `run_train.py`.

  Raises:
    UserError: a value is outside its bounds.
  """

  dataset: str = _data(
    'mnist',
    'one of the two datasets in cnn_tf/data/',
    choices=('mnist', 'fashion'),
  )
  data_dir: str = _data(
    '',
    'read another dataset: a folder of four IDX files, plain or .gz: '
    '{train,t10k}-{images-idx3,labels-idx1}-ubyte; python -m cnn_tf.pack makes '
    'them of pictures',
  )
  transpose: bool = _data(
    False,
    'swap rows and columns of all images: the letters of EMNIST lie on their '
    'side',
    before=False,
  )
  num_validation: int = _data(
    5000,
    'training examples held out for comparing settings; 0 trains on all, and '
    'nothing is validated',
    at_least=0,
  )
  shift: int = _augmentation(
    0,
    'shift each training image by up to this many pixels, vertically and '
    'horizontally, anew at each step',
    before=0,
    at_least=0,
    below=1000,
  )
  flip: bool = _augmentation(
    False, 'replace half of the images by their mirror images', before=False
  )
  rotate: float = _augmentation(
    0.0,
    'rotate by up to this many degrees, to the left or to the right',
    before=0.0,
    at_least=0.0,
    at_most=180.0,
  )
  scale: float = _augmentation(
    0.0,
    'scale by a factor from 1 - scale to 1 + scale',
    before=0.0,
    at_least=0.0,
    below=1.0,
  )
  shear: float = _augmentation(
    0.0,
    'lean vertical lines by up to this many degrees',
    before=0.0,
    at_least=0.0,
    below=90.0,
  )
  erase: float = _augmentation(
    0.0,
    'probability of filling a rectangle with a random grey; each side is 1/8 '
    'to 1/2 of that of the image',
    before=0.0,
    at_least=0.0,
    at_most=1.0,
  )
  layers: str = _network(
    DEFAULT_LAYERS,
    'layers: "conv FILTERS HxW [stride S|SyxSx] [valid|same] [ACTIVATION] '
    '[dropout RATE]", "maxpool HxW [stride ...] [valid|same] [dropout RATE]", '
    '"avgpool ...", "dense UNITS [ACTIVATION] [dropout RATE]", separated by '
    'commas; ACTIVATION is relu, selu, elu, tanh, sigmoid or linear; dropout '
    'sets a random share RATE of the outputs to 0 in each training step, after '
    'the pooling that follows; the last "dense 10 linear" is implied',
  )
  precision: str = _network(
    'auto',
    'type in which inputs and kernels are multiplied; all else is float32; '
    'auto is bfloat16 where the processor or the GPU has instructions for it',
    before='float32',
    choices=('auto', 'float32', 'bfloat16'),
  )
  average: float = _training(
    0.0,
    'decay per step of a moving average of kernels and biases, such as 0.999, '
    'which is evaluated, drawn and exported in their place; 0 is none',
    before=0.0,
    at_least=0.0,
    below=1.0,
  )
  evaluate_flips: bool = _training(
    False,
    'evaluate and export the mean of the probabilities of an image and of its '
    'mirror image',
    before=False,
  )
  l2_scale: float = _training(
    1e-4,
    'adds l2_scale * sum(kernel ** 2) / 2 of every kernel to the loss',
    at_least=0.0,
  )
  label_smoothing: float = _training(
    0.1,
    'trains towards a probability of 1 - s + s / classes of the label, not 1, '
    'for s = label_smoothing; every reported cross-entropy is without it',
    before=0.0,
    at_least=0.0,
    below=1.0,
  )
  batch_size: int = _training(128, 'examples per step', at_least=1)
  num_epochs: int = _training(
    20, 'passes over the training examples', at_least=1
  )
  seed: int = _training(
    0,
    'of the initial kernels, the order of the examples and all that is random '
    'in a step',
    at_least=0,
    below=2**63,
  )
  optimizer: str = _optimizer(
    'adam',
    'how gradients become updates',
    choices=('momentum', 'rmsprop', 'adam'),
  )
  momentum: float = _optimizer(
    0.9,
    'fraction of the velocity kept at each step; 0 is plain gradient '
    'descent (optimizer momentum only)',
    at_least=0.0,
    below=1.0,
  )
  nesterov: bool = _optimizer(
    False, 'look ahead along the velocity (optimizer momentum only)'
  )
  lr_schedule: str = _rate(
    'cosine',
    'rate(t), with t in epochs, r = learning_rate, d = decay_rate and '
    'u = t / decay_epochs: constant: r; exp: r * d ** u; step: r * d ** '
    'floor(u); inverse_time: r / (1 + d * u); cosine: from r to 0 over the '
    'run; one_cycle: up to r over the first 30 % of the run, then to 0',
    choices=('constant', 'exp', 'step', 'inverse_time', 'cosine', 'one_cycle'),
  )
  learning_rate: float = _rate(
    0.0,
    'initial rate (one_cycle: maximum rate); 0 selects the default of the '
    'optimizer: 0.1 for momentum, 0.002 for adam, 0.001 for rmsprop',
    at_least=0.0,
  )
  decay_rate: float = _rate(0.9, 'd of exp, step and inverse_time', above=0.0)
  decay_epochs: float = _rate(
    1.0, 'epochs per decay by d (exp, step and inverse_time)', above=0.0
  )
  warmup_epochs: float = _rate(
    0.5,
    'epochs of a linear rise to the initial rate before the schedule starts; '
    'without it many relu units die in the first steps',
    at_least=0.0,
  )

  def __post_init__(self):
    for field in dataclasses.fields(self):
      _check(field.name, getattr(self, field.name), **field.metadata['bounds'])
    if self.data_dir:
      # So that the run works from any folder.
      path = os.path.abspath(os.path.expanduser(self.data_dir))
      object.__setattr__(self, 'data_dir', path)
    if self.nesterov and self.optimizer != 'momentum':
      raise errors.UserError('--nesterov needs --optimizer=momentum')
    if self.warmup_epochs >= self.num_epochs:
      raise errors.UserError(
        f'--warmup_epochs={self.warmup_epochs} leaves no epoch of '
        f'--num_epochs={self.num_epochs}'
      )
    if not self.learning_rate:
      rate = _DEFAULT_RATES[self.optimizer]
      object.__setattr__(self, 'learning_rate', rate)

  def to_flags(self) -> str:
    """The text of a flagfile for these settings."""
    return ''.join(
      f'--{name}={str(value).lower() if isinstance(value, bool) else value}\n'
      for name, value in dataclasses.asdict(self).items()
    )

  def changes_of_epochs(self, begun: 'Settings') -> list[str]:
    """Changes since a run began that its epochs so far do not have.

    More epochs are no such change, if the learning rate does not depend on
    their number; nor is another place of the data.
    """
    found = []
    for new, old in zip(
      self.to_flags().splitlines(), begun.to_flags().splitlines(), strict=True
    ):
      name, _, _ = new.partition('=')
      grows = name == '--num_epochs' and self.num_epochs > begun.num_epochs
      depends = self.lr_schedule in ('cosine', 'one_cycle')
      if new != old and name != '--data_dir' and (depends or not grows):
        why = f' (--lr_schedule={self.lr_schedule} depends on it)'
        found.append(f'{old} -> {new}{why if grows else ""}')
    return found

  @classmethod
  def from_flags(cls, text: str) -> 'Settings':
    """The inverse of `to_flags`.

    A run from before a flag existed has the value of that time.

    Raises:
      UserError: a line is not a flag with a valid value, or the text is cut
        off: its last line is not whole, or a flag as old as runs is missing.
    """
    found = parse(text.splitlines())
    values, missing = {}, []
    for field in dataclasses.fields(cls):
      value = field.metadata['before']
      if found[field.name].present:
        value = found[field.name].value
      elif value is None:
        missing.append(f'--{field.name}')
      values[field.name] = value
    if missing or not text.endswith('\n'):
      lost = ', '.join(missing) or 'the end of its last line'
      raise errors.UserError(f'incomplete, it lacks {lost}')
    return cls(**values)


def define(flag_values: flags.FlagValues = flags.FLAGS) -> None:
  """Defines a flag for each field of `Settings`."""
  for field in dataclasses.fields(Settings):
    _DEFINE[field.type](
      field.name,
      field.default,
      field.metadata['meaning'],
      module_name=field.metadata['group'],
      flag_values=flag_values,
    )


def given(
  flag_values: flags.FlagValues = flags.FLAGS, begun: Settings | None = None
) -> Settings:
  """The settings that the given flags make.

  Args:
    flag_values: the flags, parsed.
    begun: the settings of a run to resume; a flag that is not given is as in
      that run. For a new run, None: it has its default.
  """
  values = {
    field.name: flag_values[field.name].value
    for field in dataclasses.fields(Settings)
    if flag_values[field.name].present
  }
  if begun is None:
    # Not `replace(Settings(), ...)`: its rate is that of the default optimizer.
    return Settings(**values)
  return dataclasses.replace(begun, **values)


def read(path: str | pathlib.Path, *more: str) -> Settings:
  """The settings in a flagfile, changed by `more` flags.

  Raises:
    UserError: the file cannot be read, or a line is not a valid flag.
  """
  try:
    return given(parse([f'--flagfile={path}', *more]))
  except errors.UserError as error:
    raise errors.UserError(f'{path}: {error}') from None


def expanded(words: Sequence[str], flag_values: flags.FlagValues) -> list[str]:
  """The words, with the lines of a flagfile in its place.

  Some editors begin a file with a byte order mark, which is no part of a flag.

  Raises:
    flags.Error: a flagfile cannot be read.
  """
  lines = flag_values.read_flags_from_files(list(words), force_gnu=False)
  return [
    line.removeprefix('\ufeff')
    for line in lines
    if not re.fullmatch(r'\ufeff(\s*|#.*|//.*)', line)
  ]


def parse(words: Sequence[str]) -> flags.FlagValues:
  """The flags in `words`, such as the lines of a flagfile.

  Raises:
    UserError: a word is not a flag with a value of its type.
  """
  values = flags.FlagValues()
  define(values)
  try:
    leftover = values(['', *expanded(words, values)])[1:]
  except (flags.Error, UnicodeDecodeError) as error:
    raise errors.UserError(str(error)) from None
  if leftover:
    raise errors.UserError(f'not a flag: {leftover[0]!r}')
  return values


def _check(name, value, choices=None, **bounds):
  """Raises a `UserError` if `value` is not allowed for the flag `name`."""
  problem = ''
  if isinstance(value, str) and value.splitlines() not in ([], [value]):
    problem = 'must be a single line'
  elif isinstance(value, float) and not math.isfinite(value):
    problem = 'must be finite'
  elif choices and value not in choices:
    problem = f'must be one of {", ".join(choices)}'
  for bound, limit in bounds.items():
    if not problem and not _BOUNDS[bound](value, limit):
      problem = f'must be {bound.replace("_", " ")} {limit}'
  if problem:
    raise errors.UserError(f'--{name}={value} {problem}')
