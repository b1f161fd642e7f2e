"""Are the textbook's numbers right?

Statements from a series of articles for beginners ("A simple CNN for the MNIST
dataset"), each held against two answers: that of the project's arithmetic
(`geometry.trace`), and that of brute force, which follows a node down to its
single pixels, counts the variables of a network that was built, or runs the op.

Found: 8 of 16 statements are wrong. The sizes of the maps are right, and so are
the receptive fields as long as the stride is 1 or stands in the pooling;
strides, what overlaps, and what counts as a weight are not.
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
  """A statement, and what became of it."""

  statement: str
  stated: str
  computed: str  # by geometry.py
  counted: str  # by brute force
  why: str

  @property
  def verdict(self) -> str:
    """Whether it is right; for that both answers must be the same."""
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
  """The rows of the image that some nodes of the last layer see together."""
  return windows.reaching(geometry.axis_stacks(geometries)[0], nodes)


def as_dense(kernel: np.ndarray, size: int) -> np.ndarray:
  """The matrix of the dense layer that does what a convolution does.

  Args:
    kernel: `[window, window, 1, maps]`; its stride is 1, without padding.
    size: height and width of the image.

  Returns:
    `[size * size, nodes * maps]`: the weights of a kernel stand in the columns
    of each of its nodes, at the pixels that the node sees; all else is 0.
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
  """How large the maps are."""
  return [
    Claim(
      '3x3 at stride 2 on 9x9: size of the map',
      '4x4',
      _by(trace('conv 1 3x3 stride 2', 9)[0].output_shape[0]),
      _by(_run_sizes(trace('conv 1 3x3 stride 2', 9))[0]),
      '(9 - 3) // 2 + 1',
    ),
    Claim(
      '3x3, then 4x4, on 28x28: sizes',
      '26, 23',
      _list(row.output_shape[0] for row in trace(TWO)),
      _list(_run_sizes(trace(TWO))),
      'n - k + 1 each time',
    ),
  ]


def areas() -> list[Claim]:
  """How much of the image a node sees."""
  two, strided = trace(TWO), trace(TWO_STRIDED)
  stack = [trace(', '.join(['conv 1 3x3 stride 2'] * n), 99) for n in (3, 4)]
  return [
    Claim(
      '3x3, then 4x4, on 28x28: a node covers, 2x2 nodes cover',
      '6x6, 7x7',
      _computed_fields(two),
      _counted_fields(two),
      '3 + (4 - 1) * 1, and a neighbour is 1 pixel further',
    ),
    Claim(
      '3x3, then 4x4, stride 2 each: a node covers, 2x2 nodes cover',
      '7x7, 11x11',
      _computed_fields(strided),
      _counted_fields(strided),
      '3 + (4 - 1) * 2, and a neighbour is 2 * 2 pixels further',
    ),
    Claim(
      '3x3 layers at stride 2 to cover 28x28: at least',
      '13',
      str(
        3 + sum(geometries[-1].receptive_field[0] < 28 for geometries in stack)
      ),
      str(3 + sum(len(pixels(geometries, 0)) < 28 for geometries in stack)),
      'fields 3, 7, 15, 31 double each time; 13 is near the 14 of stride 1',
    ),
  ]


def parameters() -> list[Claim]:
  """How many there are."""
  second = geometry.trace(layers.parse('conv 64 3x3')[:1], (28, 28, 32))
  deep, as_written = trace(DEEP), trace(AS_WRITTEN)
  return [
    Claim(
      '3x3 from 32 to 64 maps: weights',
      '18,496',
      f'{second[0].num_parameters - 64:,}',
      f'{_count_variables(second) - 64:,}',
      '9 * 32 * 64; 18,496 has the 64 biases too',
    ),
    Claim(
      '3x3 with 32, 64 and 11 times 128 maps: parameters',
      '1,568,512',
      f'{sum(row.num_parameters for row in deep):,}',
      f'{_count_variables(deep):,}',
      '320 + 18,496 + 73,856 + 10 * 147,584',
    ),
    Claim(
      '(32x9 + 32) + (64x32 + 64) + (128x64 + 128) + 10x(128x128 + 128)',
      '1,568,512',
      f'{sum(row.num_parameters for row in as_written):,}',
      f'{_count_variables(as_written):,}',
      'the line has lost its factors 9: it counts kernels of 1x1',
    ),
  ]


def what_grows() -> list[Claim]:
  """With the number of images."""
  return [
    Claim(
      'what is multiplied by the images of a mini-batch',
      'parameters',
      'activations',  # a row of geometry.py has them for one image
      _what_grows(trace(TWO)),
      'all images share the kernels; each makes maps of its own',
    ),
  ]


def reference_network() -> list[Claim]:
  """Its maps, and what their nodes see, up to the third convolution."""
  geometries = trace(config.REFERENCE_LAYERS)[:5]
  parts = [geometries[: i + 1] for i in range(5)]
  return [
    Claim(
      'reference network: sizes',
      '26, 13, 11, 5, 3',
      _list(layer.output_shape[0] for layer in geometries),
      _list(_run_sizes(geometries)),
      '11 / 2 rounds down',
    ),
    Claim(
      'reference network: side of the area that a node covers',
      '3, 4, 8, 10, 18',
      _list(layer.receptive_field[0] for layer in geometries),
      _list(len(pixels(part, 0)) for part in parts),
      'f + (k - 1) * j, layer by layer',
    ),
  ]


def reference_steps() -> list[Claim]:
  """How far apart two of its nodes are."""
  geometries = trace(config.REFERENCE_LAYERS)[:5]
  parts = [geometries[: i + 1] for i in range(5)]
  strides = [min(pixels(p, 1)) - min(pixels(p, 0)) for p in parts]
  pool = geometries[1]
  return [
    Claim(
      'reference network: pixels that neighbours in pool1 share',
      '0',
      str(pool.receptive_field[0] - pool.effective_stride[0]),
      str(len(pixels(parts[1], 0) & pixels(parts[1], 1))),
      'the windows do not overlap; their areas, 4 wide and 2 apart, do',
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
  """What TensorFlow takes, and what a convolution is."""
  [row] = trace('conv 32 3x3')
  gap, matrix = tied_weights(plan)
  [pool] = trace('maxpool 3x2')
  pooled = ops.max_pool2d(tf.zeros([1, 28, 28, 1]), (3, 2), (3, 2), 'valid')
  return [
    Claim(
      'rank of the tensor in which images are fed',
      '2',
      str(1 + len(row.input_shape)),
      _list(_accepted_ranks()),
      '[batch, height, width, maps], even for one grey image',
    ),
    Claim(
      'the stride of a pooling layer (of --layers) defaults to its size',
      'yes',
      'yes' if pool.output_shape == (28 // 3, 28 // 2, 1) else 'no',
      'yes' if pooled.shape[1:3] == (28 // 3, 28 // 2) else 'no',
      'Keras documents the same; the op tf.nn.max_pool2d must be told',
    ),
    Claim(
      'a convolution is a dense layer with tied weights',
      'yes',
      'yes' if np.count_nonzero(matrix) == row.num_multiplications else 'no',
      'yes' if gap < 1e-6 else 'no',
      f'{matrix.shape[0]} x {matrix.shape[1]:,} weights, of them '
      f'{np.count_nonzero(matrix):,} not 0 and {len(np.unique(matrix)) - 1} '
      f'different; outputs equal to {gap:.0e} of the largest',
    ),
  ]


def tied_weights(
  plan: study.Plan, num_images: int = 100
) -> tuple[float, np.ndarray]:
  """The first layer, sliding and as a dense layer, on real images.

  Returns:
    The largest difference of two outputs as a share of the largest output, and
    the matrix of the dense layer.
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
  """The sizes of the maps of a network that is run on a black image."""
  image = tf.zeros([1, *geometries[0].input_shape])
  tensors = model.ConvNet(geometries, seed=0).activations(image)
  return [tensors[layer.spec.name].shape[1] for layer in geometries]


def _what_grows(geometries):
  """Runs a network on one image, and on two."""
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
  """Those of one image, up to 4, that conv2d takes.

  Asked while a graph is traced: run eagerly, a tensor of rank 3 does not raise
  but ends Python (TensorFlow 2.21 with oneDNN).
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
    'left: the pixels that nodes see; right: a convolution as the matrix '
    'of a dense layer',
  )
  for index, (text, stated) in enumerate(((TWO, 7), (TWO_STRIDED, 11))):
    _draw_fields(page, 0.5 + 3.0 * index, trace(text), stated)
  kernel = np.arange(1.0, 10).reshape(3, 3, 1, 1)
  panel = sheet.place(page, 6.9, 1.2, 2.8, 2.6)
  scale = sheet.Scale('viridis', 1, 9)
  shown = np.where(as_dense(kernel, 28) > 0, as_dense(kernel, 28), np.nan)
  sheet.picture(panel, shown[:112, :78], scale, aspect='auto')
  panel.set(xlabel='node (26 in a row)', ylabel='pixel (28 in a row)')
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
  panel.text(0, 0.7, f'a node: {_by(len(own))}', color='white', size=9)
  panel.text(0, len(own) + 0.25, f'2x2 nodes: {_by(len(both))}', size=9)
  panel.set_title(
    f'3x3, 4x4, stride {geometries[0].spec.stride[0]}; '
    f'orange: stated, {_by(stated)}',
    fontsize=9,
  )


if __name__ == '__main__':
  study.run(measure, PLAN, PLAN)
