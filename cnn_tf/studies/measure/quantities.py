"""Numbers of a network, each by formula and by brute force.

The formulas are those of `geometry.trace`. Brute force runs the network, counts
its variables, or follows nodes down to their pixels.
"""

from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import reach

Geometries = Sequence[geometry.LayerGeometry]


class Quantity(NamedTuple):
  """A number of a network, or one per layer, as text."""

  compute: Callable[[Geometries], str]  # by formula
  count: Callable[[Geometries], str]  # by brute force


def pixels(geometries: Geometries, *nodes: int) -> set[int]:
  """The image rows in the receptive field of some nodes of the last layer."""
  return reach.along_axis(reach.stacks(geometries)[0], nodes)


def _parts(geometries):
  """The layers up to the first one, up to the second one, ..."""
  return [geometries[: i + 1] for i in range(len(geometries))]


def _steps(geometries):
  """The distance of neighbouring nodes in pixels, for each layer."""
  return [
    min(pixels(part, 1)) - min(pixels(part, 0)) for part in _parts(geometries)
  ]


def _run(geometries, num_images=1):
  """The variables and the activations of a network on black images."""
  network = model.ConvNet(geometries, seed=0)
  images = tf.zeros([num_images, *geometries[0].input_shape])
  tensors = network.activations(images)
  named = [tensors[layer.spec.name] for layer in geometries]
  return network.trainable_variables, named


def _counts(geometries, num_images):
  variables, tensors = _run(geometries, num_images)
  return {
    'parameters': _total(variables),
    'activations': _total(tensors),
  }


def _total(tensors):
  return sum(tensor.shape.num_elements() for tensor in tensors)


def _formulas(geometries, num_images):
  return {
    'parameters': sum(layer.num_parameters for layer in geometries),
    'activations': num_images * sum(x.num_activations for x in geometries),
  }


def _which_grow(of, geometries):
  """The names of the numbers that are larger for two images than for one."""
  one, two = of(geometries, 1), of(geometries, 2)
  return ', '.join(name for name in one if two[name] > one[name])


def _overlap(columns, height):
  return f'{columns} columns, {columns * height} pixels'


def _counted_overlap(geometries):
  first, second = pixels(geometries, 0), pixels(geometries, 1)
  return _overlap(len(first & second), len(first))


def _accepted_ranks(geometries):
  """The ranks, of 2 to 4, that conv2d accepts for an image.

  They are found by tracing a graph, because eager conv2d on a tensor of rank 3
  does not raise, but aborts Python (TensorFlow 2.21 with oneDNN).
  """
  shape = geometries[0].input_shape

  @tf.function
  def trace_only(image):
    return tf.nn.conv2d(image, tf.zeros([3, 3, 1, 1]), 1, 'VALID')

  accepted = []
  for form in (shape[:2], shape, (1, *shape)):
    try:
      trace_only.get_concrete_function(tf.TensorSpec(form))
      accepted.append(len(form))
    except ValueError:
      pass
  return _list(accepted)


def _list(numbers):
  return ', '.join(f'{number:,}' for number in numbers)


# The height of the maps of each layer.
SIZES = Quantity(
  lambda layers: _list(layer.output_shape[0] for layer in layers),
  lambda layers: _list(tensor.shape[1] for tensor in _run(layers)[1]),
)
# The height of the receptive field of a node of each layer.
FIELDS = Quantity(
  lambda layers: _list(layer.receptive_field[0] for layer in layers),
  lambda layers: _list(len(pixels(part, 0)) for part in _parts(layers)),
)
# The same for a node of the last layer, and for 2x2 of its nodes.
FIELDS_OF_NODES = Quantity(
  lambda layers: _list(
    layers[-1].receptive_field[0] + n * layers[-1].effective_stride[0]
    for n in (0, 1)
  ),
  lambda layers: _list((len(pixels(layers, 0)), len(pixels(layers, 0, 1)))),
)
# How many layers it takes until a node sees 28 rows.
DEPTH_TO_SEE_28 = Quantity(
  lambda layers: _list([1 + sum(x.receptive_field[0] < 28 for x in layers)]),
  lambda layers: _list(
    [1 + sum(len(pixels(part, 0)) < 28 for part in _parts(layers))]
  ),
)
# How far apart the fields of neighbouring nodes are, for each layer.
STRIDES = Quantity(
  lambda layers: _list(layer.effective_stride[0] for layer in layers),
  lambda layers: _list(_steps(layers)),
)
# The overlap of the fields of two neighbouring nodes of the last layer.
OVERLAP = Quantity(
  lambda layers: _overlap(
    layers[-1].receptive_field[1] - layers[-1].effective_stride[1],
    layers[-1].receptive_field[0],
  ),
  _counted_overlap,
)
# The weights of the last layer, without its biases.
WEIGHTS = Quantity(
  lambda layers: _list([layers[-1].num_parameters - layers[-1].spec.filters]),
  lambda layers: _list([_total([_run(layers)[0][-1]])]),
)
PARAMETERS = Quantity(
  lambda layers: _list([_formulas(layers, 1)['parameters']]),
  lambda layers: _list([_counts(layers, 1)['parameters']]),
)
# What grows with the number of images in a mini-batch.
GROWING = Quantity(
  lambda layers: _which_grow(_formulas, layers),
  lambda layers: _which_grow(_counts, layers),
)
# The rank of the input tensor: the axes of an image, and that of the batch.
RANK = Quantity(
  lambda layers: _list([1 + len(layers[0].input_shape)]), _accepted_ranks
)
