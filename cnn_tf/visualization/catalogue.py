"""A run -> its figures."""

from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf import errors
from cnn_tf.data import datasets
from cnn_tf.figures import augmentations
from cnn_tf.figures import confusion
from cnn_tf.figures import kernels
from cnn_tf.figures import maps
from cnn_tf.figures import one_class
from cnn_tf.figures import receptive_fields
from cnn_tf.figures import sheet
from cnn_tf.figures import training
from cnn_tf.measure import activity
from cnn_tf.measure import examples
from cnn_tf.measure import fields
from cnn_tf.measure import runs
from cnn_tf.network import specs
from cnn_tf.run import history
from cnn_tf.run import trainer
from cnn_tf.tricks import augment
from cnn_tf.tricks import draws

NamedFigure = tuple[str, sheet.Figure]  # the name of the file, without suffix


def of_run(run: runs.Run, images: Sequence[int]) -> Iterator[NamedFigure]:
  """All figures of a run, drawn one at a time.

  Args:
    run: the run to show.
    images: numbers of test images for the feature maps; the first one is also
      used for the receptive fields.
  """
  first = next(layer for layer in run.geometries if layer.kernel_shape)
  if run.epochs:
    yield 'curves', _curves(run)
  if trainer.augmentation(run.settings) != augment.NONE:
    yield 'augmentations', _augmentations(run)
  yield 'kernels', _kernels(run, first)
  recorded = history.read_kernels(run.workdir, first.kernel_shape, run.epoch)
  if len(recorded) > 1:
    yield 'evolution', _evolution(run, first, recorded)
  yield 'confusion', _confusion(run)
  yield 'receptive_fields', _receptive_fields(run, images[0])
  yield from of_layers(run, images, run.network.layers)


def of_layers(
  run: runs.Run, images: Sequence[int], layers: Sequence[specs.Layer]
) -> Iterator[NamedFigure]:
  """The feature maps of some layers, and their means over classes.

  The means are drawn for convolutions and for the first dense layer.
  """
  network, data = run.network, run.data
  chosen = data.test.images[list(images)]
  labels = data.test.labels[list(images)]
  captions = [
    f'image {number}: {run.class_names[label]}'
    for number, label in zip(images, labels, strict=True)
  ]
  outputs = activity.outputs(network, tf.constant(chosen))
  kind, measured_on = 'validation', data.validation
  if not len(measured_on.labels):
    kind, measured_on = 'test', data.test
  responses = activity.by_class(network, measured_on, data.num_classes)
  measured = f'{len(measured_on.labels):,} {kind} images'
  dense = [spec for spec in network.layers if isinstance(spec, specs.Dense)]
  for layer in layers:
    title = _title(layer)
    values = _as_maps(outputs[layer.name])
    means, explained, dead = responses[layer.name]
    source = run.source(f'test images; dead: zero on all {measured}')
    figure = maps.maps(title, values, chosen, captions, source, dead)
    yield f'maps_{layer.name}', figure
    if isinstance(layer, specs.Conv) or layer is dense[0]:
      figure = maps.classes(
        title, means, explained, dead, run.class_names, run.source(measured)
      )
      yield f'classes_{layer.name}', figure


def of_class(
  run: runs.Run, label: int, layers: Sequence[specs.Layer]
) -> Iterator[NamedFigure]:
  """Every map of some layers for a dozen test images of a class.

  Beside them are those of the class with which it is confused most.

  Raises:
    UserError: no test image has this label.
  """
  chosen = _images_to_compare(run, label)
  name, *others = [run.class_names[k] for k in chosen]
  captions = [name, *(f'{n}, with which it is confused most' for n in others)]
  outputs = [
    activity.outputs(run.network, tf.constant(images))
    for images in chosen.values()
  ]
  title = f'{len(chosen[label])} images of class {name}'
  for layer in layers:
    groups = [
      one_class.Group(caption, images, _as_maps(of_layers[layer.name]))
      for caption, images, of_layers in zip(
        captions, chosen.values(), outputs, strict=True
      )
    ]
    source = run.source('test images')
    figure = one_class.one_class(_title(layer), groups, title, source)
    yield f'class_{label}_{layer.name}', figure


def _images_to_compare(run, label):
  """Label -> images: of this class, and of the one it is confused with most."""
  test = run.data.test
  log_probabilities = activity.log_probabilities(run.network, test.images)
  other = examples.confused(log_probabilities, test.labels)[label]
  found = {
    k: test.images[examples.of_class(test.labels, k)] for k in (label, other)
  }
  if not len(found[label]):
    name = run.class_names[label]
    raise errors.UserError(f'there is no test image of class {name}')
  return {k: images for k, images in found.items() if len(images)}


def _as_maps(outputs):
  """`[batch, units]` -> `[batch, 1, 1, units]`."""
  values = outputs.numpy()
  return values if values.ndim == 4 else values[:, np.newaxis, np.newaxis]


def _title(layer):
  if isinstance(layer, specs.Pool):
    return f'{layer.name} ({layer.kind})'
  if layer.activation == 'linear':
    return layer.name
  return f'{layer.name} after {layer.activation}'


def _curves(run):
  columns = zip(*run.epochs, strict=True)
  table = {
    name: np.array(column)
    for name, column in zip(history.Epoch._fields, columns, strict=True)
    if None not in column
  }
  steps = np.linspace(0, run.step - 1, 1000)
  schedule = trainer.make_schedule(run.settings, run.step // run.epoch)
  source = run.source(f'{len(run.data.train.labels):,} training images')
  return training.curves(table, steps, schedule(steps).numpy(), source)


def _augmentations(run):
  most = trainer.augmentation(run.settings)
  on = {name: value for name, value in most._asdict().items() if value}
  each = {
    f'--{name}' if value is True else f'--{name}={value:g}': {name: value}
    for name, value in on.items()
  }
  if len(on) > 1:
    each['all of them'] = on
  images = datasets.to_float(tf.constant(run.data.train.images[:8]))
  rows = {'training images': images}
  for label, some in each.items():
    places = tf.range(len(images))
    draw = draws.draw_for(run.settings.seed, 0, places)
    changed = augment.augment(images, augment.Augmentation(**some), draw)
    rows[label] = changed
  source = run.source(f'the first {len(images)} training images')
  return augmentations.augmentations(
    {label: shown[..., 0].numpy() for label, shown in rows.items()}, source
  )


def _kernels(run, first):
  values = {name: k.numpy() for name, k in run.network.kernels.items()}
  deeper = {
    (layer.spec.name, below.spec.name): values[layer.spec.name]
    for below, layer in zip(run.geometries, run.geometries[1:], strict=False)
    if isinstance(layer.spec, specs.Conv) and layer is not first
  }
  name = first.spec.name
  first_images = _as_images(values[name][np.newaxis], first)[0]
  return kernels.kernels(first_images, name, deeper, run.source())


def _evolution(run, first, recorded):
  epochs = np.array(list(recorded))
  images = _as_images(np.stack(list(recorded.values())), first)
  return training.evolution(epochs, images, first.spec.name, run.source())


def _as_images(values, first):
  """`[epochs, *kernel shape]` -> `[epochs, filters, height, width]`.

  There can only be pooling layers before the first kernel, so its input is one
  map, and the weights of a dense unit are an image of the size of that map.
  """
  is_conv = isinstance(first.spec, specs.Conv)
  size = first.spec.window if is_conv else first.input_shape[:2]
  return np.moveaxis(values.reshape(len(values), *size, -1), -1, 1)


def _confusion(run):
  test = run.data.test
  log_probabilities = activity.log_probabilities(run.predict, test.images)
  source = run.source(f'{len(test.labels):,} test images')
  return confusion.confusion(
    log_probabilities, test.labels, test.images, run.class_names, source
  )


def _receptive_fields(run, image):
  found = fields.of_layers(run.geometries)
  return receptive_fields.receptive_fields(
    [field.layer for field in found],
    np.stack([field.seen for field in found]),
    np.stack([field.gradient for field in found]),
    fields.unseen(run.geometries),
    run.data.test.images[image],
    run.source(f'test image {image}'),
  )
