"""Small changes of the pixels that raise an objective as much as possible.

An attack takes a network, pixels `[batch, height, width, 1]` in [0, 1], labels
and epsilon, a number or `[batch, 1, 1, 1]`. It returns other pixels in [0, 1],
none of which has changed by more than epsilon.

FGSM takes one step from the image, `epsilon * sign(gradient)` (Goodfellow et
al. 2015, "Explaining and Harnessing Adversarial Examples"). PGD takes smaller
ones from a random start, each followed by the projection on what is allowed
(Madry et al. 2018, "Towards Deep Learning Models Resistant to Adversarial
Attacks").
"""

from collections.abc import Callable
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf import keys
from cnn_tf.data import datasets
from cnn_tf.learning import losses
from cnn_tf.measure import activity

Network = Callable[[tf.Tensor], tf.Tensor]  # pixels -> logits
Objective = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # logits, labels -> [n]
Attack = Callable[[Network, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def towards(target: int) -> Objective:
  """The margin: the logit of a class minus that of the label."""
  return lambda logits, labels: (
    logits[:, target]
    - tf.gather(logits, tf.cast(labels, tf.int32), axis=1, batch_dims=1)
  )


def gradient(
  network: Network,
  pixels: tf.Tensor,
  labels: tf.Tensor,
  objective: Objective = losses.cross_entropy,
) -> tf.Tensor:
  """The gradient of the objective of each image with respect to its pixels."""
  with tf.GradientTape() as tape:
    tape.watch(pixels)
    values = objective(network(pixels), labels)
  return tape.gradient(values, pixels)


def near(
  pixels: tf.Tensor, moved: tf.Tensor, epsilon: tf.Tensor | float
) -> tf.Tensor:
  """The nearest pixels in [0, 1] that differ by at most epsilon."""
  allowed = tf.clip_by_value(moved, pixels - epsilon, pixels + epsilon)
  return tf.clip_by_value(allowed, 0.0, 1.0)


def fgsm(objective: Objective = losses.cross_entropy) -> Attack:
  """One step by epsilon in the direction of the sign of the gradient."""

  def attack(network, pixels, labels, epsilon):
    signs = tf.sign(gradient(network, pixels, labels, objective))
    return near(pixels, pixels + epsilon * signs, epsilon)

  return attack


def pgd(
  key: tf.Tensor,
  num_steps: int = 10,
  objective: Objective = losses.cross_entropy,
) -> Attack:
  """Steps of `2.5 * epsilon / num_steps` from a random start.

  Args:
    key: of the start, uniform within epsilon.
    num_steps: how many.
    objective: what is raised.
  """

  def attack(network, pixels, labels, epsilon):
    def step(number, moved):
      signs = tf.sign(gradient(network, moved, labels, objective))
      uphill = moved + 2.5 * epsilon / num_steps * signs
      return number + 1, near(pixels, uphill, epsilon)

    shift = tf.random.stateless_uniform(tf.shape(pixels), key, -1.0, 1.0)
    start = near(pixels, pixels + epsilon * shift, epsilon)
    _, moved = tf.while_loop(
      lambda number, _: number < num_steps, step, [0, start]
    )
    return moved

  return attack


def random_signs(key: tf.Tensor) -> Attack:
  """The null: a step by epsilon up or down, at random for each pixel."""

  def attack(network, pixels, labels, epsilon):
    del network, labels
    signs = tf.random.stateless_uniform(tf.shape(pixels), key, -1.0, 1.0)
    return near(pixels, pixels + epsilon * tf.sign(signs), epsilon)

  return attack


def starts(seed: int, count: int) -> list[tf.Tensor]:
  """The keys of several random starts."""
  return [keys.key(seed, 'attack', number) for number in range(count)]


def by_epsilon(
  attack: Attack,
  network: Network,
  examples: datasets.Examples,
  epsilons: Sequence[float],
) -> list[np.ndarray]:
  """For each epsilon, the pixels after the attack, `[n, height, width, 1]`."""
  pixels = datasets.to_float(examples.images).numpy()
  sizes = np.ones([len(pixels), 1, 1, 1], np.float32)

  def of_batch(pixels, labels, epsilon):
    return attack(network, pixels, labels, epsilon)

  graph = activity.graph(of_batch, pixels, examples.labels, sizes)
  return [
    np.concatenate(
      [
        graph(pixels[b], examples.labels[b], np.float32(epsilon) * sizes[b])
        for b in activity.batches(pixels)
      ]
    )
    for epsilon in epsilons
  ]


def answers(network: Network, pixels: np.ndarray) -> np.ndarray:
  """The class with the largest logit for `[n, height, width, 1]`, `[n]`."""
  graph = activity.graph(network, pixels)
  logits = [graph(pixels[b]) for b in activity.batches(pixels)]
  return np.concatenate(logits).argmax(axis=1)


def answers_after(
  tries: Sequence[Attack],
  network: Network,
  examples: datasets.Examples,
  epsilons: Sequence[float],
  judges: dict[str, Callable[[np.ndarray], np.ndarray]],
) -> dict[str, np.ndarray]:
  """The answers after each attack, by judge: `[tries, epsilons, n]`.

  Args:
    tries: the attacks.
    network: the network that they are made for.
    examples: images with labels.
    epsilons: the sizes of the changes.
    judges: pixels -> answers.
  """
  moved = [by_epsilon(attack, network, examples, epsilons) for attack in tries]
  return {
    name: np.array([[judge(pixels) for pixels in one] for one in moved])
    for name, judge in judges.items()
  }


def first_success(
  attack: Attack,
  network: Network,
  examples: datasets.Examples,
  epsilons: Sequence[float],
  target: int,
) -> tuple[np.ndarray, list[float | None]]:
  """The pixels of the smallest epsilon with which the answer is `target`.

  Returns:
    `[n, height, width, 1]`, and the epsilon of each image. It is None, and the
    pixels are those of the last epsilon, if no epsilon is large enough.
  """
  moved = by_epsilon(attack, network, examples, epsilons)
  is_target = np.array([answers(network, x) == target for x in moved])
  succeeds = is_target.any(axis=0)
  first = np.where(succeeds, is_target.argmax(axis=0), len(epsilons) - 1)
  sizes = [
    epsilons[at] if success else None
    for at, success in zip(first, succeeds, strict=True)
  ]
  return np.array(moved)[first, np.arange(len(first))], sizes


def rounded(pixels: np.ndarray) -> np.ndarray:
  """The pixels as a file of bytes has them: multiples of 1/255."""
  images = np.rint(255 * pixels[..., 0]).astype(np.uint8)
  return datasets.to_float(images).numpy()


def gradients(
  network: Network, examples: datasets.Examples, objective: Objective
) -> np.ndarray:
  """`[n, height, width]`, of the objective of each image."""
  pixels = datasets.to_float(examples.images).numpy()
  graph = activity.graph(
    lambda x, labels: gradient(network, x, labels, objective),
    pixels,
    examples.labels,
  )
  parts = [
    graph(pixels[b], examples.labels[b]) for b in activity.batches(pixels)
  ]
  return np.concatenate(parts)[..., 0]


def on_ink(gradients: np.ndarray, images: np.ndarray) -> float:
  """The share of the absolute gradient in pixels that are not black.

  The mean over images; one whose gradient is 0 does not count.

  Args:
    gradients: `[n, height, width]`.
    images: the same shape.
  """
  sizes = np.abs(gradients).astype(float)
  inked, total = (x.sum(axis=(1, 2)) for x in (sizes * (images > 0), sizes))
  return float(np.mean(inked[total > 0] / total[total > 0]))


def between_neighbours(values: np.ndarray) -> float:
  """The correlation of pixels with their right and lower neighbours.

  It is 0 for noise and for black pictures, near 1 for a smooth one. Rows and
  columns that are 0 in all pictures, as the unseen ones are, must be left out.

  Args:
    values: `[n, height, width]`.
  """
  pairs = [
    (values[:, :, :-1], values[:, :, 1:]),
    (values[:, :-1], values[:, 1:]),
  ]
  first, second = (
    np.concatenate([x.ravel() for x in part])
    for part in zip(*pairs, strict=True)
  )
  if np.ptp(first) == 0:  # as of a gradient of 0
    return 0.0
  return float(np.corrcoef(first, second)[0, 1])
