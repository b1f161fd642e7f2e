"""Picture files -> grey images, in which 0 is the background.

PNG, JPEG, GIF and BMP; of a colour its luminance, of a transparent pixel what
it looks like on white paper.
"""

import pathlib

import numpy as np
import tensorflow as tf

from cnn_tf import errors

SUFFIXES = ('.png', '.jpg', '.jpeg', '.gif', '.bmp')
_LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue: Rec. ITU-R BT.601
# Of the brightest pixel: what counts as ink, and what is noise of the paper.
_INK, _NOISE = 0.3, 0.1


def read(path: pathlib.Path, invert: bool = False) -> np.ndarray:
  """The grey values of a picture, `[height, width]` float32 from 0 to 255.

  Args:
    path: a file whose format is recognised by its content.
    invert: black becomes white: for ink on paper.

  Raises:
    UserError: the file cannot be read, or is not a picture.
  """
  try:
    pixels = tf.io.decode_image(path.read_bytes(), expand_animations=False)
  except OSError as error:
    raise errors.UserError(f'{path}: {error.strerror}') from None
  except tf.errors.InvalidArgumentError:
    raise errors.UserError(
      f'{path}: not a PNG, JPEG, GIF or BMP file, or damaged'
    ) from None
  grey = _grey(pixels.numpy().astype(np.float32))
  return 255 - grey if invert else grey


def fit(grey: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """Scales a picture to an image of this size, uint8; 0 fills what is left."""
  # tf.image.resize_with_pad would make 27 of 28 rows of a picture of 64x64: it
  # rounds down what float32 has made 27.999998.
  scale = min(np.divide(size, grey.shape))
  shape = [max(1, round(scale * side)) for side in grey.shape]
  top, left = (np.subtract(size, shape) // 2).tolist()
  image = np.zeros(size, np.float32)
  image[top : top + shape[0], left : left + shape[1]] = _resize(grey, shape)
  return _to_bytes(image)


def frame(grey: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """Scales and centres the ink as in MNIST, to an image of this size.

  The longer side of the ink is 20 of 28 pixels, and its centre of mass is in
  the centre of the image. The paper, whose grey most pixels have, becomes
  black, and the brightest ink white. A picture without ink becomes black.

  Source: LeCun and Cortes, "The MNIST database".
  """
  image = np.zeros(size, np.float32)
  grey = np.maximum(grey - np.median(grey), 0)
  grey *= 255 / (grey.max() or 1)
  grey[grey < 255 * _NOISE] = 0
  ink = grey > 255 * _INK
  if not ink.any():
    return _to_bytes(image)
  box = grey[np.ix_(*(_span(ink.any(axis=axis)) for axis in (1, 0)))]
  scale = round(20 / 28 * min(size)) / max(box.shape)
  shape = [max(1, round(scale * side)) for side in box.shape]
  small = np.maximum(_resize(box, shape), 0)
  top, left = (
    int(np.clip(round(side / 2 - centre), 0, side - length))
    for side, centre, length in zip(
      size, _centre_of_mass(small), shape, strict=True
    )
  )
  image[top : top + shape[0], left : left + shape[1]] = small
  return _to_bytes(image)


def _grey(pixels):
  """`[height, width, 1 to 4]`, grey or colours with or without opacity."""
  num_channels = pixels.shape[-1]
  colors, opacity = pixels, 1.0
  if num_channels in (2, 4):
    colors, opacity = pixels[..., :-1], pixels[..., -1] / 255
  grey = colors @ np.float32(_LUMINANCE) if num_channels > 2 else colors[..., 0]
  return grey * opacity + 255 * (1 - opacity)


def _resize(grey, shape):
  return tf.image.resize(grey[..., None], shape, antialias=True)[..., 0].numpy()


def _span(inked):
  """The indices from the first to the last row or column with ink."""
  places = np.flatnonzero(inked)
  return range(places[0], places[-1] + 1)


def _centre_of_mass(image):
  mass = image.sum()
  return [
    image.sum(axis=1 - axis) @ np.arange(image.shape[axis]) / mass
    for axis in (0, 1)
  ]


def _to_bytes(image):
  return np.clip(np.rint(image), 0, 255).astype(np.uint8)
