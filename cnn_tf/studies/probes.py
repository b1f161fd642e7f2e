"""Where in the network do the classes separate, and what is lost on the way?

From every tensor between the image and the logits, two linear maps are fitted.
One gives the class (a linear probe: Alain and Bengio 2016, "Understanding
intermediate layers using linear classifier probes"): how well do planes
separate the classes here? The other gives the pixels: how much of the image is
still there? Both are ridge regressions (Hoerl and Kennard 1970), with one-hot
classes or pixels as targets, on the first 2,000 training images, since a tensor
has up to 21,632 numbers; alpha is the best of three on 1,000 validation images.
The probe is scored on all test images, the pixels on 2,000 of them. From more
images a probe would learn more, so its accuracy is to be compared with that of
other tensors, and of the same network before its training.

Then the dense part is replaced, on what the last maps give: by softmax
regression, or by the class whose mean is nearest, each from 20,000 images.

Found (3 seeds, 6 epochs): on the way, most of it in the activations. On MNIST a
probe has 83.7 % right on the image, 97.1 % on pool2 and 98.9 % on the logits;
without training it is best on conv2/relu, 95.7 %, and falls to 54.7 %. On
Fashion-MNIST it is not every step: pool2 loses 1.5 points. The pixels are lost
as fast with trained kernels as with first ones: R² of 0.74 and 0.75 on
conv3/relu. The last maps alone tell the digits apart: softmax
regression on them has 98.97 ± 0.08 % right, the nearest mean 95.89 ± 0.07 %,
the network's own dense part 99.22 ± 0.08 %.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import sheet
from cnn_tf.network import model
from cnn_tf.studies import study
from cnn_tf.studies import tensors
from cnn_tf.studies import trained

QUICK = study.Plan('mnist', seeds=1, epochs=1)
FULL = study.Plan('mnist,fashion', seeds=3, epochs=6)
ALPHAS = (0.001, 0.03, 1.0)
_NUM_TRAIN, _NUM_VALIDATION, _NUM_PIXELS, _NUM_DENSE = 2000, 1000, 2000, 20000
_KINDS, _COLORS = ('trained', 'untrained'), (sheet.BLUE, sheet.VERMILLION)
_TICKS = (1, 2, 5, 10, 20, 50, 100)


class Linear(NamedTuple):
  """`features @ weights + biases`."""

  weights: np.ndarray  # [features, targets]
  biases: np.ndarray  # [targets]

  def __call__(self, features: np.ndarray | tf.Tensor) -> np.ndarray:
    """`[n, features]` -> `[n, targets]`, arrays or tensors."""
    return features @ self.weights + self.biases


class Numbers(NamedTuple):
  """What was found in one network; shares are of the test images."""

  sizes: dict[str, int]  # tensor -> its numbers for one image
  classes: dict[str, float]  # tensor -> the share that its probe has right
  pixels: dict[str, float]  # tensor -> R^2 of the reconstruction
  ends: dict[str, float]  # what follows the last maps -> the share right


def measure(plan: study.Plan) -> study.Report:
  """Both numbers of every tensor, with trained and with first kernels."""
  trained.need('sklearn')
  found = {}
  for name, part in plan.by_dataset().items():
    found[name] = {kind: [] for kind in _KINDS}
    for run in trained.seeds(part):
      first = model.ConvNet(run.geometries, run.settings.seed)
      for kind, network in zip(_KINDS, (run.network, first), strict=True):
        found[name][kind].append(look(network, run.data))
  return study.Report(_table(found), _draw(found, plan))


def look(network: model.ConvNet, data: datasets.Dataset) -> Numbers:
  """All numbers of one network."""
  test = data.test
  order = np.random.default_rng(0).permutation(len(test.images))
  some = test.images[order[:_NUM_PIXELS]]
  classes, pixels = fit(network, data)
  said, drawn = read(network, classes, test.images), read(network, pixels, some)
  return Numbers(
    sizes={name: len(linear.weights) for name, linear in classes.items()},
    classes={name: share_right(x, test.labels) for name, x in said.items()},
    pixels={name: explained(x, _pixels(some)) for name, x in drawn.items()},
    ends={'own dense part': trained.accuracy(network, test)}
    | replaced(network, data),
  )


def features(network: model.ConvNet, images: tf.Tensor) -> dict[str, tf.Tensor]:
  """The image and every tensor after it, `[n, numbers]` each, in order.

  Args:
    network: the network.
    images: `[n, height, width]` uint8.
  """
  pixels = datasets.to_float(images)
  named = {'image': pixels} | network.activations(pixels)
  named.pop('flatten', None)  # the last maps once more
  return {
    name: tf.reshape(tensor, [-1, tensor.shape[1:].num_elements()])
    for name, tensor in named.items()
  }


def fit(
  network: model.ConvNet, data: datasets.Dataset
) -> tuple[dict[str, Linear], dict[str, Linear]]:
  """For each tensor what gives the classes, and what gives the pixels."""
  train = (array[:_NUM_TRAIN] for array in data.train)
  validation = (array[:_NUM_VALIDATION] for array in data.validation)
  images, labels = map(np.concatenate, zip(train, validation, strict=True))
  num_train = min(_NUM_TRAIN, len(data.train.labels))
  targets = np.hstack([np.eye(data.num_classes)[labels], _pixels(images)])
  first, rest = slice(data.num_classes), slice(data.num_classes, None)
  classes, pixels = {}, {}
  inputs = tensors.collect(lambda batch: features(network, batch), images)
  for name, x in inputs.items():
    maps = ridge(x[:num_train], targets[:num_train])
    outputs = [linear(x[num_train:]) for linear in maps]
    new = labels[num_train:], targets[num_train:, rest]
    right = [share_right(y[:, first], new[0]) for y in outputs]
    close = [explained(y[:, rest], new[1]) for y in outputs]
    for chosen, part, scores in (classes, first, right), (pixels, rest, close):
      weights, biases = maps[np.argmax(scores)]
      chosen[name] = Linear(weights[:, part], biases[part])
  return classes, pixels


def ridge(x: np.ndarray, y: np.ndarray) -> list[Linear]:
  """Ridge regression, for each of `ALPHAS`.

  `sum of (x @ weights + biases - y)^2 + alpha * sum of weights^2` is smallest
  when x is centred, and divided by one number so that its rows have a mean
  squared length of 1: alpha means the same for all tensors. Then
  `weights = (x'x + alpha)^-1 x'y = x' (xx' + alpha)^-1 y`; the smaller of the
  two matrices is solved.

  Args:
    x: `[n, features]`.
    y: `[n, targets]`.
  """
  from scipy import linalg  # scikit-learn brings it

  mean, middle = x.mean(axis=0), y.mean(axis=0)
  x, y = x - mean, y - middle
  scale = float(np.linalg.norm(x) / np.sqrt(len(x))) or 1.0
  x /= scale
  wide = x.shape[1] > len(x)
  products, right = (x @ x.T, y) if wide else (x.T @ x, x.T @ y)
  maps = []
  for alpha in ALPHAS:
    matrix = products.astype(np.float64) + alpha * np.eye(len(products))
    solved = linalg.solve(matrix, right, assume_a='pos') / scale
    solved = solved.astype(x.dtype)  # not all of x in float64
    weights = x.T @ solved if wide else solved
    maps.append(Linear(weights, (middle - mean @ weights).astype(x.dtype)))
  return maps


def read(
  network: model.ConvNet, maps: dict[str, Linear], images: np.ndarray
) -> dict[str, np.ndarray]:
  """What each linear map makes of its tensor, `[n, targets]`."""
  maps = {
    name: Linear(*map(tf.constant, linear)) for name, linear in maps.items()
  }

  def of_batch(batch):
    named = features(network, batch)
    return {name: linear(named[name]) for name, linear in maps.items()}

  return tensors.collect(of_batch, images)


def share_right(scores: np.ndarray, labels: np.ndarray) -> float:
  """The share of examples whose label has the largest score."""
  return float(np.mean(scores.argmax(axis=1) == labels))


def explained(guesses: np.ndarray, values: np.ndarray) -> float:
  """R^2 of all columns: 1 - squared errors / squares around their means."""
  errors = np.sum((guesses - values) ** 2, dtype=np.float64)
  squares = np.sum((values - values.mean(axis=0)) ** 2, dtype=np.float64)
  return float(1 - errors / squares)


def replaced(
  network: model.ConvNet, data: datasets.Dataset
) -> dict[str, float]:
  """The accuracy of what may stand in the place of the dense part."""
  from sklearn import linear_model
  from sklearn import pipeline
  from sklearn import preprocessing

  def last_maps(batch):
    return {'x': network.activations(datasets.to_float(batch))['flatten']}

  images, labels = (array[:_NUM_DENSE] for array in data.train)
  train, test = (
    tensors.collect(last_maps, x)['x'] for x in (images, data.test.images)
  )
  softmax = pipeline.make_pipeline(
    preprocessing.StandardScaler(),
    linear_model.LogisticRegression(C=0.1, max_iter=1000),
  )
  says = {
    'softmax regression': softmax.fit(train, labels).predict(test),
    'nearest mean': nearest_mean(train, labels, test),
  }
  return {
    name: float(np.mean(classes == data.test.labels))
    for name, classes in says.items()
  }


def nearest_mean(
  known: np.ndarray, labels: np.ndarray, new: np.ndarray
) -> np.ndarray:
  """`[n]`: the class of `known` whose mean is nearest to each row of `new`."""
  classes = np.unique(labels)
  means = np.stack([known[labels == label].mean(axis=0) for label in classes])
  # -|x - m|^2 / 2 without |x|^2, which is the same for all means.
  scores = new @ means.T - np.sum(means**2, axis=1) / 2
  return classes[scores.argmax(axis=1)]


def _pixels(images):
  """`[n, pixels]`, as a network takes them."""
  return images.reshape(len(images), -1) / np.float32(255)


def _table(found):
  rows = [['', 'numbers', 'probe (%)', 'untrained', 'R²', 'untrained']]
  for dataset, kinds in found.items():
    [first, *_] = kinds['trained']
    for name, size in first.sizes.items():
      right = [study.percent(_of(x, 'classes', name)) for x in kinds.values()]
      close = [study.spread(_of(x, 'pixels', name), 3) for x in kinds.values()]
      rows.append([f'{dataset}: {name}', f'{size:,}', *right, *close])
    for name in first.ends:
      right = [study.percent(_of(x, 'ends', name)) for x in kinds.values()]
      rows.append([f'{dataset}: {name} on the last maps', '', *right, '', ''])
  return rows


def _of(networks, what, name):
  return [getattr(network, what)[name] for network in networks]


def _draw(found, plan):
  gains = []
  for dataset, kinds in found.items():
    image, *_, logits = 100 * _rows(kinds['trained'], 'classes').mean(axis=0)
    gains.append(f'{image:.1f} → {logits:.1f} % on {dataset}')
  page = sheet.new(
    10.6,
    2.2 + 2.7 * len(found),
    'Linear probes, image to logits: ' + ', '.join(gains),
    f'{plan}; test images; bars: standard deviation over seeds',
  )
  for index, (dataset, kinds) in enumerate(found.items()):
    top = 1.2 + 2.7 * index
    wrong = sheet.place(page, 0.8, top, 5.6, 2.25)
    close = sheet.place(page, 7.2, top, 3.1, 2.25)
    for networks, color in zip(kinds.values(), _COLORS, strict=True):
      num_tensors = len(networks[0].sizes)
      right, ends = _rows(networks, 'classes'), _rows(networks, 'ends')
      _line(wrong, 100 * (1 - right), color)
      _line(wrong, 100 * (1 - ends), color, 'o', num_tensors + 0.5)
      _line(close, _rows(networks, 'pixels'), color)
    is_last = index == len(found) - 1
    _finish(wrong, close, dataset, networks[0], is_last)
  return page


def _rows(networks, what):
  """`[networks, names]`: some numbers of each network."""
  return np.array([list(getattr(x, what).values()) for x in networks])


def _line(panel, rows, color, form='o-', first=0.0):
  """The means of the rows, with bars of their standard deviation."""
  x = first + np.arange(rows.shape[1])
  deviations = rows.std(axis=0, ddof=len(rows) > 1)
  style = {'color': color, 'markersize': 4, 'capsize': 2}
  panel.errorbar(x, rows.mean(axis=0), deviations, fmt=form, **style)


def _finish(wrong, close, dataset, network, is_last):
  """Axes, and the names of the tensors below the last panels."""
  names, ends = list(network.sizes), list(network.ends)
  x = np.arange(len(names) + len(ends), dtype=float)
  x[len(names) :] += 0.5  # a gap for the line between
  wrong.axvline(len(names) - 0.25, color=sheet.QUIET, linewidth=0.8)
  wrong.set_title(f'{dataset}: linear probes', fontsize=9, loc='left')
  wrong.set_title('on the last maps', fontsize=9, loc='right')
  wrong.set(yscale='log', ylim=(0.5, 130), ylabel='test images wrong (%)')
  wrong.set_yticks(_TICKS, map(str, _TICKS))
  wrong.minorticks_off()
  close.set_title(f'{dataset}: the pixels, by ridge regression', fontsize=9)
  close.set(ylim=(0, 1.05), ylabel='R² over all pixels')
  lines = [container.lines[0] for container in close.containers]
  close.legend(lines, _KINDS, loc='lower left', fontsize=8, frameon=False)
  style = {'rotation': 60, 'ha': 'right', 'rotation_mode': 'anchor'}
  for panel, labels in ((wrong, names + ends), (close, names)):
    shown = labels if is_last else [''] * len(labels)
    panel.set_xticks(x[: len(labels)], shown, **style)
    panel.grid(axis='y', color=sheet.PALE)


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
