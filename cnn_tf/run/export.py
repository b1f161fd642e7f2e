"""A trained network -> a SavedModel, which does not need this package.

serve = tf.saved_model.load('export').signatures['serving_default']
serve(images=...)['classes']
"""

import pathlib
import shutil
from collections.abc import Callable

import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.network import model
from cnn_tf.run import storage


def export(
  network: model.ConvNet,
  image_size: tuple[int, int],
  folder: pathlib.Path,
  predict: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> None:
  """Saves `[batch, height, width]` uint8 -> probabilities and classes.

  A folder that exists is replaced. `predict` turns images into logits by the
  variables of `network` (default: `network` itself).

  Raises:
    UserError: the disk is full, or the folder cannot be written.
  """
  images = tf.TensorSpec([None, *image_size], tf.uint8, name='images')

  @tf.function(autograph=False, input_signature=[images])
  def serve(images):
    # A loaded signature checks names and types, but not shapes: without this
    # line, images of 29x29 get an answer, and an image without the dimension of
    # the batch crashes Python.
    images = tf.ensure_shape(images, [None, *image_size])
    probabilities = tf.nn.softmax(
      (predict or network)(datasets.to_float(images))
    )
    classes = tf.argmax(probabilities, axis=1)
    return {'probabilities': probabilities, 'classes': classes}

  served = tf.Module()
  served.variables_of_network = network.variables
  served.serve = serve
  partial = folder.with_name(f'{folder.name}.partial')
  try:
    tf.saved_model.save(served, str(partial), {'serving_default': serve})
    shutil.rmtree(folder, ignore_errors=True)
    storage.rename(partial, folder)
  except (tf.errors.OpError, OSError) as error:
    raise errors.UserError(f'{folder}: {storage.reason(error)}') from None
