"""Are the numbers of a tutorial right?

14 statements from a series of articles for beginners ("A simple CNN for the
MNIST dataset"). Each is checked twice, by formula and by brute force
(`studies/measure/quantities.py`). A statement with a different number is wrong,
or loosely worded if the number is right for a related quantity.
"""

from cnn_tf.studies import start

if __name__ == '__main__':
  start.quietly()  # before the next lines import TensorFlow

from typing import NamedTuple

from cnn_tf.figures import receptive_fields
from cnn_tf.figures import sheet
from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib
from cnn_tf.studies import study
from cnn_tf.studies.measure import quantities

PLAN = study.Plan('mnist', seeds=0, epochs=0)


class Statement(NamedTuple):
  """What the tutorial says about a network."""

  text: str
  stated: str
  quantity: quantities.Quantity
  layers: str
  why: str
  size: int = 28  # of the image
  is_loose: bool = False  # right for a related quantity


_TWO = 'conv 1 3x3, conv 1 4x4'
_STRIDED = 'conv 1 3x3 stride 2, conv 1 4x4 stride 2'
_FOUR = ', '.join(['conv 1 3x3 stride 2'] * 4)
_DEEP = ', '.join(f'conv {n} 3x3' for n in (32, 64, *[128] * 11))
_WITHOUT_9 = 'conv 32 3x3, ' + _DEEP.partition(', ')[2].replace('3x3', '1x1')
_REFERENCE = settings_lib.REFERENCE_LAYERS.removesuffix(', dense 100')
_POOL1 = 'conv 32 3x3, maxpool 2x2'

STATEMENTS = (
  Statement(
    '3x3 at stride 2 on 9x9: side of the map',
    '4',
    quantities.SIZES,
    'conv 1 3x3 stride 2',
    '(9 - 3) // 2 + 1',
    size=9,
  ),
  Statement(
    '3x3, then 4x4: sides of the maps',
    '26, 23',
    quantities.SIZES,
    _TWO,
    'n - k + 1 for each layer',
  ),
  Statement(
    '3x3, then 4x4: side of the receptive field of a node, of 2x2 nodes',
    '6, 7',
    quantities.FIELDS_OF_NODES,
    _TWO,
    '3 + (4 - 1) * 1; the next node is 1 pixel away',
  ),
  Statement(
    '3x3, then 4x4, stride 2 each: receptive field of a node, of 2x2 nodes',
    '7, 11',
    quantities.FIELDS_OF_NODES,
    _STRIDED,
    '3 + (4 - 1) * 2; the next node is 2 * 2 pixels away',
  ),
  Statement(
    '3x3 layers at stride 2 for a receptive field of at least 28x28',
    '13',
    quantities.DEPTH_TO_SEE_28,
    _FOUR,
    'fields 3, 7, 15, 31: by the arithmetic of fields alone, since unpadded '
    'only three of the layers fit on 28x28 (maps 13, 6, 2); 13 is near the 14 '
    'layers of stride 1',
    size=31,  # the smallest on which four layers fit
  ),
  Statement(
    '3x3 with 32, 64 and 11 times 128 maps: parameters',
    '1,568,512',
    quantities.PARAMETERS,
    _DEEP,
    '320 + 18,496 + 73,856 + 10 * 147,584',
  ),
  Statement(
    '(32x9 + 32) + (64x32 + 64) + (128x64 + 128) + 10x(128x128 + 128)',
    '1,568,512',
    quantities.PARAMETERS,
    _WITHOUT_9,
    'from the second layer on the factors 9 are missing: these terms count '
    '1x1 kernels',
  ),
  Statement(
    '3x3 from 32 to 64 maps: weights',
    '18,496',
    quantities.WEIGHTS,
    'conv 32 3x3, conv 64 3x3',
    '9 * 32 * 64; 18,496 is the number of parameters, with the 64 biases',
    is_loose=True,
  ),
  Statement(
    'what grows with the number of images in a mini-batch',
    'parameters',
    quantities.GROWING,
    _TWO,
    'all images share the kernels; each image has its own maps',
  ),
  Statement(
    'reference network: sides of the maps',
    '26, 13, 11, 5, 3',
    quantities.SIZES,
    _REFERENCE,
    '11 / 2 rounds down',
  ),
  Statement(
    'reference network: sides of the receptive fields',
    '3, 4, 8, 10, 18',
    quantities.FIELDS,
    _REFERENCE,
    'f + (k - 1) * j, layer by layer',
  ),
  Statement(
    'reference network: what receptive fields of neighbours in pool1 share',
    '0 columns, 0 pixels',
    quantities.OVERLAP,
    _POOL1,
    'the 2x2 windows do not overlap, but the 4x4 receptive fields, 2 pixels '
    'apart, share 2 columns of 4 pixels',
  ),
  Statement(
    'reference network: effective strides',
    '1, 2, 2, 5, 5',
    quantities.STRIDES,
    _REFERENCE,
    'strides multiply: 2 * 2 = 4',
  ),
  Statement(
    'rank of the input tensor',
    '2',
    quantities.RANK,
    'conv 32 3x3',
    '[batch, height, width, channels]; a grey image alone has rank 2',
    is_loose=True,
  ),
)


def measure(plan: study.Plan) -> study.Report:
  """All statements, each with its verdict."""
  del plan  # Nothing is trained.
  rows = [['statement', 'stated', 'true', 'by brute force', 'verdict', 'why']]
  for statement in STATEMENTS:
    found = [method(trace(statement)) for method in statement.quantity]
    rows.append(
      [statement.text, statement.stated, *found]
      + [verdict(statement, *found), statement.why]
    )
  return study.Report(rows, _draw([row[4] for row in rows[1:]]))


def trace(statement: Statement) -> quantities.Geometries:
  """The geometry of the network of a statement, without the logits."""
  specs = layers.parse(statement.layers)[:-1]
  return geometry.trace(specs, (statement.size, statement.size, 1))


def verdict(statement: Statement, computed: str, counted: str) -> str:
  """'right', 'wrong', 'loose', or 'undecided' if the two methods disagree."""
  if computed != counted:
    return 'undecided'
  if statement.stated == computed:
    return 'right'
  return 'loose' if statement.is_loose else 'wrong'


def _draw(verdicts):
  title = (
    f'{len(verdicts)} statements: {verdicts.count("wrong")} are wrong, '
    f'{verdicts.count("loose")} loosely worded'
  )
  source = 'receptive field of a node, and of 2x2 nodes; orange: as stated'
  figure = sheet.new(9.4, 4.4, title, source)
  # Without shared columns, the fields of 2x2 nodes in pool1 would cover 8x8.
  for index, (number, name, side) in enumerate(
    (
      (2, '3x3, then 4x4', 7),
      (3, 'stride 2 each', 11),
      (11, 'pool1 of the reference network', 8),
    )
  ):
    panel = sheet.place(figure, 0.4 + 3.0 * index, 1.2, 2.6, 2.6)
    geometries = trace(STATEMENTS[number])
    own, both = (quantities.pixels(geometries, *x) for x in ((0,), (0, 1)))
    receptive_fields.of_neighbours(panel, own, both, side)
    panel.set_title(name, fontsize=9)
  return figure


if __name__ == '__main__':
  study.run(measure, PLAN, PLAN)
