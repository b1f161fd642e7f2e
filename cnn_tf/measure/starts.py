"""Initial images for gradient ascent."""

import numpy as np
import tensorflow as tf

from cnn_tf import keys

_LENGTH_SCALES = (28, 14, 7, 4)  # pixels


def draw(image_size: tuple[int, int], seed: int, number: int) -> tf.Tensor:
  """Mid-grey plus smooth noise on four length scales, clipped to [0, 1].

  For each scale, random numbers that many pixels apart are interpolated. A
  smooth start leads to smooth patterns and a rough start to rough ones, so all
  scales have the same standard deviation.
  """
  image = tf.fill(image_size, 0.5)
  height, width = image_size
  for scale in _LENGTH_SCALES:
    grid = np.array([1 - (-size // scale) for size in image_size])
    key = keys.key(seed, f'pattern/start/{scale}', number)
    noise = tf.random.stateless_normal([*grid, 1], key, stddev=0.1)
    wide = tf.image.resize(noise, scale * grid, 'bicubic')[..., 0]
    first = scale // 2  # the pixel on which the first random number lies
    image += wide[first : first + height, first : first + width]
  return tf.clip_by_value(image, 0.0, 1.0)
