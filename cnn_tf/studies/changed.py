"""A dataset with changed images -> four IDX files that a run can read."""

import pathlib
from collections.abc import Callable

import numpy as np

from cnn_tf import errors
from cnn_tf.data import files
from cnn_tf.data import idx
from cnn_tf.data import idx_writer
from cnn_tf.run import storage
from cnn_tf.studies import study


def write(
  plan: study.Plan, name: str, change: Callable[[np.ndarray], np.ndarray]
) -> str:
  """Writes the plan's dataset with `change` applied to all images.

  Labels and the order of the examples stay the same, so the validation split is
  the same, too. Existing files are not overwritten, because networks were
  trained on them.

  Args:
    plan: names the dataset, and the folder to write to.
    name: of the change; becomes a part of the folder's name.
    change: `[n, height, width]` uint8 -> as many images of the same type.

  Returns:
    The folder of the four IDX files.

  Raises:
    UserError: the folder holds different images, or cannot be written.
  """
  source = files.folder(plan.dataset, plan.data_dir)
  target = pathlib.Path(plan.networks, f'{source.name}-{name}').absolute()
  storage.make_folder(target)
  for path in files.find(source):
    array = idx.read(path)
    if array.ndim == 3:
      array = change(array)
    file = target / path.name.removesuffix('.gz')
    content = idx_writer.encode(array)
    if not file.exists():
      storage.write(file, content)
    elif file.read_bytes() != content:
      raise errors.UserError(
        f'{file} holds different images: remove {target}, and the folders of '
        'the networks that were trained on it'
      )
  return str(target)
