"""How accurate is a dense network on distances to cluster centres?

k-means (MacQueen 1967; in small batches: Sculley 2010, "Web-scale k-means
clustering") places 100, 500 or 2,000 centres among the training images, without
their labels, in at most five passes. The distances of an image to the centres
are the input of a dense network of 70 and 30 units. Centres from k-means below
a supervised layer are the method of Moody and Darken 1989, "Fast Learning in
Networks of Locally-Tuned Processing Units", who take a Gaussian of each
distance and a linear layer.

Simpler inputs that may do as well:

- distances to as many random training images;
- as many principal components of the pixels, a linear map: 100, 500, or all;
- the pixels themselves.

All of them are centred and multiplied by one factor, so that the mean squared
length of an input is that of an image. All networks, also the reference
network, are trained with the same settings for the same number of steps. The
values of centres and components count as parameters, and their products with
the pixels as multiplications.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import intervals
from cnn_tf.run import replicas
from cnn_tf.run import settings as settings_lib
from cnn_tf.run import trainer
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import centres
from cnn_tf.studies.measure import linear

QUICK = study.Plan('mnist', seeds=1, epochs=2)
FULL = study.Plan('mnist', seeds=5, epochs=6)

COUNTS = (100, 500, 2000)
LAYERS = 'dense 70, dense 30'
K_MEANS, RANDOM = 'distances to k-means', 'distances to random images'
COMPONENTS, PIXELS, CNN = 'principal components', 'pixels', 'CNN'


class Kind(NamedTuple):
  """Networks that differ only in their seeds."""

  size: int | None  # the number of centres or components
  num_parameters: int
  num_multiplications: int
  accuracies: list[float]  # test, by seed


def measure(plan: study.Plan) -> study.Report:
  """The test accuracy on each kind of features."""
  study.need('sklearn')
  wanted = trained.of_seeds(plan, layers=LAYERS)
  num_kinds = 1 + 3 * len(COUNTS)
  trained.announce(plan, trained.of_seeds(plan), unkept=wanted * num_kinds)
  found = [(CNN, of_cnn(plan))]
  data = next(trained.seeds(plan)).data
  strategy = replicas.make_strategy(plan.num_replicas, wanted[0].batch_size)
  for kind in (PIXELS, K_MEANS, RANDOM, COMPONENTS):
    for count in _sizes(kind, data):
      print(f'{count} {kind}', flush=True)
      found.append((kind, of_features(wanted, data, kind, count, strategy)))
  return study.Report(_table(found), _draw(found, plan))


def _sizes(kind, data):
  num_images, *shape = data.train.images.shape
  num_pixels = int(np.prod(shape))
  if kind == PIXELS:
    return [num_pixels]
  largest = num_pixels if kind == COMPONENTS else num_images
  return sorted({min(count, largest) for count in COUNTS})


def of_cnn(plan: study.Plan) -> Kind:
  """The reference network, trained as runs."""
  accuracies = trained.test_accuracies(plan)
  run = next(trained.seeds(plan))
  return Kind(None, *_costs(run.geometries), accuracies)


def of_features(
  wanted: list[settings_lib.Settings],
  data: datasets.Dataset,
  kind: str,
  count: int,
  strategy: tf.distribute.Strategy,
) -> Kind:
  """Dense networks on `count` features."""
  accuracies = []
  for settings in wanted:
    images = data.train.images
    if kind == PIXELS:
      features = centres.pixels
    elif kind == COMPONENTS:
      basis = linear.components(centres.pixels(images), count)
      features = functools.partial(centres.project, basis=basis)
    else:
      find = centres.k_means if kind == K_MEANS else centres.random_images
      found = find(images, count, settings.seed)
      features = functools.partial(centres.distances, centres=found)
    inputs = scaled(data, features)
    network = trained.train(settings, inputs, strategy)
    accuracies.append(trained.accuracy(network, inputs.test))
  weights = 0 if kind == PIXELS else count * data.train.images[0].size
  costs = _costs(trainer.geometries(wanted[0], inputs))
  return Kind(count, *(cost + weights for cost in costs), accuracies)


def scaled(
  data: datasets.Dataset, features: Callable[[np.ndarray], np.ndarray]
) -> datasets.Dataset:
  """`data` with features instead of images, `[n, 1, features]` float32.

  Over the training set, they have a mean of 0, and the mean squared length of
  the images.
  """
  train = features(data.train.images)
  mean = train.mean(axis=0)
  lengths = (
    np.sum(x**2) for x in (centres.pixels(data.train.images), train - mean)
  )
  factor = np.sqrt(np.divide(*lengths))

  def of(examples):
    values = factor * (features(examples.images) - mean)
    # A network divides its input by 255, as for bytes.
    inputs = (255 * values).astype(np.float32)[:, np.newaxis]
    return datasets.Examples(inputs, examples.labels)

  return datasets.Dataset(*map(of, data[:3]), data.num_classes)


def _costs(geometries):
  """Parameters, and multiplications for one image."""
  return (
    sum(layer.num_parameters for layer in geometries),
    sum(layer.num_multiplications for layer in geometries),
  )


def _table(found):
  [count] = {len(kind.accuracies) for _, kind in found}
  rows = [['', 'features', 'parameters', 'multiplications']]
  rows[0] += [f'test accuracy, % (n = {count})', '- random images (points)']
  random = [kind for name, kind in found if name == RANDOM]
  of_random = {kind.size: kind.accuracies for kind in random}
  for name, kind in found:
    size = f'{kind.size:,}' if kind.size else ''
    costs = f'{kind.num_parameters:,}', f'{kind.num_multiplications:,}'
    gains = ''
    if name == K_MEANS:
      gains = intervals.percent(
        np.subtract(kind.accuracies, of_random[kind.size])
      )
    rows.append([name, size, *costs, intervals.percent(kind.accuracies), gains])
  return rows


def _draw(found, plan):
  figure = sheet.new(
    8.6,
    5.0,
    f'Distances to centres of k-means: {_last(found, K_MEANS)}; to random '
    f'images: {_last(found, RANDOM)}',
    f'{plan}; test error of a dense network of 70 and 30 units; bars: 95 % '
    'interval of the mean',
  )
  panel = sheet.place(figure, 0.9, 1.1, 7.2, 3.2)
  for name, color in (
    (K_MEANS, sheet.BLUE),
    (RANDOM, sheet.VERMILLION),
    (COMPONENTS, sheet.INK),
  ):
    kinds = [kind for one, kind in found if one == name]
    wrong = 100 * (1 - np.transpose([kind.accuracies for kind in kinds]))
    sizes = [kind.size for kind in kinds]
    charts.lines(panel, sizes, [charts.over_seeds(name, color, wrong)])
  for name, kind in found:
    if name in (CNN, PIXELS):
      wrong = 100 * (1 - np.mean(kind.accuracies))
      panel.axhline(wrong, color=sheet.QUIET, linestyle='--', linewidth=1)
      panel.text(2000, wrong, name, color=sheet.QUIET, fontsize=8, va='bottom')
  panel.set(xscale='log', xlabel='number of features', ylim=(0, None))
  panel.set(ylabel='test error (%)')
  panel.set_xticks(COUNTS, [f'{count:,}' for count in COUNTS])
  panel.minorticks_off()
  panel.legend(fontsize=8, frameon=False)
  return figure


def _last(found, name):
  *_, last = (kind for one, kind in found if one == name)
  return f'{np.mean(last.accuracies):.1%}'


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
