"""Whether the images of a dataset are framed like those of MNIST.

The digits of MNIST were scaled to fit into a box of 20x20 pixels, and their
centre of mass was moved to the centre of the image (LeCun et al. 1998,
"Gradient-Based Learning Applied to Document Recognition"). A network that was
trained on such images recognises a drawing only if it is framed alike.
"""

import numpy as np

BOX = 20 / 28  # the side of the box as a share of the image
_SHARE = 0.9  # of the images must fit, for some datasets have exceptions


def is_framed(images: np.ndarray) -> bool:
  """Whether nearly all images fill the box, and are centred by mass.

  Args:
    images: `[n, height, width]` uint8, 0 is the background.
  """
  inked = images[images.any(axis=(1, 2))]
  if not len(inked):
    return False
  box = round(BOX * min(images.shape[1:]))
  fits = np.abs(_longer_sides(inked) - box) <= 1
  centred = np.abs(_distances_from_centre(inked)).max(axis=0) <= 1
  return bool(np.mean(fits & centred) >= _SHARE)


def _longer_sides(images):
  """`[n]`: the longer side of the bounding box of the ink, in pixels."""
  sides = []
  for axis in (1, 2):
    inked = images.any(axis=3 - axis)
    first = inked.argmax(axis=1)
    last = inked.shape[1] - 1 - inked[:, ::-1].argmax(axis=1)
    sides.append(last - first + 1)
  return np.maximum(*sides)


def _distances_from_centre(images):
  """`[2, n]`: of the centre of mass, down and across, in pixels."""
  mass = images.sum(axis=(1, 2), dtype=np.float64)
  distances = []
  for axis in (1, 2):
    size = images.shape[axis]
    profile = images.sum(axis=3 - axis, dtype=np.float64)
    # The centre between the two middle pixels is size / 2 - 0.5; MNIST has
    # the centre of mass at size / 2, on a pixel.
    distances.append(profile @ np.arange(size) / mass - size / 2)
  return np.array(distances)
