"""What does it cost that the network never sees the last rows and columns?

11 / 2 rounds down: the second pooling of the reference network drops the last
row and column of its 11x11 maps, and with them rows and columns 26 and 27 of
the image. This is predicted from the windows alone (`fields.unseen`), and shown
twice on trained networks: the gradient of every logit is exactly 0 there, and
noise in the place of those pixels leaves the logits as they are, to the bit.

Then the same network is trained on images that were moved up and left by one
pixel. It has as many parameters and still drops 108 pixels, but now one row and
one column on each side, where there is less to see.

Found (10 seeds, 6 epochs): on Fashion-MNIST 5.03 % of the ink is lost, and in
every test image some of it; on MNIST 0.22 %. Moved, it is 2.33 % and 0.02 %.
That gains -0.08 ± 0.26 points on Fashion-MNIST, and 0.03 ± 0.04 on MNIST; with
errors of the means of 0.08 and 0.01 points there is nothing to be seen on the
one, and perhaps a little on the other.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import sheet
from cnn_tf.measure import fields
from cnn_tf.network import model
from cnn_tf.studies import changed
from cnn_tf.studies import study
from cnn_tf.studies import tensors
from cnn_tf.studies import trained

QUICK = study.Plan('fashion', seeds=1, epochs=2)
FULL = study.Plan('fashion,mnist', seeds=10, epochs=6)


class Border(NamedTuple):
  """What was found on one dataset."""

  mean_image: np.ndarray  # [height, width], of the test set
  unseen: np.ndarray  # [height, width] bool: by the arithmetic of windows
  slopes: np.ndarray  # [height, width]: largest |d logit / d pixel|
  ink: float  # the share of all pixel values that is not seen
  ink_moved: float  # the same, images moved by one pixel
  variance: float  # and of the variance of the pixels
  touched: float  # the share of images with ink there
  same_logits: bool  # with noise there
  plain: list[float]  # accuracy on the test set, by seed
  moved: list[float]  # the same, images moved by one pixel


def measure(plan: study.Plan) -> study.Report:
  """The loss in pixels, and in accuracy."""
  found = {name: look(part) for name, part in plan.by_dataset().items()}
  return study.Report(_table(found), _draw(found, plan))


def look(plan: study.Plan) -> Border:
  """All numbers of one dataset."""
  run = next(trained.seeds(plan))
  images = run.data.test.images
  unseen = fields.unseen(run.geometries)
  variances = images.var(axis=0)
  folder = changed.write(plan, 'moved', up_and_left)
  return Border(
    mean_image=images.mean(axis=0),
    unseen=unseen,
    slopes=slopes(run.network, images),
    ink=images[:, unseen].sum() / images.sum(),
    ink_moved=1 - up_and_left(images)[:, ~unseen].sum() / images.sum(),
    variance=variances[unseen].sum() / variances.sum(),
    touched=float(np.mean(images[:, unseen].any(axis=1))),
    same_logits=same_with_noise(run.network, images, unseen),
    plain=trained.test_accuracies(plan),
    moved=trained.test_accuracies(plan, data_dir=folder),
  )


def up_and_left(images: np.ndarray) -> np.ndarray:
  """Moves images by one pixel: rows and columns 1 to 26 are seen then."""
  return changed.shift(images, down=-1, right=-1)


def slopes(network: model.ConvNet, images: np.ndarray) -> np.ndarray:
  """The largest size of a gradient of any logit by each pixel."""

  def of_batch(images):
    pixels = datasets.to_float(images)
    with tf.GradientTape(persistent=True) as tape:
      tape.watch(pixels)
      logits = tf.unstack(network(pixels), axis=1)
    gradients = [tf.abs(tape.gradient(logit, pixels)) for logit in logits]
    return {'largest': tf.reduce_max(gradients, axis=[0, -1])}

  return tensors.collect(of_batch, images)['largest'].max(axis=0)


def same_with_noise(
  network: model.ConvNet, images: np.ndarray, where: np.ndarray
) -> bool:
  """Whether noise in some pixels leaves all logits as they are, to the bit."""
  noisy = images.copy()
  random = np.random.default_rng(0)
  noisy[:, where] = random.integers(256, size=(len(images), where.sum()))
  before, after = (
    tensors.outputs(network, x, ['logits'])['logits'] for x in (images, noisy)
  )
  return bool(np.array_equal(before, after))


def _table(found):
  rows = [['', *found]]

  def add(name, value):
    rows.append([name, *map(value, found.values())])

  add('pixels never seen', lambda x: f'{x.unseen.sum()} of {x.unseen.size}')
  add('of the ink', lambda x: f'{x.ink:.2%}')
  add('of the ink, images moved', lambda x: f'{x.ink_moved:.2%}')
  add('of the variance', lambda x: f'{x.variance:.2%}')
  add('test images with ink there', lambda x: f'{x.touched:.2%}')
  add('largest gradient there', lambda x: f'{_largest(x, x.unseen):.3g}')
  add('largest elsewhere', lambda x: f'{_largest(x, ~x.unseen):.3g}')
  add('noise there: logits', lambda x: 'same' if x.same_logits else 'OTHERS')
  add('test accuracy', lambda x: f'{study.percent(x.plain)} %')
  add('moved by one pixel', lambda x: f'{study.percent(x.moved)} %')
  add('gain, seed by seed', lambda x: f'{study.percent(_gains(x))} points')
  if all(len(x.plain) > 1 for x in found.values()):
    add('error of that mean', lambda x: f'{100 * _error(_gains(x)):.3f} points')
  return rows


def _gains(border):
  return [b - a for a, b in zip(border.plain, border.moved, strict=True)]


def _largest(border, where):
  return border.slopes[where].max(initial=0)


def _error(values):
  """Of their mean: the standard deviation / sqrt(n)."""
  return np.std(values, ddof=1) / np.sqrt(len(values))


def _draw(found, plan):
  gains = [f'{name} {study.percent(_gains(x))}' for name, x in found.items()]
  page = sheet.new(
    9.6,
    1.0 + 3.1 * len(found),
    f'Gain by seeing more of the border: {", ".join(gains)} points',
    f'{plan}; test images; left of and above the orange lines is what is seen',
  )
  for index, (name, border) in enumerate(found.items()):
    top = 1.3 + 3.1 * index
    places = [sheet.place(page, x, top, 2.3, 2.3) for x in (0.5, 3.3, 6.9)]
    _image(places[0], border, border.mean_image, f'mean image of {name}')
    sizes = np.log10(np.where(border.slopes > 0, border.slopes, np.nan))
    _image(places[1], border, sizes, 'log10 of the largest gradient, seed 0')
    _seeds(places[2], border)
  return page


def _image(panel, border, values, title):
  scale = sheet.Scale('viridis', np.nanmin(values), np.nanmax(values))
  sheet.picture(panel, values, scale)
  for axis, draw in ((0, panel.axvline), (1, panel.axhline)):
    for first in np.flatnonzero(border.unseen.all(axis=axis))[:1]:
      draw(first - 0.5, color=sheet.VERMILLION, linewidth=1.5)
  panel.set_title(title, fontsize=9)


def _seeds(panel, border):
  """A line for each seed."""
  pairs = 100 * np.array([border.plain, border.moved])
  panel.plot([0, 1], pairs, 'o-', color=sheet.QUIET, markersize=3)
  panel.plot([0, 1], pairs.mean(axis=1), 'o-', color=sheet.VERMILLION)
  panel.set(xticks=[0, 1], xlim=(-0.3, 1.3), ylabel='test accuracy (%)')
  panel.set_xticklabels(['as it is', 'moved by one'])
  panel.set_title('a line a seed; orange: their mean', fontsize=9)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
