"""The geometry of a network as a table.

python -m cnn_tf.run.summary --layers="conv 32 3x3, maxpool 2x2"
"""

import math
from collections.abc import Sequence

from absl import flags

from cnn_tf.network import geometry
from cnn_tf.network import reach
from cnn_tf.run import command
from cnn_tf.run import layers
from cnn_tf.run import tables

_COLUMNS = (
  'layer',
  'output',
  'parameters',
  'multiplications',
  'activations',
  'field',
  'stride',
)


def table(geometries: Sequence[geometry.LayerGeometry]) -> str:
  """One line per layer, for one image; then totals and unseen pixels."""
  image_shape = geometries[0].input_shape
  size = geometry.format_size
  image = ['image', size(image_shape), 0, 0, math.prod(image_shape)]
  lines = [[*image, '1x1', '1x1']]
  for layer in geometries:
    lines.append(
      [layer.spec.name, size(layer.output_shape), layer.num_parameters]
      + [layer.num_multiplications, layer.num_activations]
      + [size(layer.receptive_field), size(layer.effective_stride)]
    )
  totals = [sum(line[column] for line in lines) for column in (2, 3, 4)]
  lines.append(['total', '', *totals, '', ''])
  lines = [[*_COLUMNS], *lines]
  rates = [getattr(layer.spec, 'dropout', 0.0) for layer in geometries]
  if any(rates):
    cells = [f'{rate:g}' if rate else '' for rate in rates]
    column = ['dropout', '', *cells, '']
    lines = [[*line, cell] for line, cell in zip(lines, column, strict=True)]
  return f'{tables.align(lines)}\n{_describe_unseen(geometries)}'


def _describe_unseen(geometries):
  height, width, _ = geometries[0].input_shape
  rows, columns = reach.rows_and_columns(geometries)
  unseen = height * width - len(rows) * len(columns)
  text = f'{unseen} of {height * width} pixels cannot reach the output'
  if unseen:
    text += (
      f' ({unseen / (height * width):.1%}): '
      f'rows {sorted(set(range(height)) - rows)}, '
      f'columns {sorted(set(range(width)) - columns)}'
    )
  return text


def main() -> None:
  """Prints the table of `--layers` for images of 28x28 and ten classes."""
  print(table(geometry.trace(layers.parse(flags.FLAGS.layers), (28, 28, 1))))


if __name__ == '__main__':
  flags.DEFINE_string(
    'layers', '', 'as for run_train.py', module_name='network'
  )
  command.run(main)
