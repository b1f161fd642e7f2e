"""What all figures share: size, heading, colours.

NumPy arrays in, matplotlib figures out, without the global state of pyplot.
Positions and lengths are in inches, from the top left corner of the figure.
"""

import contextlib
import io
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib import axes
from matplotlib import figure
from matplotlib import image
from matplotlib.backends import backend_agg

Figure = figure.Figure

DPI = 120
MARGIN = 0.3
HEADING = 0.85  # height of the title and the source

# Okabe and Ito 2008, "Color Universal Design": the blue and the vermillion, a
# reddish orange. They can be distinguished with every kind of colour vision.
BLUE, VERMILLION = '#0072b2', '#d55e00'
INK, QUIET, PALE = '#222222', '#6b6b6b', '#dcdcdc'


class Scale(NamedTuple):
  """How numbers are mapped to colours."""

  colormap: str
  low: float
  high: float
  extend: str = 'neither'  # ends with values beyond: 'min', 'max' or 'both'


NO_FORMULA = {'parse_math': False}  # for texts with names
BYTES = Scale('gray', 0, 255)  # the pixels of a stored image
PIXELS = Scale('gray', 0.0, 1.0)  # the pixels of a network's input


def scale(values: np.ndarray, share: float = 1.0) -> Scale:
  """A scale that covers `share` of the values; the others get its end colours.

  Without negative values it starts at 0. With negative values it is symmetric
  around 0, which is white, so that stronger colours are larger absolute values.
  """
  sizes = np.abs(values[np.isfinite(values)])
  if not sizes.size:  # with a single class there are no mistakes
    return Scale('viridis', 0.0, 1.0)
  signed = np.nanmin(values) < 0
  high = float(np.quantile(sizes, share, method='higher')) or 1.0
  beyond = sizes.max() > high
  if signed:
    return Scale('PuOr_r', -high, high, 'both' if beyond else 'neither')
  return Scale('viridis', 0.0, high, 'max' if beyond else 'neither')


@contextlib.contextmanager
def defaults() -> Iterator[None]:
  """Draws with matplotlib's own parameters, not with those of the user.

  A `matplotlibrc` can turn images upside down, for example.
  """
  with matplotlib.rc_context():
    matplotlib.rcdefaults()
    yield


def new(width: float, height: float, title: str, source: str) -> Figure:
  """A figure with a heading.

  Args:
    width: in inches.
    height: in inches, including the heading.
    title: what the figure shows.
    source: the run and the data that it shows.
  """
  figure = Figure(figsize=(width, height), dpi=DPI, facecolor='white')
  backend_agg.FigureCanvasAgg(figure)
  write(figure, MARGIN, 0.38, title, size=14, weight='bold')
  write(figure, MARGIN, 0.63, source, color=QUIET)
  return figure


def write(figure: Figure, left: float, base: float, text: str, **style) -> None:
  """Writes a line of text with its baseline `base` below the top.

  `$` is a character, as in the name of a folder, not the start of a formula.
  """
  width, height = figure.get_size_inches()
  style = {'color': INK, 'size': 9, 'va': 'baseline'} | NO_FORMULA | style
  figure.text(left / width, 1 - base / height, text, **style)


def place(
  figure: Figure, left: float, top: float, width: float, height: float
) -> axes.Axes:
  """Axes whose upper left corner is at (left, top)."""
  full_width, full_height = figure.get_size_inches()
  bottom = full_height - top - height
  panel = figure.add_axes(
    (
      left / full_width,
      bottom / full_height,
      width / full_width,
      height / full_height,
    )
  )
  panel.tick_params(labelsize=8, color=QUIET, labelcolor=INK)
  panel.spines[:].set_color(QUIET)
  panel.xaxis.label.set_size(9)
  panel.yaxis.label.set_size(9)
  return panel


def picture(
  panel: axes.Axes,
  values: np.ndarray,
  scale: Scale,
  **options,
) -> image.AxesImage:
  """Draws `[height, width]` values as rectangles; NaN stays blank."""
  return panel.imshow(
    values,
    cmap=scale.colormap,
    vmin=scale.low,
    vmax=scale.high,
    interpolation='nearest',
    **options,
  )


def bar(
  figure: Figure,
  shown: image.AxesImage,
  scale: Scale,
  left: float,
  top: float,
  width: float,
  label: str,
) -> None:
  """A horizontal colour bar for an image, with a label.

  A pointed end means that some values lie beyond it.
  """
  panel = place(figure, left, top, width, 0.1)
  drawn = figure.colorbar(
    shown, cax=panel, orientation='horizontal', extend=scale.extend
  )
  drawn.outline.set_visible(False)
  panel.locator_params(nbins=5)
  panel.tick_params(labelsize=7, length=2)
  panel.set_title(label, fontsize=8, color=INK, pad=3)


def to_png(figure: Figure) -> bytes:
  """The figure as a PNG file; equal figures give equal bytes."""
  content = io.BytesIO()
  figure.savefig(content, format='png', metadata={'Software': None})
  return content.getvalue()


def save(figure: Figure, path: str | pathlib.Path) -> None:
  """Writes the figure as a PNG file."""
  pathlib.Path(path).write_bytes(to_png(figure))
