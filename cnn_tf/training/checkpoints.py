"""Saving, and finding the newest good one.

Files `ckpt-<epoch>.index` and `.data-*`, written under another name and moved
into place when complete, so a kill leaves the older ones as they were. The
small file `checkpoint` beside them is for `tf.train.latest_checkpoint`; nothing
here depends on it.
"""

import pathlib
import re

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.training import run_folder

NUM_KEPT = 3


def save(
  checkpoint: tf.train.Checkpoint,
  folder: pathlib.Path,
  epoch: int,
  num_kept: int = NUM_KEPT,
) -> None:
  """Writes the values of all variables; keeps the newest `num_kept` epochs.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  path = _path(folder, epoch)
  try:
    checkpoint.write(path)
  except tf.errors.OpError as error:
    reason = str(error).splitlines()[0]
    raise errors.UserError(
      f'{path} could not be saved, those before it are whole: {reason}'
    ) from None
  run_folder.write(
    folder / 'checkpoint', f'model_checkpoint_path: "ckpt-{epoch}"\n'
  )
  # Later epochs can be there only if they were damaged, and are done again.
  kept = [other for other in _epochs(folder) if other <= epoch][:num_kept]
  for other in set(_epochs(folder)) - set(kept):
    for file in folder.glob(f'ckpt-{other}.*'):
      file.unlink()


def restore_newest(
  checkpoint: tf.train.Checkpoint,
  folder: pathlib.Path,
  whole: bool = True,
  last: int | None = None,
) -> int:
  """Sets all variables to the newest checkpoint that can be read.

  Args:
    checkpoint: what to restore.
    folder: where `save` put its files.
    whole: also insist that nothing saved is left over, as a run that goes on
      must; a network alone leaves the optimizer's share.
    last: no checkpoint of a later epoch, if given.

  Returns:
    Its epoch, or 0 if there is none: then no variable was touched.
  """
  for epoch in _epochs(folder):
    if last is not None and epoch > last:
      continue
    path = _path(folder, epoch)
    problem = _find_damage(path)
    if not problem:
      # Without the assertion, values that fit nowhere are passed over.
      status = checkpoint.read(path)
      if whole:
        status.assert_consumed()
      else:
        status.assert_existing_objects_matched().expect_partial()
      return epoch
    print(f'{path} is damaged, trying the one before it: {problem}')
  return 0


def _path(folder, epoch):
  return str(folder / f'ckpt-{epoch}')


def _epochs(folder):
  """The epochs of all checkpoints in the folder, newest first."""
  if not folder.is_dir():
    return []
  names = (re.fullmatch(r'ckpt-(\d+)\.index', f.name) for f in folder.iterdir())
  return sorted((int(name[1]) for name in names if name), reverse=True)


def _find_damage(path):
  """Why a checkpoint cannot be read, or '' if it can: reads every value."""
  try:
    reader = tf.train.load_checkpoint(path)
    for name in reader.get_variable_to_shape_map():
      reader.get_tensor(name)  # compares the checksum that was saved with it
  except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
    return str(error).splitlines()[0]
  return ''
