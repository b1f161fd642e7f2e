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
own. It shows how to train with any loss.
"""

from collections.abc import Callable
from collections.abc import Sequence

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

# Indices of examples, `[batch]` int32, and the step, a scalar int64 tensor ->
# images, `[batch, height, width, 1]`, and the answers, `[batch, classes]`.
Lesson = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]

_CERTAIN = 100.0  # exp(-100) is 0 beside 1


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
  lesson: Lesson,
  num_images: int,
  temperature: float,
) -> model.ConvNet:
  """A new network that learns the answers of its lessons.

  Args:
    settings: the seed, batch size, number of epochs, L2 scale, optimizer,
      schedule and average.
    geometries: the layers of the network.
    lesson: gives the images and the answers of a batch.
    num_images: how many examples there are.
    temperature: T above.

  Returns:
    The network, or its average if the settings ask for one.

  Raises:
    UserError: the training diverges.
  """
  tf.config.experimental.enable_op_determinism()
  batch_size = settings.batch_size
  steps_per_epoch = num_images // batch_size
  student = Student(settings, geometries, steps_per_epoch)
  step = tf.function(student.step, autograph=False)
  for epoch in range(settings.num_epochs):
    order = datasets.order(num_images, settings.seed, epoch + 1).numpy()
    for i in range(steps_per_epoch):
      indices = tf.constant(order[batch_size * i :][:batch_size])
      number = tf.constant(epoch * steps_per_epoch + i, tf.int64)
      loss = step(lesson, indices, temperature, number)
    if not np.isfinite(loss):
      raise errors.UserError(f'training has diverged in epoch {epoch + 1}')
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
  ):
    """Arguments as for `train`."""
    self.network = faster.FasterConvNet(geometries, settings.seed)
    self.average = None
    variables = self.network.trainable_variables
    if settings.average:
      self.average = faster.FasterConvNet(geometries, settings.seed)
      self._average = averages.Average(
        variables, self.average.trainable_variables, settings.average
      )
    self._optimizer = trainer.make_optimizer(settings, variables)
    self._schedule = trainer.make_schedule(settings, steps_per_epoch)
    self._l2_scale = settings.l2_scale

  def step(
    self,
    lesson: Lesson,
    indices: tf.Tensor,
    temperature: float,
    number: tf.Tensor,
  ) -> tf.Tensor:
    """One update; returns the loss before it.

    Args:
      lesson: as for `train`.
      indices: `[batch]` int32, the examples of the batch.
      temperature: T above.
      number: scalar int64, of the update; the first one is 0.
    """
    images, answers = lesson(indices, number)
    with tf.GradientTape() as tape:
      soft = cross_entropy(self.network(images), answers, temperature)
      penalty = losses.l2_penalty(self.network.kernels.values(), self._l2_scale)
      loss = tf.reduce_mean(soft) + penalty
    gradients = tape.gradient(loss, self.network.trainable_variables)
    self._optimizer.apply(gradients, self._schedule(number))
    if self.average:
      self._average.update(number + 1)
    return loss


def unchanged(images: np.ndarray, answers: np.ndarray) -> Lesson:
  """Lessons of images as they are.

  Args:
    images: `[n, height, width]` uint8.
    answers: `[n, classes]`, logits of a teacher.
  """
  images, answers = tf.constant(images), tf.constant(answers, tf.float32)

  def lesson(indices, step):
    del step
    shown = datasets.to_float(tf.gather(images, indices))
    return shown, tf.gather(answers, indices)

  return lesson


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
