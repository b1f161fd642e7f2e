"""Random changes of training images that do not change their classes.

Images are `[batch, height, width, 1]` in [0, 1]. The background is 0, and so is
everything outside an image. Each step draws new changes, so the network hardly
ever sees the same image twice.
"""

import math
from typing import NamedTuple

import tensorflow as tf

from cnn_tf import keys


class Augmentation(NamedTuple):
  """How far each change goes at most; those of 0 are off."""

  shift: int = 0  # pixels, vertically and horizontally
  flip: bool = False  # half of the images become their mirror images
  rotate: float = 0.0  # degrees, to the left and to the right
  scale: float = 0.0  # 0.1: by a factor from 0.9 to 1.1
  shear: float = 0.0  # degrees by which vertical lines lean
  erase: float = 0.0  # probability of an erased rectangle


NONE = Augmentation()


def augment(
  images: tf.Tensor, most: Augmentation, draw: keys.Draw
) -> tf.Tensor:
  """Changes each image at random: warp, flip, shift, erase, in this order."""
  if most.rotate or most.scale or most.shear:
    # From [0, 1) to [-1, 1), for each image.
    u = 2 * uniform(draw, 'warp', 3) - 1
    rotate, scale, shear = tf.unstack(u, axis=1)
    images = warp(
      images, most.rotate * rotate, 1 + most.scale * scale, most.shear * shear
    )
  if most.flip:
    images = flip(images, draw('flip', []) < 128)
  if most.shift:
    pixels = tf.floor(uniform(draw, 'shift', 2) * (2 * most.shift + 1))
    images = shift(images, tf.cast(pixels, tf.int32) - most.shift)
  if most.erase:
    u = uniform(draw, 'erase', 6)
    is_erased = tf.cast(u[:, :1] < most.erase, tf.int32)
    boxes = is_erased * _boxes(u[:, 1:5], images.shape[1:3])
    images = erase(images, boxes, u[:, 5])
  return images


def uniform(draw: keys.Draw, purpose: str, count: int) -> tf.Tensor:
  """`[batch, count]` random numbers in [0, 1), multiples of 2**-24."""
  words = tf.bitcast(draw(purpose, [count, 4]), tf.uint32)
  return tf.cast(tf.bitwise.right_shift(words, 8), tf.float32) / 2**24


def shift(images: tf.Tensor, pixels: tf.Tensor) -> tf.Tensor:
  """`output[b, y, x] = images[b, y - dy, x - dx]`: dy pixels down, dx right.

  As a product of matrices, `rows @ image @ columns`: `rows[y, i]` is 1 if
  `i == y - dy`, else 0; `columns[j, x]` is 1 if `j == x - dx`, else 0.

  Args:
    images: `[batch, height, width, 1]`.
    pixels: `[batch, 2]` int32, dy and dx of each image.
  """
  y, x = tf.range(images.shape[1]), tf.range(images.shape[2])
  dy, dx = pixels[:, :1, tf.newaxis], pixels[:, 1:, tf.newaxis]
  rows = tf.cast(y == y[:, tf.newaxis] - dy, images.dtype)
  columns = tf.cast(x[:, tf.newaxis] == x - dx, images.dtype)
  return (rows @ images[..., 0] @ columns)[..., tf.newaxis]


def flip(images: tf.Tensor, is_flipped: tf.Tensor) -> tf.Tensor:
  """`output[b, y, x] = images[b, y, width - 1 - x]` where `is_flipped[b]`."""
  mirrored = tf.reverse(images[..., 0], axis=[2])[..., tf.newaxis]
  return tf.where(_per_image(is_flipped), mirrored, images)


def warp(
  images: tf.Tensor, angles: tf.Tensor, factors: tf.Tensor, shears: tf.Tensor
) -> tf.Tensor:
  """Shears, rotates and scales each image around its centre (affine map).

  With x to the right and y down from the centre, a = angle, k = tan(shear) and
  f = factor, the point (x, y) moves to

    f * [[cos(a), sin(a)], [-sin(a), cos(a)]] @ [[1, k], [0, 1]] @ (x, y)

  An output pixel (x, y) gets the value at the point that moves there,

    [[1, -k], [0, 1]] @ [[cos(a), -sin(a)], [sin(a), cos(a)]] / f @ (x, y)

  which lies between four pixels: their mean, with the weight `(1 - |dx|) *
  (1 - |dy|)` for a pixel at the distance (dx, dy) (bilinear interpolation).

  Args:
    images: `[batch, height, width, 1]`.
    angles: `[batch]` degrees, counterclockwise.
    factors: `[batch]`, above 1 to enlarge.
    shears: `[batch]` degrees.
  """
  radians, k = angles * math.pi / 180, tf.tan(shears * math.pi / 180)
  cos, sin = tf.cos(radians) / factors, tf.sin(radians) / factors
  xx, xy, yx, yy = cos - k * sin, -sin - k * cos, sin, cos
  middle_y, middle_x = ((size - 1) / 2 for size in images.shape[1:3])
  x_start = middle_x - xx * middle_x - xy * middle_y
  y_start = middle_y - yx * middle_x - yy * middle_y
  zero = tf.zeros_like(k)
  # The value at (xx * x + xy * y + x_start, yx * x + yy * y + y_start).
  return tf.raw_ops.ImageProjectiveTransformV3(
    images=images,
    transforms=tf.stack([xx, xy, x_start, yx, yy, y_start, zero, zero], axis=1),
    output_shape=images.shape[1:3],
    fill_value=0.0,
    interpolation='BILINEAR',
    fill_mode='CONSTANT',
  )


def erase(images: tf.Tensor, boxes: tf.Tensor, greys: tf.Tensor) -> tf.Tensor:
  """Fills a rectangle of each image with one grey value.

  After Zhong et al. 2020, "Random Erasing Data Augmentation".

  Args:
    images: `[batch, height, width, 1]`.
    boxes: `[batch, 4]` int32: top, left, height and width.
    greys: `[batch]`, in [0, 1].
  """
  top, left, height, width = tf.split(boxes, 4, axis=1)  # [batch, 1] each
  y, x = tf.range(images.shape[1]), tf.range(images.shape[2])
  rows = (y >= top) & (y < top + height)
  columns = (x >= left) & (x < left + width)
  inside = rows[:, :, tf.newaxis] & columns[:, tf.newaxis, :]
  return tf.where(inside[..., tf.newaxis], _per_image(greys), images)


def _boxes(u, size):
  """Boxes inside an image, from `[batch, 4]` uniform numbers in [0, 1).

  Each side is a whole number from 1/8 to 1/2 of that of the image: 3 to 14 of
  28 pixels.
  """
  smallest = tf.constant([max(1, side // 8) for side in size], tf.float32)
  largest = tf.constant([max(1, side // 2) for side in size], tf.float32)
  sides = smallest + tf.floor(u[:, 2:] * (largest - smallest + 1))
  starts = tf.floor(u[:, :2] * (tf.constant([*size], tf.float32) - sides + 1))
  return tf.cast(tf.concat([starts, sides], axis=1), tf.int32)


def _per_image(values):
  """`[batch]` -> `[batch, 1, 1, 1]`."""
  return tf.reshape(values, [-1, 1, 1, 1])
