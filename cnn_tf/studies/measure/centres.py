"""Centres among images, and the distances of images to them.

Images are `[n, height, width]` uint8, and centres `[centres, pixels]` between 0
and 1.
"""

import numpy as np


def pixels(images: np.ndarray) -> np.ndarray:
  """`[n, pixels]` float32 between 0 and 1, as the input of a network."""
  return images.reshape(len(images), -1) / np.float32(255)


def k_means(images: np.ndarray, count: int, seed: int) -> np.ndarray:
  """`[count, pixels]`: centres of clusters, in at most 5 passes."""
  from sklearn import cluster

  found = cluster.MiniBatchKMeans(
    count, batch_size=1024, max_iter=5, n_init=1, random_state=seed
  ).fit(pixels(images))
  return found.cluster_centers_


def random_images(images: np.ndarray, count: int, seed: int) -> np.ndarray:
  """`[count, pixels]`: some of the images."""
  random = np.random.default_rng(seed)
  return pixels(images[random.choice(len(images), count, replace=False)])


def distances(images: np.ndarray, centres: np.ndarray) -> np.ndarray:
  """The Euclidean distance of each image to each centre, `[n, centres]`."""
  points, centres = pixels(images), centres.astype(np.float32)
  squares = (
    np.sum(points**2, axis=1, keepdims=True)
    - 2 * points @ centres.T
    + np.sum(centres**2, axis=1)
  )
  return np.sqrt(np.maximum(squares, 0))


def project(images: np.ndarray, basis: np.ndarray) -> np.ndarray:
  """The pixels times a basis `[pixels, components]`, `[n, components]`."""
  return pixels(images) @ basis
