"""Feature maps, and their means over classes."""

from collections.abc import Sequence

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles

# Widths are in inches. A block is all maps of one image.
_BLOCK = 3.6
_GAP = 0.3  # between two blocks
_BLOCKS_PER_ROW = 3
_PREVIEW = 0.8  # of the image itself
_HEAD = _PREVIEW + 0.15  # from the top of the image to its maps
_TOP = sheet.HEADING + 0.55  # from the top of the figure to the first block


def maps(
  name: str,
  values: np.typing.ArrayLike,
  images: np.typing.ArrayLike,
  captions: Sequence[str] | None = None,
  source: str = '',
  dead: np.ndarray | None = None,
) -> sheet.Figure:
  """Every map of a layer for some images, all on one colour scale.

  Args:
    name: of the layer, with its activation function.
    values: `[images, height, width, maps]`, an array or a tensor; units are
      maps of 1x1.
    images: `[images, height, width]` or `[images, height, width, 1]`, uint8 or
      floats in [0, 1].
    captions: one per image, or none.
    source: for the heading.
    dead: `[maps]` bool: which maps to cross out, if that is known.
  """
  values, images = np.asarray(values), np.asarray(images)
  blocks = [_block(image_maps, dead) for image_maps in values]
  size, places = _layout(len(blocks), blocks[0].height)
  figure = sheet.new(*size, _maps_title(name, values, dead), source)
  scale = sheet.scale(values, 0.995)
  captions = [''] * len(blocks) if captions is None else captions
  for block, (left, top), image, caption in zip(
    blocks, places, images, captions, strict=True
  ):
    _preview(figure, left, top, image, caption)
    drawn = block.draw(figure, left, top + _HEAD, scale)
  label = f'activation (largest magnitude: {np.abs(values).max():.3g})'
  sheet.bar(figure, drawn, scale, _GAP, sheet.HEADING + 0.15, 2.2, label)
  return figure


def classes(
  name: str,
  means: np.ndarray,
  explained: np.ndarray,
  dead: np.ndarray,
  class_names: Sequence[str],
  source: str,
) -> sheet.Figure:
  """The mean activation of each map for each class.

  The maps are sorted by the class with the largest mean, dead maps last. The
  title has the mean of `explained` over the maps that are not dead.

  Args:
    name: of the layer, with its activation function.
    means: `[classes, maps]`.
    explained: `[maps]`, the class's share of the variance.
    dead: `[maps]` bool.
    class_names: in the order of the labels.
    source: for the heading.
  """
  mean_explained = explained[~dead].mean() if not dead.all() else 0.0
  order = np.lexsort([-explained, means.argmax(axis=0), dead])
  width = float(np.clip(0.135 * len(order), 6.0, 16.0))
  figure = sheet.new(
    width + 1.6,
    5.1,
    f'{name}: the class explains {mean_explained:.0%} of the variance',
    source,
  )
  left, top = 1.2, sheet.HEADING + 0.1
  strip = sheet.place(figure, left, top, width, 0.8)
  _draw_explained(strip, explained[order])
  panel = sheet.place(figure, left, top + 0.9, width, 2.0)
  scale = sheet.scale(means)
  shown = sheet.picture(panel, means[:, order], scale, aspect='auto')
  panel.set_yticks(range(len(class_names)), class_names, **sheet.NO_FORMULA)
  panel.tick_params(axis='x', labelsize=min(7, 62 * width / len(order)))
  _label_maps(panel, order, dead)
  sheet.bar(figure, shown, scale, left, top + 3.65, 2.2, 'mean activation')
  return figure


def _draw_explained(strip, explained):
  strip.bar(range(len(explained)), explained, color=sheet.BLUE, width=0.8)
  strip.set(xlim=(-0.5, len(explained) - 0.5), ylim=(0, 1))
  strip.set(xticks=[], yticks=[0, 1])
  strip.set_ylabel('variance\nexplained', fontsize=8)
  strip.spines[['top', 'right']].set_visible(False)


def _label_maps(panel, order, dead):
  """The number of each map below its column; dead maps are in orange."""
  panel.set_xticks(range(len(order)), order, rotation=90)
  for tick, number in zip(panel.get_xticklabels(), order, strict=True):
    tick.set_color(sheet.VERMILLION if dead[number] else sheet.INK)
  label = 'map or unit, sorted by the class that excites it most'
  if dead.any():
    label += f' ({dead.sum()} dead, in orange)'
  panel.set_xlabel(label)


def _layout(num_blocks, height):
  """`(width, height)` of the figure, and `(left, top)` of each block."""
  rows = -(-num_blocks // _BLOCKS_PER_ROW)
  columns = -(-num_blocks // rows)
  pitch = _HEAD + height + 0.2
  size = max(7.5, columns * (_BLOCK + _GAP) + _GAP), _TOP + rows * pitch
  places = [
    (_GAP + column * (_BLOCK + _GAP), _TOP + row * pitch)
    for row, column in (divmod(number, columns) for number in range(num_blocks))
  ]
  return size, places


def _block(values, dead):
  """The tiles of the maps of one image, `[height, width, maps]`."""
  *size, num_maps = values.shape
  return tiles.Tiles(
    np.moveaxis(values, -1, 0),
    16 if size == [1, 1] else 8,
    _BLOCK,
    [str(number) for number in range(num_maps)],
    () if dead is None else np.flatnonzero(dead),
  )


def _count(number, noun):
  return f'{number} {noun}{"s" * (number != 1)}'


def _maps_title(name, values, dead):
  _, height, width, num_maps = values.shape
  what = f'{_count(num_maps, "map")} of {height}x{width}'
  if height == width == 1:
    what = _count(num_maps, 'unit')
  if dead is not None:
    what += f', {dead.sum() or "none"} dead'
  return f'{name}: {what}'


def _preview(figure, left, top, image, caption):
  panel = sheet.place(figure, left, top, _PREVIEW, _PREVIEW)
  panel.set_axis_off()
  is_stored = np.issubdtype(image.dtype, np.integer)
  scale = sheet.BYTES if is_stored else sheet.PIXELS
  sheet.picture(panel, image.reshape(image.shape[:2]), scale)
  sheet.write(figure, left + _PREVIEW + 0.1, top + 0.45, caption)
