"""Where in the network do the classes separate, and what is lost on the way?

Two linear maps are fitted to every tensor between the image and the logits. One
predicts the class (a linear probe: Alain and Bengio 2016, "Understanding
intermediate layers using linear classifier probes") and shows how well planes
separate the classes there. The other predicts the pixels and shows how much of
the image a linear map can recover. Both are ridge regressions (Hoerl and
Kennard 1970) with one-hot classes or pixels as targets. They are fitted to the
first 2,000 training images, because a tensor has up to 21,632 values; alpha is
the best of three on 1,000 validation images. Probes are scored on all test
images, reconstructions on 2,000 of them. With more images a probe would be more
accurate, so its accuracy is only to be compared with that on other tensors, and
in the untrained network.

The dense layers are then replaced by softmax regression on the last feature
maps, or by the class with the nearest mean; both are fitted to 20,000 images.

Results (3 seeds, 6 epochs): most of the separation happens at the activation
functions. On MNIST the probe's accuracy rises from 83.67 % on the image to
98.90 % on the logits, and the four relus account for 14.46 of these 15.23
points; on Fashion-MNIST it rises from 78.86 % to 89.12 %, with 8.85 of the
10.26 points at the relus, and falls by 1.48 points at pool2. In the untrained
network it is highest on conv2/relu on MNIST (95.72 %), and 54.73 % on the
logits. The R² of the pixels of trained and untrained networks differs by at
most 0.030 on any tensor. On the last maps of the trained networks, softmax
regression has a test accuracy of 98.97 ± 0.08 % on MNIST and 89.44 ± 0.06 % on
Fashion-MNIST, the nearest mean 95.89 ± 0.07 % and 79.64 ± 0.14 %, the network's
own dense layers 99.22 ± 0.08 % and 90.19 ± 0.14 %; on the maps of the untrained
networks softmax regression has 96.90 ± 0.22 % and 84.26 ± 0.21 %.
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
    """`[n, features]` -> `[n, targets]`, for arrays or tensors."""
    return features @ self.weights + self.biases


class Scores(NamedTuple):
  """The results for one network, on the test images."""

  sizes: dict[str, int]  # tensor -> number of values for one image
  classes: dict[str, float]  # tensor -> accuracy of its probe
  pixels: dict[str, float]  # tensor -> R^2 of the reconstruction
  ends: dict[str, float]  # classifier on the last maps -> accuracy


def measure(plan: study.Plan) -> study.Report:
  """The scores of all networks, with trained and with initial kernels."""
  trained.need('sklearn')
  found = {}
  for name, part in plan.by_dataset().items():
    found[name] = {kind: [] for kind in _KINDS}
    for run in trained.seeds(part):
      initial = model.ConvNet(run.geometries, run.settings.seed)
      for kind, network in zip(_KINDS, (run.network, initial), strict=True):
        found[name][kind].append(look(network, run.data))
  return study.Report(_table(found), _draw(found, plan))


def look(network: model.ConvNet, data: datasets.Dataset) -> Scores:
  """The scores of one network."""
  test = data.test
  order = np.random.default_rng(0).permutation(len(test.images))
  some = test.images[order[:_NUM_PIXELS]]
  classes, pixels = fit(network, data)
  predicted = read(network, classes, test.images)
  restored = read(network, pixels, some)
  return Scores(
    sizes={name: len(linear.weights) for name, linear in classes.items()},
    classes={
      name: share_right(x, test.labels) for name, x in predicted.items()
    },
    pixels={name: explained(x, _pixels(some)) for name, x in restored.items()},
    ends={'own dense layers': trained.accuracy(network, test)}
    | replaced(network, data),
  )


def features(network: model.ConvNet, images: tf.Tensor) -> dict[str, tf.Tensor]:
  """The image and all tensors of the network in order, `[n, values]` each.

  Args:
    network: the network.
    images: `[n, height, width]` uint8.
  """
  pixels = datasets.to_float(images)
  named = {'image': pixels} | network.activations(pixels)
  named.pop('flatten', None)  # the same values as the last maps
  return {
    name: tf.reshape(tensor, [-1, tensor.shape[1:].num_elements()])
    for name, tensor in named.items()
  }


def fit(
  network: model.ConvNet, data: datasets.Dataset
) -> tuple[dict[str, Linear], dict[str, Linear]]:
  """For each tensor, the maps that predict the classes and the pixels."""
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
  """Ridge regression for each of `ALPHAS`.

  Minimises `sum((x @ weights + biases - y)^2) + alpha * sum(weights^2)`, with x
  centred and scaled so that the mean squared length of its rows is 1, which
  makes alpha comparable between tensors. The solution is
  `weights = (x'x + alpha)^-1 x'y = x' (xx' + alpha)^-1 y`; the smaller of the
  two matrices is used.

  Args:
    x: `[n, features]`.
    y: `[n, targets]`.
  """
  from scipy import linalg  # a dependency of scikit-learn

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
    solved = solved.astype(x.dtype)  # or x would be converted to float64
    weights = x.T @ solved if wide else solved
    maps.append(Linear(weights, (middle - mean @ weights).astype(x.dtype)))
  return maps


def read(
  network: model.ConvNet, maps: dict[str, Linear], images: np.ndarray
) -> dict[str, np.ndarray]:
  """The outputs of the linear maps, each on its own tensor, `[n, targets]`."""
  maps = {
    name: Linear(*map(tf.constant, linear)) for name, linear in maps.items()
  }

  def of_batch(batch):
    named = features(network, batch)
    return {name: linear(named[name]) for name, linear in maps.items()}

  return tensors.collect(of_batch, images)


def share_right(scores: np.ndarray, labels: np.ndarray) -> float:
  """The fraction of examples whose label has the largest score."""
  return float(np.mean(scores.argmax(axis=1) == labels))


def explained(guesses: np.ndarray, values: np.ndarray) -> float:
  """R^2 over all columns: 1 - squared errors / squares around their means."""
  errors = np.sum((guesses - values) ** 2, dtype=np.float64)
  squares = np.sum((values - values.mean(axis=0)) ** 2, dtype=np.float64)
  return float(1 - errors / squares)


def replaced(
  network: model.ConvNet, data: datasets.Dataset
) -> dict[str, float]:
  """The test accuracy of classifiers that replace the dense layers."""
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
  predicted = {
    'softmax regression': softmax.fit(train, labels).predict(test),
    'nearest mean': nearest_mean(train, labels, test),
  }
  return {
    name: float(np.mean(classes == data.test.labels))
    for name, classes in predicted.items()
  }


def nearest_mean(
  known: np.ndarray, labels: np.ndarray, new: np.ndarray
) -> np.ndarray:
  """`[n]`: for each row of `new` the class with the nearest mean in `known`."""
  classes = np.unique(labels)
  means = np.stack([known[labels == label].mean(axis=0) for label in classes])
  # -|x - m|^2 / 2 without the term |x|^2 / 2, which all means share.
  scores = new @ means.T - np.sum(means**2, axis=1) / 2
  return classes[scores.argmax(axis=1)]


def _pixels(images):
  """`[n, pixels]` in [0, 1], as the input of a network."""
  return images.reshape(len(images), -1) / np.float32(255)


def _table(found):
  rows = [['', 'values', 'probe (%)', 'untrained', 'R²', 'untrained']]
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
    image, *_, logits = 100 * _matrix(kinds['trained'], 'classes').mean(axis=0)
    gains.append(f'{image:.1f} → {logits:.1f} % on {dataset}')
  page = sheet.new(
    10.6,
    2.2 + 2.7 * len(found),
    'Accuracy of linear probes, image → logits: ' + ', '.join(gains),
    f'{plan}; test images; bars: standard deviation over seeds',
  )
  for index, (dataset, kinds) in enumerate(found.items()):
    top = 1.2 + 2.7 * index
    wrong = sheet.place(page, 0.8, top, 5.6, 2.25)
    close = sheet.place(page, 7.2, top, 3.1, 2.25)
    for networks, color in zip(kinds.values(), _COLORS, strict=True):
      num_tensors = len(networks[0].sizes)
      right, ends = _matrix(networks, 'classes'), _matrix(networks, 'ends')
      _line(wrong, 100 * (1 - right), color)
      _line(wrong, 100 * (1 - ends), color, 'o', num_tensors + 0.5)
      _line(close, _matrix(networks, 'pixels'), color)
    is_last = index == len(found) - 1
    _finish(wrong, close, dataset, networks[0], is_last)
  return page


def _matrix(networks, what):
  """`[networks, names]`: one field of the scores of each network."""
  return np.array([list(getattr(x, what).values()) for x in networks])


def _line(panel, values, color, form='o-', first=0.0):
  """Means of `values` over the networks; bars: standard deviation."""
  x = first + np.arange(values.shape[1])
  deviations = values.std(axis=0, ddof=len(values) > 1)
  style = {'color': color, 'markersize': 4, 'capsize': 2}
  panel.errorbar(x, values.mean(axis=0), deviations, fmt=form, **style)


def _finish(wrong, close, dataset, network, is_last):
  """Finishes the axes; the names of the tensors are below the last panels."""
  names, ends = list(network.sizes), list(network.ends)
  x = np.arange(len(names) + len(ends), dtype=float)
  x[len(names) :] += 0.5  # space for the line between them
  wrong.axvline(len(names) - 0.25, color=sheet.QUIET, linewidth=0.8)
  wrong.set_title(f'{dataset}: linear probes', fontsize=9, loc='left')
  wrong.set_title('on the last maps', fontsize=9, loc='right')
  wrong.set(yscale='log', ylim=(0.5, 130), ylabel='test error (%)')
  wrong.set_yticks(_TICKS, map(str, _TICKS))
  wrong.minorticks_off()
  close.set_title(f'{dataset}: reconstruction of the pixels', fontsize=9)
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
