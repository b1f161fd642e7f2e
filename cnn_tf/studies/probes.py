"""What can be read from each layer by a linear map: classes, and the image?

A linear probe (Alain and Bengio 2016, "Understanding intermediate layers using
linear classifier probes") is a softmax regression on the outputs of a layer:
its accuracy shows how well planes separate the classes there. All probes of a
network are fitted to all training images, and scored on the test images. A
second linear map, from the outputs of a layer to the pixels, shows how much of
the image can be recovered: ridge regression on 3,000 training images, with the
best of three alphas on 1,000 validation images, scored by R² on 2,000 test
images.

The scores are compared with:

- the same network before training, for both;
- an image restored as the mean of its class (R² of knowing only the class), or
  from 10 or 100 principal components of the pixels, the best linear code;
- the network's own accuracy, since its dense layers are a classifier on the
  last maps, and the class whose mean of the last maps is nearest.

Outputs are taken after the activation function. Before it, they are a linear
map of the layer below, and a linear probe can read no more from them.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import charts
from cnn_tf.figures import sheet
from cnn_tf.measure import activity
from cnn_tf.measure import intervals
from cnn_tf.network import model
from cnn_tf.studies import study
from cnn_tf.studies import trained
from cnn_tf.studies.measure import centres
from cnn_tf.studies.measure import linear
from cnn_tf.studies.measure import tensors

QUICK = study.Plan('mnist', seeds=1, epochs=1)
FULL = study.Plan('mnist,fashion', seeds=5, epochs=6)

NUM_RIDGE, NUM_CHOICE, NUM_RESTORED = 3000, 1000, 2000  # images
_NUM_PROBE_EPOCHS = 4
_NUM_COMPONENTS = (10, 100)
_TICKS = (0.5, 1, 2, 5, 10, 20, 50, 100)
TRAINED, UNTRAINED = 'trained', 'before training'
OWN, NEAREST = 'its own dense layers', 'nearest class mean, last maps'


class Scores(NamedTuple):
  """The scores of one network, on test images."""

  classes: dict[str, float]  # tensor or classifier -> accuracy
  pixels: dict[str, float]  # tensor -> R^2 of the restored pixels


def measure(plan: study.Plan) -> study.Report:
  """The scores of all networks, trained and before training."""
  study.need('scipy')
  found, sizes, baselines = {}, {}, {}
  for name, part in plan.by_dataset().items():
    trained.announce(part, trained.of_seeds(part))
    found[name] = {TRAINED: [], UNTRAINED: []}
    for run in trained.seeds(part):
      start = run.untrained()
      for kind, network in ((TRAINED, run.network), (UNTRAINED, start)):
        found[name][kind].append(look(network, run.data))
        print(f'{name}, seed {run.settings.seed}, {kind}', flush=True)
    baselines[name] = without_a_network(run.data)
    outputs = features(run.network)(run.data.test.images[:1])
    sizes[name] = {key: tensor.shape[1] for key, tensor in outputs.items()}
  table = _table(found, sizes, baselines)
  return study.Report(table, _draw(found, sizes, baselines, plan))


def features(network: model.ConvNet) -> linear.Features:
  """The image and the outputs of all layers in order, as vectors."""

  def of_batch(images):
    named = {'image': datasets.to_float(images)}
    named |= activity.outputs(network, images)
    named.pop('flatten', None)  # the same values as the last maps
    return {
      name: tf.reshape(tensor, [-1, tensor.shape[1:].num_elements()])
      for name, tensor in named.items()
    }

  return of_batch


def look(network: model.ConvNet, data: datasets.Dataset) -> Scores:
  """The scores of one network; the data have validation images."""
  of_batch, images = features(network), _some(data.test.images)
  restored = linear.read(of_batch, restoring(of_batch, data), images)
  pixels = {
    name: linear.explained(values, centres.pixels(images))
    for name, values in restored.items()
  }
  return Scores(accuracies(network, data), pixels)


def accuracies(
  network: model.ConvNet, data: datasets.Dataset
) -> dict[str, float]:
  """Test accuracies of a probe of each tensor, class means, and the network."""
  of_batch, test = features(network), data.test
  probes = linear.softmax_regressions(
    of_batch, data.train, data.num_classes, _NUM_PROBE_EPOCHS
  )
  found = {
    name: linear.accuracy(scores, test.labels)
    for name, scores in linear.read(of_batch, probes, test.images).items()
  }
  found[NEAREST] = nearest_mean(network, data)
  found[OWN] = trained.accuracy(network, test)
  return found


def restoring(
  of_batch: linear.Features, data: datasets.Dataset
) -> dict[str, linear.Linear]:
  """The map from each tensor to the pixels; alpha is chosen on validation."""
  images = data.train.images[:NUM_RIDGE]
  new = data.validation.images[:NUM_CHOICE]
  known, chosen_on = (tensors.collect(of_batch, x) for x in (images, new))
  pixels, new_pixels = centres.pixels(images), centres.pixels(new)
  return {
    name: max(
      linear.ridge(x, pixels),
      key=lambda one: linear.explained(one(chosen_on[name]), new_pixels),
    )
    for name, x in known.items()
  }


def without_a_network(data: datasets.Dataset) -> dict[str, float]:
  """R² of the pixels from class means, and from principal components."""
  images, labels = (array[:NUM_RIDGE] for array in data.train)
  known = centres.pixels(images)
  images = centres.pixels(_some(data.test.images))
  by_class = linear.class_means(known, labels)[_some(data.test.labels)]
  restored = {'mean of its class': by_class}
  for count in _NUM_COMPONENTS:
    basis, mean = linear.components(known, count), known.mean(axis=0)
    restored[f'{count} principal components'] = (
      mean + (images - mean) @ basis @ basis.T
    )
  return {
    name: linear.explained(values, images) for name, values in restored.items()
  }


def nearest_mean(network: model.ConvNet, data: datasets.Dataset) -> float:
  """The accuracy of the class with the nearest mean of the last maps."""

  def last_maps(images):
    outputs = network.activations(datasets.to_float(images))
    return {'maps': outputs['flatten']}

  known, new = (
    tensors.collect(last_maps, x.images)['maps']
    for x in (data.train, data.test)
  )
  means = linear.class_means(known, data.train.labels)
  scores = linear.closeness(new, means)
  return linear.accuracy(scores, data.test.labels)


def _some(array):
  """The test examples whose pixels are restored; always the same."""
  order = np.random.default_rng(0).permutation(len(array))
  return array[order[:NUM_RESTORED]]


def _table(found, sizes, baselines):
  [count] = {len(x) for kinds in found.values() for x in kinds.values()}
  rows = [['', 'features', f'probe, % (n = {count})', '- network (points)']]
  rows[0] += [f'probe, {UNTRAINED} (%)', 'difference (points)']
  rows[0] += ['R² of the pixels', f'R², {UNTRAINED}', 'difference']
  for dataset, kinds in found.items():
    for name in kinds[TRAINED][0].classes:
      right, untrained = (_of(x, 'classes', name) for x in kinds.values())
      of_network = np.subtract(right, _of(kinds[TRAINED], 'classes', OWN))
      gains = np.subtract(right, untrained)
      cells = map(intervals.percent, (right, of_network, untrained, gains))
      if name in sizes[dataset]:
        close = [_of(x, 'pixels', name) for x in kinds.values()]
        close.append(np.subtract(*close))
        cells = [f'{sizes[dataset][name]:,}', *cells]
        cells += [intervals.spread(x, 3) for x in close]
      else:
        cells = ['', *cells, '', '', '']
      rows.append([f'{dataset}: {name}', *cells])
    for name, value in baselines[dataset].items():
      cells = ['', '', '', '', '', f'{value:.3f}', '', '']
      rows.append([f'{dataset}: {name}', *cells])
  return rows


def _of(networks, what, name):
  return [getattr(network, what)[name] for network in networks]


def _title(found, sizes):
  """The largest change of R² by training, without and with the intervals."""
  changes = [
    intervals.difference(*(_of(x, 'pixels', name) for x in kinds.values()))
    for dataset, kinds in found.items()
    for name in sizes[dataset]
  ]
  mean = max(abs(x.mean) for x in changes)
  title = f'Training changes the mean R² of the pixels by at most {mean:.3f}'
  most = max(max(abs(x.low), abs(x.high)) for x in changes)
  return title if np.isnan(most) else f'{title} (intervals: {most:.3f})'


def _draw(found, sizes, baselines, plan):
  figure = sheet.new(
    10.6,
    1.2 + 3.3 * len(found),
    _title(found, sizes),
    f'{plan}; test images; bars: 95 % interval over seeds',
  )
  for index, (dataset, kinds) in enumerate(found.items()):
    top = 1.25 + 3.3 * index
    wrong = sheet.place(figure, 0.8, top, 5.0, 2.2)
    close = sheet.place(figure, 6.6, top, 3.8, 2.2)
    layers = list(sizes[dataset])
    _draw_lines(wrong, kinds, 'classes', [*layers, OWN])
    _draw_lines(close, kinds, 'pixels', layers)
    wrong.set(yscale='log', ylabel='test error (%)')
    wrong.set_yticks(_TICKS, map(str, _TICKS))
    wrong.minorticks_off()
    wrong.set_title(f'{dataset}: linear probes', fontsize=10)
    wrong.legend(fontsize=8, frameon=False)
    close.set(ylim=(0, 1.05), ylabel='R² of all pixels')
    close.set_title(f'{dataset}: the image, restored', fontsize=10)
    for name, value in baselines[dataset].items():
      close.axhline(value, color=sheet.QUIET, linewidth=0.8, linestyle='--')
      close.text(0, value - 0.01, name, fontsize=7, va='top', color=sheet.QUIET)
  return figure


def _draw_lines(panel, kinds, what, names):
  """The test errors or the R² of each layer, before and after training."""
  by_kind = []
  for kind, color in ((TRAINED, sheet.BLUE), (UNTRAINED, sheet.VERMILLION)):
    values = np.array([_of(kinds[kind], what, name) for name in names]).T
    if what == 'classes':
      values = 100 * (1 - values)
    by_kind.append(charts.over_seeds(kind, color, values))
  charts.lines(panel, range(len(names)), by_kind)
  ticks = ['network' if name == OWN else name for name in names]
  panel.set_xticks(range(len(names)), ticks, rotation=30, ha='right')


if __name__ == '__main__':
  study.run(measure, QUICK, FULL)
