"""The networks of some epochs -> what a page contains of them."""

from collections.abc import Mapping
from typing import Any

from cnn_tf.measure import activity
from cnn_tf.measure import integers
from cnn_tf.measure import runs
from cnn_tf.network import model
from cnn_tf.page import arrays


def names(epochs: Mapping[int, Any]) -> dict[str, int]:
  """What the page calls the kernels after each epoch, in order.

  Args:
    epochs: its keys are epochs, in order: 0, those in between, the last one.
  """
  first, *between, last = epochs
  return {'initial': first, **{str(e): e for e in between}, 'trained': last}


def parameters(network: model.ConvNet) -> dict[str, Any]:
  """Layer name -> its kernel and bias, to the bit."""
  return {
    name: {
      'kernel': arrays.encode(kernel.numpy()),
      'bias': arrays.encode(network.biases[name].numpy()),
    }
    for name, kernel in network.kernels.items()
  }


def small_parameters(network: model.ConvNet) -> dict[str, Any]:
  """Like `parameters`, in a quarter of the space: kernels of 8 bits."""
  found = parameters(network)
  for name, of_layer in found.items():
    kernel, scales = integers.rounded(network.kernels[name].numpy())
    of_layer['kernel'] = arrays.encode(kernel)
    of_layer['scales'] = arrays.encode(scales)
  return found


def accuracies(run: runs.Run) -> dict[str, Any]:
  """The accuracy after each epoch, on both sets; None where it is not known.

  On the training set it is the mean over an epoch, so there is none before the
  first. The validation accuracy of the initial kernels is measured here.
  """
  validation, before = run.data.validation, None
  if len(validation.labels):
    answers = activity.log_probabilities(run.untrained(), validation.images)
    right = answers.argmax(axis=1) == validation.labels
    before = float(right.mean())
  return {
    'epochs': [0, *(row.epoch for row in run.epochs)],
    'training': [None, *(row.train_accuracy for row in run.epochs)],
    'validation': [before, *(row.validation_accuracy for row in run.epochs)],
  }
