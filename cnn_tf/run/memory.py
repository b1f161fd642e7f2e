"""The memory that training needs, predicted from the geometry.

For each parameter, a replica holds its value, its gradient, the optimizer's
values and, with `--average`, its average. It holds each activation of its shard
until the backward pass has used it, and a gradient of the same size; dropout
adds a second tensor of that size. All are float32.
"""

import contextlib
import os
import pathlib
from collections.abc import Sequence

from cnn_tf import errors
from cnn_tf.network import geometry
from cnn_tf.run import settings as settings_lib

_NUM_SLOTS = {'momentum': 1, 'rmsprop': 1, 'adam': 2}
_BYTES_PER_NUMBER = 4
# Of the dataset, beside its arrays: a tensor, and another while it is made.
# Measured, with one replica and two: the peak grows by 2.7 and 4.5 datasets.
_COPIES_PER_REPLICA = 1.75
# Where Linux keeps the memory limit of a container.
_LIMITS = (
  '/sys/fs/cgroup/memory.max',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes',
)


def predict(
  geometries: Sequence[geometry.LayerGeometry],
  settings: settings_lib.Settings,
  num_replicas: int,
) -> tuple[int, int]:
  """The bytes that all parameters need, and the activations of a batch."""
  num_parameters = sum(layer.num_parameters for layer in geometries)
  num_values = num_parameters * (
    2 + _NUM_SLOTS[settings.optimizer] + bool(settings.average)
  )
  num_activations = sum(
    layer.num_activations * (2 if layer.spec.dropout else 1)
    for layer in geometries
  )
  return (
    _BYTES_PER_NUMBER * num_values * num_replicas,
    _BYTES_PER_NUMBER * num_activations * 2 * settings.batch_size,
  )


def check(
  geometries: Sequence[geometry.LayerGeometry],
  settings: settings_lib.Settings,
  num_replicas: int,
  dataset_bytes: int,
) -> None:
  """Checks that this machine has memory for `num_replicas` and the dataset.

  Raises:
    UserError: training needs more memory than there is.
  """
  parameters, activations = predict(geometries, settings, num_replicas)
  examples = round(dataset_bytes * (1 + _COPIES_PER_REPLICA * num_replicas))
  needed, available = parameters + activations + examples, total()
  if available is not None and needed > available:
    raise errors.UserError(
      f'training needs about {needed / 1e9:,.1f} GB of memory, of which there '
      f'are {available / 1e9:,.1f} GB: {parameters / 1e9:,.1f} GB for '
      f'--layers with --optimizer={settings.optimizer}, '
      f'{activations / 1e9:,.1f} GB for activations at '
      f'--batch_size={settings.batch_size}, and {examples / 1e9:,.1f} GB for '
      'copies of the dataset'
    )


def total() -> int | None:
  """The bytes of memory that this process may use at most, if known."""
  limits = []
  for path in map(pathlib.Path, _LIMITS):
    with contextlib.suppress(OSError, ValueError):  # no such file, or 'max'
      limits.append(int(path.read_text()))
  with contextlib.suppress(AttributeError, ValueError, OSError):
    # Some systems have no such names, or answer -1.
    limits.append(os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'))
  return min((limit for limit in limits if limit > 0), default=None)
