"""A run -> its figures, one after the other."""

from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from cnn_tf.figures import confusion
from cnn_tf.figures import kernels
from cnn_tf.figures import maps
from cnn_tf.figures import receptive_fields
from cnn_tf.figures import sheet
from cnn_tf.figures import training
from cnn_tf.measure import activity
from cnn_tf.measure import fields
from cnn_tf.measure import runs
from cnn_tf.network import specs
from cnn_tf.run import build
from cnn_tf.run import events
from cnn_tf.run import first_kernels

Named = tuple[str, sheet.Page]  # and the name of its file


def of_run(run: runs.Run, images: Sequence[int]) -> Iterator[Named]:
  """File name and figure of all there is to see.

  Args:
    run: what to show.
    images: the numbers of the test images to show it on.
  """
  first = next(layer for layer in run.geometries if layer.kernel_shape)
  yield 'curves', _curves(run)
  yield 'kernels', _kernels(run, first)
  if first_kernels.exist(run.workdir):
    yield 'evolution', _evolution(run, first)
  yield 'confusion', _confusion(run)
  yield 'receptive_fields', _receptive_fields(run, images[0])
  yield from of_layers(run, images, run.network.layers)


def of_layers(
  run: runs.Run, images: Sequence[int], layers: Sequence[specs.Layer]
) -> Iterator[Named]:
  """The maps of `layers`, and their means over classes.

  The means are left out for pooling, which has those of the layer below it,
  and for all dense layers but the first.
  """
  network, data = run.network, run.data
  chosen = data.test.images[list(images)]
  names = [run.class_names[label] for label in data.test.labels[list(images)]]
  captions = [
    f'image {i}: {name}' for i, name in zip(images, names, strict=True)
  ]
  outputs = activity.outputs(network, tf.constant(chosen))
  responses = activity.by_class(network, data.validation, data.num_classes)
  validation = f'{len(data.validation.labels):,} validation images'
  dense = [x for x in network.layers if isinstance(x, specs.Dense)]
  for layer in layers:
    title = _title(layer)
    values = outputs[layer.name].numpy()
    values = values if values.ndim == 4 else values[:, np.newaxis, np.newaxis]
    means, explained, dead = responses[layer.name]
    source = run.source(f'test images; dead: zero on all {validation}')
    page = maps.maps(title, values, dead, chosen, captions, source)
    yield f'maps_{layer.name}', page
    if isinstance(layer, specs.Conv) or layer is dense[0]:
      page = maps.classes(
        title, means, explained, dead, run.class_names, run.source(validation)
      )
      yield f'classes_{layer.name}', page


def _title(layer):
  if isinstance(layer, specs.Pool):
    return f'{layer.name} ({layer.kind})'
  if layer.activation == 'linear':
    return layer.name
  return f'{layer.name} after {layer.activation}'


def _curves(run):
  columns = zip(*run.epochs, strict=True)
  names = events.Epoch._fields
  table = {n: np.array(c) for n, c in zip(names, columns, strict=True)}
  num_steps = table['step'][-1]
  steps_per_epoch = num_steps // len(run.epochs)
  steps = np.linspace(0, num_steps - 1, 1000)
  rates = build.make_schedule(run.settings, steps_per_epoch)(steps)
  source = run.source(f'{len(run.data.train.labels):,} training images')
  return training.curves(table, steps, rates.numpy(), source)


def _kernels(run, first):
  kernel = run.network.kernels[first.spec.name].numpy()
  deeper = {
    (row.spec.name, below.spec.name): run.network.kernels[row.spec.name]
    for below, row in zip(run.geometries, run.geometries[1:], strict=False)
    if isinstance(row.spec, specs.Conv) and row is not first
  }
  return kernels.kernels(
    _as_images(kernel[np.newaxis], first)[0],
    first.spec.name,
    {names: kernel.numpy() for names, kernel in deeper.items()},
    run.source(),
  )


def _evolution(run, first):
  kept = first_kernels.read(run.workdir, run.epoch)
  evolution = _as_images(kept, first)
  return training.evolution(evolution, first.spec.name, run.source())


def _as_images(kernels, row):
  """`[epochs, *kernel shape]` -> `[epochs, filters, height, width]`.

  Nothing but pooling lies below the first kernels: they see one map, and the
  weights of a dense unit have the shape of that map.
  """
  is_conv = isinstance(row.spec, specs.Conv)
  size = row.spec.window if is_conv else row.input_shape[:2]
  return np.moveaxis(kernels.reshape(len(kernels), *size, -1), -1, 1)


def _confusion(run):
  test = run.data.test
  said = activity.log_probabilities(run.network, test.images)
  source = run.source(f'{len(test.labels):,} test images')
  return confusion.confusion(
    said, test.labels, test.images, run.class_names, source
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
