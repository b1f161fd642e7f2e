"""A run -> all that its page contains, as a dict for JSON."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cnn_tf.measure import activity
from cnn_tf.measure import examples
from cnn_tf.measure import excitation
from cnn_tf.measure import patches
from cnn_tf.measure import runs
from cnn_tf.network import geometry
from cnn_tf.network import specs
from cnn_tf.page import arrays
from cnn_tf.page import epochs
from cnn_tf.page import program
from cnn_tf.run import storage

NUM_SEARCHED = 10_000  # training images, for patches
_NUM_PATCHES = 9
_NUM_SCALED = 500  # test images, for the colour scales
_NUM_FRAMED = 1000  # training images, to see whether they are framed


def of_run(run: runs.Run) -> dict[str, Any]:
  """Everything: the network, examples, and what was measured."""
  return {
    **network(run),
    'patches': _patches(run),
    'means': _means(run),
    'patterns': _patterns(run),
  }


def network(run: runs.Run) -> dict[str, Any]:
  """The network and examples; enough for a page, and quick to make."""
  networks = run.networks()
  names = epochs.names(networks)
  few = run.data.test.images[:_NUM_SCALED]
  result = storage.read_result(run.workdir)
  measured = {
    name: activity.scales(networks[epoch], few) for name, epoch in names.items()
  }
  return {
    'run': run.workdir.resolve().name,
    'dataset': run.dataset,
    'epoch': run.epoch,
    'seed': run.settings.seed,
    'precision': run.settings.precision,
    'flips': run.settings.evaluate_flips,
    'l2Scale': run.settings.l2_scale,
    # Without its duration: equal runs give equal pages.
    'result': result and {name: result[name] for name in storage.SCORES},
    'classes': run.class_names,
    'framed': examples.is_framed(run.data.train.images[:_NUM_FRAMED]),
    'program': program.steps(run.geometries),
    'layers': [_layer(layer, measured) for layer in run.geometries],
    'epochs': names,
    'parameters': {
      name: _parameters(name, networks[epoch]) for name, epoch in names.items()
    },
    'accuracies': epochs.accuracies(run),
    **_test_images(run),
  }


def _parameters(name, network):
  """Those of the run, and those that it started with, keep their bits."""
  if name in ('initial', 'trained'):
    return epochs.parameters(network)
  return epochs.small_parameters(network)


def _layer(layer, measured):
  spec = layer.spec
  return {
    'name': spec.name,
    'what': _describe(spec),
    'shape': geometry.format_size(layer.output_shape),
    'parameters': layer.num_parameters,
    'multiplications': layer.num_multiplications,
    'scales': {
      name: {'high': of[spec.name].high, 'signed': of[spec.name].is_signed}
      for name, of in measured.items()
    },
  }


def _describe(spec: specs.Layer) -> str:
  """A layer in the words of the flag `--layers`."""
  size = geometry.format_size
  if isinstance(spec, specs.Dense):
    text = f'dense {spec.units}'
    return text if spec.activation == 'linear' else f'{text} {spec.activation}'
  is_conv = isinstance(spec, specs.Conv)
  kind = f'conv {spec.filters}' if is_conv else spec.kind
  words = [kind, size(spec.window)]
  if spec.stride != ((1, 1) if is_conv else spec.window):
    words += ['stride', size(spec.stride)]
  if spec.padding == 'same':
    words.append('same')
  if is_conv and spec.activation != 'linear':
    words.append(spec.activation)
  return ' '.join(words)


def _test_images(run):
  """Those to load, and some of each class to compare."""
  test = run.data.test
  log_probabilities = activity.log_probabilities(run.network, test.images)
  chosen = examples.choose(log_probabilities, test.labels)
  numbers = [*chosen.of_classes, *chosen.mistakes]
  labels = test.labels[numbers]
  first = examples.nearly_mistaken(log_probabilities[numbers], labels)
  of_classes = np.concatenate(
    [
      examples.of_class(test.labels, label)
      for label in range(run.data.num_classes)
    ]
  )
  return {
    'examples': {
      'numbers': numbers,
      'labels': labels.tolist(),
      'images': arrays.encode(test.images[numbers]),
      'mistakes': len(chosen.mistakes),
      'first': first,  # to be shown
    },
    'ofClasses': {
      'numbers': of_classes.tolist(),
      'labels': test.labels[of_classes].tolist(),
      'images': arrays.encode(test.images[of_classes]),
      'confused': examples.confused(log_probabilities, test.labels).tolist(),
    },
  }


def _patches(run) -> dict[str, Any]:
  """The best patches of every map; each image that one is from, once."""
  images = run.data.train.images[:NUM_SEARCHED]
  ends = range(1, len(run.geometries) + 1)
  stacks = [run.geometries[:end] for end in ends]
  best = patches.search_layers(run.network, stacks, images, _NUM_PATCHES)
  names = [layer.spec.name for layer in run.geometries]
  found = dict(zip(names, best, strict=True))
  numbers = np.unique(
    np.concatenate([b.images.ravel() for b in found.values()])
  )
  return {
    'searched': len(images),
    'images': arrays.encode(images[numbers]),
    'labels': run.data.train.labels[numbers].tolist(),
    'layers': {
      name: {
        'images': arrays.encode(
          np.searchsorted(numbers, best.images).astype(np.int32)
        ),
        'nodes': arrays.encode(best.positions.astype(np.int32)),
        'scores': arrays.encode(best.scores),
      }
      for name, best in found.items()
    },
  }


def _means(run) -> dict[str, Any] | None:
  """The mean output of every map for each class of the validation images."""
  validation = run.data.validation
  if not len(validation.labels):  # --num_validation=0
    return None
  responses = activity.by_class(run.network, validation, run.data.num_classes)
  return {
    'images': len(validation.labels),
    'layers': {
      name: arrays.encode(response.means.astype(np.float32))
      for name, response in responses.items()
    },
  }


def _patterns(run) -> dict[str, Any]:
  folder = run.place('figures')
  found = {
    layer.spec.name: excitation.read(folder, layer.spec.name)
    for layer in run.geometries
    if layer.kernel_shape
  }
  return {
    name: _pattern(of_layer)
    for name, of_layer in found.items()
    if of_layer and of_layer.epoch == run.epoch
  }


def _pattern(found: excitation.Patterns) -> Mapping[str, Any]:
  shown = {
    'numbers': found.numbers.tolist(),
    'statuses': found.statuses,
    'images': _bytes(found.images),
    'scores': arrays.encode(found.scores.astype(np.float32)),
  }
  if found.patches is not None:
    shown['patches'] = _bytes(found.patches)
    scores = found.patch_scores.astype(np.float32)
    shown['patchScores'] = arrays.encode(scores)
  return shown


def _bytes(images):
  return arrays.encode(np.rint(images * 255).astype(np.uint8))
