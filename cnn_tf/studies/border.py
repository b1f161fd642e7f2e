"""What does it cost that the network never sees the last rows and columns?

The second pooling of the reference network drops the last row and column of its
11x11 maps, because 11 / 2 rounds down. No path leads from rows and columns 26
and 27 of the image to the logits. This follows from the windows alone
(`fields.unseen`), and is confirmed on trained networks: the gradient of every
logit with respect to these pixels is exactly 0, and noise in their place leaves
all logits equal, to the bit.

The same network is also trained and tested on images shifted up and left by one
pixel. It has as many parameters, and still 108 pixels cannot reach the logits,
but they are one row and one column on each side, where there is less ink. The
difference in accuracy is the gain from seeing more of the ink, not all of it.

Results (10 seeds, 6 epochs): 5.03 % of the ink of Fashion-MNIST cannot reach
the logits, and some ink of every test image; on MNIST it is 0.22 %. With
shifted images it is 2.33 % and 0.02 %. Shifting changes the test accuracy by
-0.08 ± 0.26 points on Fashion-MNIST and by 0.03 ± 0.04 on MNIST, with standard
errors of 0.08 and 0.01 points. The 95 % intervals of these means exclude gains
above 0.11 and 0.07 points; whether there is any gain remains open.
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
  """The results for one dataset."""

  mean_image: np.ndarray  # [height, width], of the test set
  unseen: np.ndarray  # [height, width] bool, from the windows
  slopes: np.ndarray  # [height, width]: largest |d logit / d pixel|
  ink: float  # fraction of the sum of all pixel values that is unseen
  ink_moved: float  # the same for shifted images
  variance: float  # unseen fraction of the variance of the pixels
  touched: float  # fraction of the images with ink in unseen pixels
  same_logits: bool  # whether noise in unseen pixels leaves the logits equal
  plain: list[float]  # test accuracy, by seed
  moved: list[float]  # the same for shifted images


def measure(plan: study.Plan) -> study.Report:
  """Ink, gradients and accuracy for each dataset."""
  found = {name: look(part) for name, part in plan.by_dataset().items()}
  return study.Report(_table(found), _draw(found, plan))


def look(plan: study.Plan) -> Border:
  """Measures one dataset."""
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
  """Shifts images by one pixel, so that rows and columns 1 to 26 are seen."""
  return changed.shift(images, down=-1, right=-1)


def slopes(network: model.ConvNet, images: np.ndarray) -> np.ndarray:
  """`[height, width]`: the largest |d logit / d pixel| over all images."""

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
  """Whether noise in the pixels `where` leaves all logits equal, to the bit."""
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

  add('unseen pixels', lambda x: f'{x.unseen.sum()} of {x.unseen.size}')
  add('unseen ink', lambda x: f'{x.ink:.2%}')
  add('unseen ink, shifted images', lambda x: f'{x.ink_moved:.2%}')
  add('unseen variance', lambda x: f'{x.variance:.2%}')
  add('test images with unseen ink', lambda x: f'{x.touched:.2%}')
  add(
    'largest gradient, unseen pixels', lambda x: f'{_largest(x, x.unseen):.3g}'
  )
  add(
    'largest gradient, other pixels', lambda x: f'{_largest(x, ~x.unseen):.3g}'
  )
  add('noise in unseen pixels', _logits)
  add('test accuracy', lambda x: f'{study.percent(x.plain)} %')
  add('test accuracy, shifted images', lambda x: f'{study.percent(x.moved)} %')
  add('difference, by seed', lambda x: f'{study.percent(_gains(x))} points')
  if all(len(x.plain) > 1 for x in found.values()):
    add('standard error', lambda x: f'{100 * _error(_gains(x)):.3f} points')
  return rows


def _logits(border):
  return f'logits {"equal" if border.same_logits else "DIFFER"}'


def _gains(border):
  return [b - a for a, b in zip(border.plain, border.moved, strict=True)]


def _largest(border, where):
  return border.slopes[where].max(initial=0)


def _error(values):
  """The standard error of the mean: standard deviation / sqrt(n)."""
  return np.std(values, ddof=1) / np.sqrt(len(values))


def _draw(found, plan):
  gains = [f'{name} {study.percent(_gains(x))}' for name, x in found.items()]
  page = sheet.new(
    9.6,
    1.0 + 3.1 * len(found),
    f'Gain from shifting the images by one pixel: {", ".join(gains)} points',
    f'{plan}; test images; unseen: pixels right of and below the orange lines',
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
  """Test accuracy without and with the shift, one line per seed."""
  pairs = 100 * np.array([border.plain, border.moved])
  panel.plot([0, 1], pairs, 'o-', color=sheet.QUIET, markersize=3)
  panel.plot([0, 1], pairs.mean(axis=1), 'o-', color=sheet.VERMILLION)
  panel.set(xticks=[0, 1], xlim=(-0.3, 1.3), ylabel='test accuracy (%)')
  panel.set_xticklabels(['original', 'shifted by one'])
  panel.set_title('grey: one seed; orange: mean', fontsize=9)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
