"""A training loop of one's own: a student learns a teacher's soft answers.

    targets = softmax(answers / T)
    cross_entropy = -T ** 2 * sum(targets * log_softmax(logits / T))
    loss = mean(cross_entropy) + l2_penalty

The answers are the teacher's logits, and T is the temperature: the higher it
is, the more the probabilities of the wrong classes count. The gradient shrinks
as 1 / T ** 2, and the factor T ** 2 makes up for it. Hinton, Vinyals and Dean
2015, "Distilling the Knowledge in a Neural Network".

`run/trainer.py` cannot train with this loss, and need not: `train` combines the
same network, optimizers, schedules and order of the examples in a loop of its
own. It shows how to train with any loss, and on any images: `Change` may be an
attack on the network as it is now, which makes this adversarial training.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.learning import losses
from cnn_tf.network import faster
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer
from cnn_tf.tricks import averages

# The network, pixels, answers, number of updates -> pixels to show instead.
Change = Callable[[model.ConvNet, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]

_CERTAIN = 100.0  # exp(-100) is 0 beside 1


class Lessons(NamedTuple):
  """What a student is shown, and what the teacher says of it."""

  images: np.ndarray  # [n, height, width] uint8
  answers: np.ndarray  # [n, classes] floating point, logits


def cross_entropy(
  logits: tf.Tensor, answers: tf.Tensor, temperature: float
) -> tf.Tensor:
  """The cross-entropy of each example with the soft answers, `[batch]`."""
  targets = tf.nn.softmax(answers / temperature)
  soft = tf.nn.softmax_cross_entropy_with_logits(targets, logits / temperature)
  return temperature**2 * soft


def train(
  settings: settings_lib.Settings,
  geometries: Sequence[geometry.LayerGeometry],
  lessons_of: Callable[[int], Lessons],
  temperature: float,
  change: Change | None = None,
) -> model.ConvNet:
  """A new network that learns the answers of its lessons.

  Args:
    settings: the seed, batch size, number of epochs, L2 scale, optimizer,
      schedule, precision and average.
    geometries: the layers of the network.
    lessons_of: the epoch, 1 for the first -> its lessons, always as many.
    temperature: T above.
    change: if given, what the images are replaced by.

  Returns:
    The network, or its average if the settings ask for one.

  Raises:
    UserError: the training diverges, or the images do not fill a batch.
  """
  tf.config.experimental.enable_op_determinism()
  num_images, batch_size = len(lessons_of(1).images), settings.batch_size
  steps_per_epoch = num_images // batch_size
  if not steps_per_epoch:
    raise errors.UserError(
      f'{num_images} images are fewer than a batch of {batch_size}'
    )
  student = Student(settings, geometries, steps_per_epoch, change)
  step = tf.function(student.step, autograph=False)
  for epoch in range(1, settings.num_epochs + 1):
    lessons = lessons_of(epoch)
    order = datasets.order(num_images, settings.seed, epoch).numpy()
    for first in range(0, steps_per_epoch * batch_size, batch_size):
      batch = order[first : first + batch_size]
      images = tf.constant(lessons.images[batch])
      answers = tf.constant(lessons.answers[batch], tf.float32)
      loss = step(images, answers, temperature)
    # The loss alone is not enough: max pooling may drop NaN.
    norm = tf.linalg.global_norm([loss, *student.network.trainable_variables])
    if not np.isfinite(norm):
      raise errors.UserError(f'training has diverged in epoch {epoch}')
  return student.average or student.network


class Student:
  """A network and what it takes to train it.

  Attributes:
    network: the network that is trained.
    average: the moving average of its variables, or None.
  """

  def __init__(
    self,
    settings: settings_lib.Settings,
    geometries: Sequence[geometry.LayerGeometry],
    steps_per_epoch: int,
    change: Change | None = None,
  ):
    """Before the first update; arguments as for `train`."""

    def make_network():
      return faster.FasterConvNet(geometries, settings.seed, settings.precision)

    self.network, self.average = make_network(), None
    variables = self.network.trainable_variables
    if settings.average:
      self.average = make_network()
      self._average = averages.Average(
        variables, self.average.trainable_variables, settings.average
      )
    self._optimizer = trainer.make_optimizer(settings, variables)
    self._schedule = trainer.make_schedule(settings, steps_per_epoch)
    self._l2_scale = settings.l2_scale
    self._change = change
    self._num_updates = tf.Variable(0, trainable=False, dtype=tf.int64)

  def step(
    self, images: tf.Tensor, answers: tf.Tensor, temperature: float
  ) -> tf.Tensor:
    """One update; returns the loss before it.

    Args:
      images: `[batch, height, width]` uint8.
      answers: `[batch, classes]` float32.
      temperature: T above.
    """
    pixels = datasets.to_float(images)
    if self._change:
      pixels = self._change(self.network, pixels, answers, self._num_updates)
    with tf.GradientTape() as tape:
      logits = self.network(pixels)
      soft = cross_entropy(logits, answers, temperature)
      penalty = losses.l2_penalty(self.network.kernels.values(), self._l2_scale)
      loss = tf.reduce_mean(soft) + penalty
    gradients = tape.gradient(loss, self.network.trainable_variables)
    self._optimizer.apply(gradients, self._schedule(self._num_updates))
    self._num_updates.assign_add(1)
    if self.average:
      self._average.update(self._num_updates)
    return loss


def certain(labels: np.ndarray, num_classes: int) -> np.ndarray:
  """The answers that are the labels themselves: hard labels, `[n, classes]`."""
  return _CERTAIN * np.eye(num_classes, dtype='f4')[labels]


def permuted(answers: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
  """The answers with the wrong classes of each image in a random order.

  The probability of the label and the other probabilities stay the same, at
  every temperature; but which wrong class has which of them says nothing.

  Args:
    answers: `[n, classes]` logits.
    labels: `[n]`.
    seed: of the random order.
  """
  keys = np.random.default_rng(seed).random(answers.shape)
  rows = np.arange(len(labels))
  keys[rows, labels] = -1  # sorted to the front
  shuffled = np.argsort(keys, axis=1)[:, 1:]
  wrong = np.sort(shuffled, axis=1)
  result = answers.copy()
  result[rows[:, np.newaxis], wrong] = answers[rows[:, np.newaxis], shuffled]
  return result
