"""Are the numbers of a tutorial right?

16 statements from a series of articles for beginners ("A simple CNN for the
MNIST dataset"). Each is checked in two ways: by the formulas of this package
(`geometry.trace`), and by brute force, which follows a node down to its pixels,
counts the variables of a network, or runs the op.

Results: 8 of the 16 statements are wrong. The sizes of the maps are right, and
so are receptive fields where only the pooling layers have a stride above 1. The
errors concern strides (3), shared pixels (1), the number of weights (2), what
grows with the batch (1) and the rank of the input tensor (1).
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from cnn_tf.data import datasets
from cnn_tf.figures import sheet
from cnn_tf.network import geometry
from cnn_tf.network import model
from cnn_tf.network import ops
from cnn_tf.network import windows
from cnn_tf.run import config
from cnn_tf.run import layers
from cnn_tf.studies import study

PLAN = study.Plan('mnist', seeds=0, epochs=0)

TWO = 'conv 1 3x3, conv 1 4x4'
TWO_STRIDED = 'conv 1 3x3 stride 2, conv 1 4x4 stride 2'
DEEP = ', '.join(f'conv {n} 3x3' for n in (32, 64, *[128] * 11))
AS_WRITTEN = 'conv 32 3x3, ' + DEEP.partition(', ')[2].replace('3x3', '1x1')


class Claim(NamedTuple):
  """A statement, and what two methods say about it."""

  statement: str
  stated: str
  computed: str  # by formula
  counted: str  # by brute force
  why: str

  @property
  def verdict(self) -> str:
    """'right' or 'wrong'; 'undecided' if the two methods disagree."""
    if self.computed != self.counted:
      return 'undecided'
    return 'right' if self.stated == self.computed else 'wrong'


def measure(plan: study.Plan) -> study.Report:
  """All statements, each with its verdict."""
  found = [
    *sizes(),
    *areas(),
    *parameters(),
    *what_grows(),
    *reference_network(),
    *reference_steps(),
    *tensors_and_ops(plan),
  ]
  rows = [['statement', 'stated', 'true', 'by brute force', 'verdict', 'why']]
  rows += [[*claim[:4], claim.verdict, claim.why] for claim in found]
  return study.Report(rows, _draw(found))


def trace(text: str, size: int = 28) -> tuple[geometry.LayerGeometry, ...]:
  """The geometry of the layers of `text`, without the logits."""
  return geometry.trace(layers.parse(text)[:-1], (size, size, 1))


def pixels(
  geometries: tuple[geometry.LayerGeometry, ...], *nodes: int
) -> set[int]:
  """The image rows in the receptive field of some nodes of the last layer."""
  return windows.reaching(geometry.axis_stacks(geometries)[0], nodes)


def as_dense(kernel: np.ndarray, size: int) -> np.ndarray:
  """The kernel of the dense layer that computes the same as a convolution.

  Args:
    kernel: `[window, window, 1, maps]`, of a convolution with stride 1 and
      without padding.
    size: height and width of the image.

  Returns:
    `[size * size, nodes * maps]`. The column of a node holds the weights of its
    filter, at the pixels of its receptive field, and is 0 elsewhere.
  """
  window, _, _, num_maps = kernel.shape
  side = size - window + 1
  matrix = np.zeros((size, size, side, side, num_maps), kernel.dtype)
  y, x = np.mgrid[:side, :side]
  for i in range(window):
    for j in range(window):
      matrix[y + i, x + j, y, x] = kernel[i, j, 0]
  return matrix.reshape(size * size, -1)


def sizes() -> list[Claim]:
  """The sizes of feature maps."""
  return [
    Claim(
      '3x3 at stride 2 on 9x9: size of the map',
      '4x4',
      _by(trace('conv 1 3x3 stride 2', 9)[0].output_shape[0]),
      _by(_run_sizes(trace('conv 1 3x3 stride 2', 9))[0]),
      '(9 - 3) // 2 + 1',
    ),
    Claim(
      '3x3, then 4x4, on 28x28: sizes of the maps',
      '26, 23',
      _list(layer.output_shape[0] for layer in trace(TWO)),
      _list(_run_sizes(trace(TWO))),
      'n - k + 1 for each layer',
    ),
  ]


def areas() -> list[Claim]:
  """The receptive fields of nodes."""
  two, strided = trace(TWO), trace(TWO_STRIDED)
  # On 28x28 the fourth layer does not fit, so the image is larger here.
  stacks = [trace(', '.join(['conv 1 3x3 stride 2'] * n), 99) for n in (3, 4)]
  return [
    Claim(
      '3x3, then 4x4, on 28x28: receptive field of a node, of 2x2 nodes',
      '6x6, 7x7',
      _computed_fields(two),
      _counted_fields(two),
      '3 + (4 - 1) * 1; the next node is 1 pixel away',
    ),
    Claim(
      '3x3, then 4x4, stride 2 each: receptive field of a node, of 2x2 nodes',
      '7x7, 11x11',
      _computed_fields(strided),
      _counted_fields(strided),
      '3 + (4 - 1) * 2; the next node is 2 * 2 pixels away',
    ),
    Claim(
      '3x3 layers at stride 2 for a receptive field of at least 28x28',
      '13',
      str(3 + sum(stack[-1].receptive_field[0] < 28 for stack in stacks)),
      str(3 + sum(len(pixels(stack, 0)) < 28 for stack in stacks)),
      'fields 3, 7, 15, 31 by the formula; unpadded, only three of the layers '
      'fit on 28x28 (maps 13, 6, 2); 13 is near the 14 layers of stride 1',
    ),
  ]


def parameters() -> list[Claim]:
  """The numbers of weights and parameters."""
  second = geometry.trace(layers.parse('conv 64 3x3')[:1], (28, 28, 32))
  deep, as_written = trace(DEEP), trace(AS_WRITTEN)
  return [
    Claim(
      '3x3 from 32 to 64 maps: weights',
      '18,496',
      f'{second[0].num_parameters - 64:,}',
      f'{_count_variables(second) - 64:,}',
      '9 * 32 * 64; 18,496 includes the 64 biases',
    ),
    Claim(
      '3x3 with 32, 64 and 11 times 128 maps: parameters',
      '1,568,512',
      f'{sum(layer.num_parameters for layer in deep):,}',
      f'{_count_variables(deep):,}',
      '320 + 18,496 + 73,856 + 10 * 147,584',
    ),
    Claim(
      '(32x9 + 32) + (64x32 + 64) + (128x64 + 128) + 10x(128x128 + 128)',
      '1,568,512',
      f'{sum(layer.num_parameters for layer in as_written):,}',
      f'{_count_variables(as_written):,}',
      'the factors 9 are missing: this counts 1x1 kernels',
    ),
  ]


def what_grows() -> list[Claim]:
  """What grows with the number of images in a batch."""
  return [
    Claim(
      'what grows with the number of images in a mini-batch',
      'parameters',
      'activations',  # `LayerGeometry.num_activations` is for one image
      _what_grows(trace(TWO)),
      'all images share the kernels; each image has its own maps',
    ),
  ]


def reference_network() -> list[Claim]:
  """Sizes and receptive fields up to the third convolution."""
  geometries = trace(config.REFERENCE_LAYERS)[:5]
  parts = [geometries[: i + 1] for i in range(5)]
  return [
    Claim(
      'reference network: sizes of the maps',
      '26, 13, 11, 5, 3',
      _list(layer.output_shape[0] for layer in geometries),
      _list(_run_sizes(geometries)),
      '11 / 2 rounds down',
    ),
    Claim(
      'reference network: side of the receptive field',
      '3, 4, 8, 10, 18',
      _list(layer.receptive_field[0] for layer in geometries),
      _list(len(pixels(part, 0)) for part in parts),
      'f + (k - 1) * j, layer by layer',
    ),
  ]


def reference_steps() -> list[Claim]:
  """Distances between neighbouring nodes of the reference network."""
  geometries = trace(config.REFERENCE_LAYERS)[:5]
  parts = [geometries[: i + 1] for i in range(5)]
  strides = [min(pixels(p, 1)) - min(pixels(p, 0)) for p in parts]
  pool = geometries[1]
  return [
    Claim(
      'reference network: columns of pixels that neighbours in pool1 share',
      '0',
      str(pool.receptive_field[0] - pool.effective_stride[0]),
      str(len(pixels(parts[1], 0) & pixels(parts[1], 1))),
      'the windows do not overlap, but the 4x4 receptive fields, 2 pixels '
      'apart, share 2 columns of 4 pixels',
    ),
    Claim(
      'reference network: effective stride after pool1, pool2, conv3',
      '2, 5, 5',
      _list(geometries[i].effective_stride[0] for i in (1, 3, 4)),
      _list(strides[i] for i in (1, 3, 4)),
      'strides multiply: 2 * 2 = 4',
    ),
  ]


def tensors_and_ops(plan: study.Plan) -> list[Claim]:
  """Tensors and ops of TensorFlow."""
  [conv] = trace('conv 32 3x3')
  gap, matrix = tied_weights(plan)
  [pool] = trace('maxpool 3x2')
  pooled = ops.max_pool2d(tf.zeros([1, 28, 28, 1]), (3, 2), (3, 2), 'valid')
  return [
    Claim(
      'rank of the input tensor',
      '2',
      str(1 + len(conv.input_shape)),
      _list(_accepted_ranks()),
      '[batch, height, width, channels], also for one grey image',
    ),
    Claim(
      'the stride of a pooling layer (of --layers) defaults to its size',
      'yes',
      'yes' if pool.output_shape == (28 // 3, 28 // 2, 1) else 'no',
      'yes' if pooled.shape[1:3] == (28 // 3, 28 // 2) else 'no',
      'as in Keras; the op tf.nn.max_pool2d has no default stride',
    ),
    Claim(
      'a convolution is a dense layer with tied weights',
      'yes',
      'yes' if np.count_nonzero(matrix) == conv.num_multiplications else 'no',
      'yes' if gap < 1e-6 else 'no',
      f'{matrix.shape[0]} x {matrix.shape[1]:,} weights: '
      f'{np.count_nonzero(matrix):,} are not 0, {len(np.unique(matrix)) - 1} '
      f'of these distinct; outputs equal to {gap:.0e} of the largest',
    ),
  ]


def tied_weights(
  plan: study.Plan, num_images: int = 100
) -> tuple[float, np.ndarray]:
  """Compares a convolution with its equivalent dense layer on real images.

  Returns:
    The largest difference between outputs, as a fraction of the largest output;
    the kernel of the dense layer.
  """
  kernel = model.ConvNet(trace('conv 32 3x3'), seed=0).kernels['conv1']
  matrix = as_dense(kernel.numpy(), 28)
  data = datasets.load(plan.dataset).test
  images = datasets.to_float(data.images[:num_images])
  sliding = ops.flatten(ops.conv2d(images, kernel, (1, 1), 'valid')).numpy()
  dense = ops.dense(ops.flatten(images), matrix).numpy()
  return np.abs(sliding - dense).max() / np.abs(sliding).max(), matrix


def _computed_fields(geometries):
  own, further = (
    geometries[-1].receptive_field[0],
    geometries[-1].effective_stride[0],
  )
  return f'{_by(own)}, {_by(own + further)}'


def _counted_fields(geometries):
  return (
    f'{_by(len(pixels(geometries, 0)))}, {_by(len(pixels(geometries, 0, 1)))}'
  )


def _count_variables(geometries):
  network = model.ConvNet(geometries, seed=0)
  return sum(v.shape.num_elements() for v in network.trainable_variables)


def _run_sizes(geometries):
  """The sizes of the maps of a network, run on a black image."""
  image = tf.zeros([1, *geometries[0].input_shape])
  tensors = model.ConvNet(geometries, seed=0).activations(image)
  return [tensors[layer.spec.name].shape[1] for layer in geometries]


def _what_grows(geometries):
  """Compares the numbers of activations for one image and for two."""
  network = model.ConvNet(geometries, seed=0)
  one, two = (
    sum(
      tf.size(x).numpy()
      for x in network.activations(tf.zeros([n, 28, 28, 1])).values()
    )
    for n in (1, 2)
  )
  return 'activations' if two == 2 * one else 'something else'


def _accepted_ranks():
  """The ranks, of 2 to 4, that conv2d accepts for an image.

  They are found by tracing a graph, because eager conv2d on a tensor of rank 3
  does not raise, but aborts Python (TensorFlow 2.21 with oneDNN).
  """

  @tf.function
  def trace_only(image):
    return tf.nn.conv2d(image, tf.zeros([3, 3, 1, 1]), 1, 'VALID')

  accepted = []
  for shape in ([28, 28], [28, 28, 1], [1, 28, 28, 1]):
    try:
      trace_only.get_concrete_function(tf.TensorSpec(shape))
      accepted.append(len(shape))
    except ValueError:
      pass
  return accepted


def _by(number):
  return f'{number}x{number}'


def _list(numbers):
  return ', '.join(map(str, numbers))


def _draw(found):
  wrong = sum(claim.verdict == 'wrong' for claim in found)
  page = sheet.new(
    10.0,
    4.5,
    f'{wrong} of {len(found)} statements are wrong',
    'left: receptive fields; right: a convolution as the kernel of a dense '
    'layer',
  )
  for index, (text, stated) in enumerate(((TWO, 7), (TWO_STRIDED, 11))):
    _draw_fields(page, 0.5 + 3.0 * index, trace(text), stated)
  kernel = np.arange(1.0, 10).reshape(3, 3, 1, 1)
  panel = sheet.place(page, 6.9, 1.2, 2.8, 2.6)
  scale = sheet.Scale('viridis', 1, 9)
  shown = np.where(as_dense(kernel, 28) > 0, as_dense(kernel, 28), np.nan)
  sheet.picture(panel, shown[:112, :78], scale, aspect='auto')
  panel.set(xlabel='node (26 per row)', ylabel='pixel (28 per row)')
  panel.set_title('colours: the 9 weights of one kernel', fontsize=9)
  return page


def _draw_fields(page, left, geometries, stated):
  panel = sheet.place(page, left, 1.2, 2.6, 2.6)
  own, both = pixels(geometries, 0), pixels(geometries, 0, 1)
  seen = np.full((14, 14), np.nan)
  for number, reached in ((1, both), (0, own)):
    seen[np.ix_(sorted(reached), sorted(reached))] = number
  sheet.picture(panel, seen, sheet.Scale('cividis', -0.5, 1.5))
  line = np.array([-0.5, stated - 0.5])
  panel.plot(line, [line[1]] * 2, color=sheet.VERMILLION, linewidth=2)
  panel.plot([line[1]] * 2, line, color=sheet.VERMILLION, linewidth=2)
  panel.set(xticks=range(0, 14, 2), yticks=range(0, 14, 2))
  panel.text(0, 0.7, f'one node: {_by(len(own))}', color='white', size=9)
  panel.text(0, len(own) + 0.25, f'2x2 nodes: {_by(len(both))}', size=9)
  panel.set_title(
    f'3x3, 4x4, stride {geometries[0].spec.stride[0]}; '
    f'orange: the stated {_by(stated)}',
    fontsize=9,
  )


if __name__ == '__main__':
  study.run(measure, PLAN, PLAN)
