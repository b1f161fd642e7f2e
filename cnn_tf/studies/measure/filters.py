"""Filters for a first layer that are not learned from labels.

A kernel of one input channel, `[height, width, 1, filters]`, from patches of
training images. All filters have the same norm, and the kernel has the norm of
another one, so that neither is larger than random filters are.
"""

import numpy as np

from cnn_tf.studies.measure import centres
from cnn_tf.studies.measure import linear

_NUM_PATCHES = 20000


def patches(images: np.ndarray, side: int, count: int, seed: int) -> np.ndarray:
  """Patches at random places that are not of one grey, `[count, pixels]`.

  Args:
    images: `[n, height, width]` uint8.
    side: of the patches.
    count: how many places are drawn; fewer patches if some are of one grey.
    seed: of the places.

  Returns:
    float32 between 0 and 1.
  """
  random = np.random.default_rng(seed)
  windows = np.lib.stride_tricks.sliding_window_view(
    images, (side, side), axis=(1, 2)
  )
  places = [random.integers(size, size=count) for size in windows.shape[:3]]
  found = centres.pixels(windows[tuple(places)])
  return found[np.ptp(found, axis=1) > 0]


def of_clusters(images: np.ndarray, like: np.ndarray, seed: int) -> np.ndarray:
  """Centres by k-means of patches with a mean of 0 and a norm of 1.

  Args:
    images: `[n, height, width]` uint8.
    like: the kernel whose shape and norm the result has.
    seed: of the patches and of k-means.
  """
  from sklearn import cluster

  found = _normalised(images, like, seed)
  k_means = cluster.KMeans(like.shape[-1], n_init=1, random_state=seed)
  return scaled(k_means.fit(found).cluster_centers_.T, like)


def of_patches(images: np.ndarray, like: np.ndarray, seed: int) -> np.ndarray:
  """The first of the patches of which `of_clusters` finds the centres."""
  found = _normalised(images, like, seed)
  return scaled(found[: like.shape[-1]].T, like)


def without_means(
  images: np.ndarray, like: np.ndarray, seed: int
) -> np.ndarray:
  """The filters of `like` themselves, each with its mean subtracted."""
  del images, seed
  flat = like.reshape(-1, like.shape[-1])
  return scaled(flat - flat.mean(axis=0), like)


def of_equal_norms(
  images: np.ndarray, like: np.ndarray, seed: int
) -> np.ndarray:
  """The filters of `like` themselves, with their means."""
  del images, seed
  return scaled(like.reshape(-1, like.shape[-1]), like)


def of_components(
  images: np.ndarray, like: np.ndarray, seed: int
) -> np.ndarray:
  """The first principal components of patches, and their negatives.

  A patch has fewer components than a layer has filters; with relu, a component
  and its negative together lose nothing.

  Args:
    images: `[n, height, width]` uint8.
    like: the kernel whose shape and norm the result has; an even number of
      filters, at most two for each pixel.
    seed: of the patches.
  """
  side, _, _, count = like.shape
  found = patches(images, side, _NUM_PATCHES, seed)
  basis = linear.components(found, count // 2)
  return scaled(np.concatenate([basis, -basis], axis=1), like)


def _normalised(images, like, seed):
  """Patches with a mean of 0 and a norm of 1, `[patches, pixels]`."""
  found = patches(images, like.shape[0], _NUM_PATCHES, seed)
  found = found - found.mean(axis=1, keepdims=True)
  return found / np.linalg.norm(found, axis=1, keepdims=True)


def scaled(filters: np.ndarray, like: np.ndarray) -> np.ndarray:
  """`[pixels, filters]` with equal norms, in the shape and norm of `like`."""
  units = filters / np.linalg.norm(filters, axis=0)
  factor = np.linalg.norm(like) / np.sqrt(filters.shape[1])
  return (factor * units).reshape(like.shape).astype(np.float32)
