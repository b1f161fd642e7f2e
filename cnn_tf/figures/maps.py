"""What the layers make of images: feature maps, and means over classes."""

from collections.abc import Sequence

import numpy as np

from cnn_tf.figures import sheet
from cnn_tf.figures import tiles

_BLOCK = 3.6  # inches across the maps of one image
_GAP = 0.3  # inches between two blocks
_IN_A_ROW = 3  # blocks
_PREVIEW = 0.8  # inches across the image itself


def maps(
  layer: str,
  values: np.ndarray,
  dead: np.ndarray,
  images: np.ndarray,
  captions: Sequence[str],
  source: str,
) -> sheet.Page:
  """Every map of a layer for some images, all on one scale.

  Args:
    layer: its name, with its activation function.
    values: `[images, height, width, maps]`; units are maps of 1x1.
    dead: `[maps]` bool, those that were zero wherever one looked.
    images: `[images, height, width]` uint8.
    captions: one for each image.
    source: for the heading.
  """
  blocks = [_block(of_image, dead) for of_image in values]
  rows = -(-len(blocks) // _IN_A_ROW)
  columns = -(-len(blocks) // rows)
  pitch = _PREVIEW + 0.15 + blocks[0].height + 0.2
  top = sheet.HEADING + 0.55
  page = sheet.new(
    max(7.5, columns * (_BLOCK + _GAP) + _GAP),
    top + rows * pitch,
    _maps_title(layer, values, dead),
    source,
  )
  scale = sheet.scale(values, 0.995)
  for number, block in enumerate(blocks):
    row, column = divmod(number, columns)
    left, y = _GAP + column * (_BLOCK + _GAP), top + row * pitch
    _preview(page, left, y, images[number], captions[number])
    y += _PREVIEW + 0.15
    drawn = block.draw(page, left, y, scale)
  label = f'activation (largest: {np.abs(values).max():.3g})'
  sheet.bar(page, drawn, scale, _GAP, sheet.HEADING + 0.15, 2.2, label)
  return page


def classes(
  layer: str,
  means: np.ndarray,
  explained: np.ndarray,
  dead: np.ndarray,
  names: Sequence[str],
  source: str,
) -> sheet.Page:
  """The mean activation of each map for each class: where they separate.

  The maps stand in the order of the class that excites them most; the title
  has the mean of `explained` over those that are not dead.

  Args:
    layer: its name, with its activation function.
    means: `[classes, maps]`.
    explained: `[maps]`, the share of the variance that is due to the class.
    dead: `[maps]` bool.
    names: those of the classes.
    source: for the heading.
  """
  living = explained[~dead].mean() if not dead.all() else 0.0
  order = np.lexsort([-explained, means.argmax(axis=0), dead])
  width = float(np.clip(0.135 * len(order), 6.0, 16.0))
  page = sheet.new(
    width + 1.6,
    5.1,
    f'{layer}: {living:.0%} of the variance lies between the classes',
    source,
  )
  left, top = 1.2, sheet.HEADING + 0.1
  strip = sheet.place(page, left, top, width, 0.8)
  _explain(strip, explained[order])
  panel = sheet.place(page, left, top + 0.9, width, 2.0)
  scale = sheet.scale(means)
  shown = sheet.picture(panel, means[:, order], scale, aspect='auto')
  panel.set_yticks(range(len(names)), names)
  panel.tick_params(axis='x', labelsize=min(7, 62 * width / len(order)))
  _name_maps(panel, order, dead)
  sheet.bar(page, shown, scale, left, top + 3.65, 2.2, 'mean activation')
  return page


def _explain(strip, explained):
  strip.bar(range(len(explained)), explained, color=sheet.BLUE, width=0.8)
  strip.set(xlim=(-0.5, len(explained) - 0.5), ylim=(0, 1))
  strip.set(xticks=[], yticks=[0, 1])
  strip.set_ylabel('explained', fontsize=8)
  strip.spines[['top', 'right']].set_visible(False)


def _name_maps(panel, order, dead):
  """Their numbers below the columns, those of dead maps in orange."""
  panel.set_xticks(range(len(order)), order, rotation=90)
  for tick, number in zip(panel.get_xticklabels(), order, strict=True):
    tick.set_color(sheet.ORANGE if dead[number] else sheet.INK)
  label = 'map, by the class that excites it most'
  if dead.any():
    label += f' ({dead.sum()} dead, in orange)'
  panel.set_xlabel(label)


def _block(values, dead):
  """The tiles of one image's maps, `[height, width, maps]`."""
  *size, num_maps = values.shape
  return tiles.Tiles(
    np.moveaxis(values, -1, 0),
    16 if size == [1, 1] else 8,
    _BLOCK,
    [str(number) for number in range(num_maps)],
    np.flatnonzero(dead),
  )


def _count(number, noun):
  return f'{number} {noun}{"s" * (number != 1)}'


def _maps_title(layer, values, dead):
  _, height, width, num_maps = values.shape
  what = _count(num_maps, 'map') + f' of {height}x{width}'
  if height == width == 1:
    what = _count(num_maps, 'unit')
  return f'{layer}: {what}, {dead.sum() or "none"} dead'


def _preview(page, left, top, image, caption):
  panel = sheet.place(page, left, top, _PREVIEW, _PREVIEW)
  panel.set_axis_off()
  sheet.picture(panel, image, sheet.BYTES)
  sheet.write(page, left + _PREVIEW + 0.1, top + 0.45, caption)
