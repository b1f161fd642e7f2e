"""How strongly the pixels influence the logits, or a node."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.measure import activity
from cnn_tf.measure import fields
from cnn_tf.network import geometry
from cnn_tf.network import model


def slopes(network: model.ConvNet, images: np.ndarray) -> np.ndarray:
  """`[height, width]`: the largest |d logit / d pixel| over all images."""

  def of_batch(images):
    pixels = datasets.to_float(images)
    with tf.GradientTape(persistent=True) as tape:
      tape.watch(pixels)
      logits = tf.unstack(network(pixels), axis=1)
    gradients = [tf.abs(tape.gradient(logit, pixels)) for logit in logits]
    return tf.reduce_max(gradients, axis=[0, 1, -1])

  graph = activity.graph(of_batch, images)
  return np.max([graph(images[b]) for b in activity.batches(images)], axis=0)


def same_with_noise(
  network: model.ConvNet, images: np.ndarray, where: np.ndarray
) -> bool:
  """Whether noise in the pixels `where` leaves all logits equal, to the bit."""
  noisy = images.copy()
  random = np.random.default_rng(0)
  noisy[:, where] = random.integers(256, size=(len(images), where.sum()))
  graph = activity.graph(lambda x: network(datasets.to_float(x)), images)
  return all(
    np.array_equal(graph(images[b]), graph(noisy[b]))
    for b in activity.batches(images)
  )


def effective_field(
  network: model.ConvNet,
  geometries: Sequence[geometry.LayerGeometry],
  images: np.ndarray,
) -> np.ndarray:
  """`[height, width]`: the mean squared gradient of the centre node.

  The mean is over images and maps, before the activation function (Luo et al.
  2016, "Understanding the Effective Receptive Field in Deep Convolutional
  Neural Networks": with random kernels the gradient has mean 0, so this is its
  variance).

  Args:
    network: the network.
    geometries: its layers, up to the layer of the node.
    images: `[n, height, width]` uint8.
  """
  layer, position = geometries[-1].spec.name, fields.centre(geometries[-1])
  maps = tf.range(geometries[-1].output_shape[-1])

  def of_batch(images):
    pixels = datasets.to_float(images)

    def of_map(number):
      with tf.GradientTape() as tape:
        tape.watch(pixels)
        tensor = network.activations(pixels)[layer]
        node = fields.node(tensor, position)[:, number]
      squares = tape.gradient(node, pixels)[..., 0] ** 2
      return tf.reduce_sum(squares, axis=0)

    sums = tf.map_fn(of_map, maps, fn_output_signature=tf.float32)
    return tf.reduce_mean(sums, axis=0)

  graph = activity.graph(of_batch, images)
  sums = [graph(images[b]) for b in activity.batches(images)]
  return np.sum(sums, axis=0, dtype=float) / len(images)
