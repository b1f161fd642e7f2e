"""Saves checkpoints, and finds the newest one that is intact.

A checkpoint is the files `ckpt-<epoch>.index` and `.data-*`. They are written
under another name and renamed when complete, so a killed process leaves older
checkpoints intact. The small file `checkpoint` is for
`tf.train.latest_checkpoint`; nothing here depends on it.
"""

import pathlib
import re

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.run import durable
from cnn_tf.run import run_folder

NUM_KEPT = 3


def save(
  checkpoint: tf.train.Checkpoint,
  folder: pathlib.Path,
  epoch: int,
  num_kept: int = NUM_KEPT,
) -> None:
  """Writes all variables, and deletes all but the newest `num_kept` epochs.

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  path = _path(folder, epoch)
  try:
    checkpoint.write(path)
    # Before older ones are deleted. TensorFlow has renamed the files already:
    # a power cut before this leaves a damaged one, and those older ones.
    for file in [*folder.glob(f'ckpt-{epoch}.*'), folder]:
      durable.sync(file)
  except (tf.errors.OpError, OSError) as error:
    raise errors.UserError(
      f'{path} could not be saved: {durable.reason(error)}; '
      'what was saved before is intact'
    ) from None
  run_folder.write(
    folder / 'checkpoint', f'model_checkpoint_path: "ckpt-{epoch}"\n'
  )
  # Later epochs exist only if they were damaged, and are being repeated.
  kept = [other for other in _epochs(folder) if other <= epoch][:num_kept]
  for other in set(_epochs(folder)) - set(kept):
    for file in folder.glob(f'ckpt-{other}.*'):
      file.unlink()


def restore_newest(
  checkpoint: tf.train.Checkpoint,
  folder: pathlib.Path,
  strict: bool = True,
  last: int | None = None,
) -> int:
  """Restores all variables from the newest checkpoint that can be read.

  Args:
    checkpoint: what to restore.
    folder: where `save` wrote the checkpoints.
    strict: require that every saved value is restored, as a resumed run must; a
      network alone has no place for the variables of the optimizer.
    last: ignore checkpoints of later epochs, if given.

  Returns:
    The epoch of the checkpoint, or 0 if there is none and nothing was restored.
  """
  for epoch in _epochs(folder):
    if last is not None and epoch > last:
      continue
    path = _path(folder, epoch)
    problem = _find_damage(path)
    if not problem:
      # Without an assertion, values that match nothing are silently ignored.
      status = checkpoint.read(path)
      if strict:
        status.assert_consumed()
      else:
        status.assert_existing_objects_matched().expect_partial()
      return epoch
    print(f'{path} is damaged, trying an older one: {problem}')
  return 0


def newest(folder: pathlib.Path) -> int:
  """The epoch of the newest checkpoint, intact or not, or 0."""
  return max(_epochs(folder), default=0)


def _path(folder, epoch):
  return str(folder / f'ckpt-{epoch}')


def _epochs(folder):
  """The epochs of all checkpoints in the folder, newest first."""
  if not folder.is_dir():
    return []
  names = (re.fullmatch(r'ckpt-(\d+)\.index', f.name) for f in folder.iterdir())
  return sorted((int(name[1]) for name in names if name), reverse=True)


def _find_damage(path):
  """Why a checkpoint cannot be read, or '' if it can; reads every value."""
  try:
    reader = tf.train.load_checkpoint(path)
    for name in reader.get_variable_to_shape_map():
      reader.get_tensor(name)  # verifies its checksum
  except (tf.errors.OpError, LookupError, RuntimeError, ValueError) as error:
    return str(error).splitlines()[0]
  return ''
