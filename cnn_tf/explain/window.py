"""The window of a node: what it covers, in words and in grids."""

from collections.abc import Iterator

from cnn_tf.explain import case as cases
from cnn_tf.explain import typeset
from cnn_tf.network import geometry
from cnn_tf.network import reach
from cnn_tf.network import specs


def heading(case: cases.Case, values: cases.Values) -> str:
  """The layer, its window at the node, and what is or is not covered."""
  spec, size = case.spec, geometry.format_size
  shape = case.image.shape[1:3]
  rows, columns = case.covered()
  lines = [
    f'{spec.name}: image {size(shape)}, window {size(spec.window)}, '
    f'stride {size(spec.stride)}, padding {spec.padding}, '
    f'output {size(values.output.shape[1:3])}',
    f'The window of node {case.node} covers {_named(rows, columns)}, in [ ].',
  ]
  padding = [
    [index for index in covered if not 0 <= index < length]
    for covered, length in zip((rows, columns), shape, strict=True)
  ]
  if any(padding):
    conv = isinstance(spec, specs.Conv)
    effect = 'it counts as 0' if conv else 'it is left out'
    lines.append(f'Padding is {_named(*padding)}, in ( ): {effect}.')
  unseen = [
    sorted(set(range(axis.size)) - reach.along_axis([axis]))
    for axis in spec.axes(shape)
  ]
  if any(unseen):
    lines.append(f'No window covers {_named(*unseen)}.')
  return '\n'.join(lines)


def rows(case: cases.Case) -> Iterator[tuple[int, list[float | None]]]:
  """Each row of the window: its number and its pixels, None for padding."""
  rows, columns = case.covered()
  pixels = case.image[0, :, :, 0]
  for y in rows:
    yield y, [_pixel_or_none(pixels, y, x) for x in columns]


def marks(case: cases.Case) -> dict[typeset.Place, str]:
  """The places of the window: `[]` on the image, `()` on padding."""
  rows, columns = case.covered()
  pixels = case.image[0, :, :, 0]
  return {
    (y, x): '()' if _pixel_or_none(pixels, y, x) is None else '[]'
    for y in rows
    for x in columns
  }


def image_grid(case: cases.Case) -> list[str]:
  """The image, and the padding in the window."""
  texts, marked = typeset.cells(case.image[0, :, :, 0]), marks(case)
  padding = '0' if isinstance(case.spec, specs.Conv) else '-'
  texts |= {place: padding for place, mark in marked.items() if mark == '()'}
  return typeset.grid('image', texts, marked)


def output_grid(
  title: str, case: cases.Case, values: cases.Values
) -> list[str]:
  """The output, with the node in brackets."""
  texts = typeset.cells(values.output[0, :, :, 0])
  return typeset.grid(title, texts, {case.node: '[]'})


def image_gradient_grid(case: cases.Case, values: cases.Values) -> list[str]:
  """The gradient of the image, with the window in brackets."""
  texts = typeset.cells(values.by_image[0, :, :, 0])
  marked = {place: m for place, m in marks(case).items() if m == '[]'}
  return typeset.grid('gradient of the image', texts, marked)


def _pixel_or_none(pixels, y, x):
  height, width = pixels.shape
  return pixels[y, x] if 0 <= y < height and 0 <= x < width else None


def _named(rows, columns):
  """`[5], [4, 5, 6]` -> 'row 5 and columns 4 to 6'."""
  return ' and '.join(
    f'{name}{"s" * (len(indices) > 1)} {_listed(indices)}'
    for name, indices in (('row', rows), ('column', columns))
    if indices
  )


def _listed(indices):
  first, last = indices[0], indices[-1]
  if len(indices) > 1 and len(indices) == last - first + 1:
    return f'{first} to {last}'
  return ', '.join(map(str, indices))
