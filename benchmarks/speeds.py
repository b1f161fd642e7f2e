"""Turns -> speeds, ratios with their intervals, and tables."""

import csv
import pathlib
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks import peers
from cnn_tf.run import terminal

KINDS = ('training', 'evaluation')
BAR = ('Keras', 'PyTorch')  # the libraries that most people would use
_MULTIPLICATIONS = 2_815_336  # per image, forward: see geometry.py
_NUM_RESAMPLES = 10_000
# Two operations per multiplication. The backward pass costs twice the forward
# pass, except in conv1, whose inputs need no gradient.
FLOP_PER_IMAGE = {
  'training': 2 * (3 * _MULTIPLICATIONS - 194_688),
  'evaluation': 2 * _MULTIPLICATIONS,
}


class Contestant(NamedTuple):
  """A peer in one precision."""

  peer: peers.Peer
  precision: str

  def __str__(self):
    return f'{self.peer}, {self.precision}'


class Turn(NamedTuple):
  """One turn of a contestant, in one round."""

  contestant: Contestant
  kind: str
  round: int
  num_images: int
  seconds: float


class Ratio(NamedTuple):
  """A median over rounds, with a 95 % interval."""

  median: float
  low: float
  high: float


Speeds = Mapping[tuple[Contestant, str], np.ndarray]


def by_round(turns: Iterable[Turn]) -> Speeds:
  """(contestant, kind) -> `[rounds]` images/s; for matmul, products/s."""
  speeds = {}
  for turn in turns:
    values = speeds.setdefault((turn.contestant, turn.kind), [])
    values.append(turn.num_images / turn.seconds)
  return {key: np.array(values) for key, values in speeds.items()}


def ratio(first: np.ndarray, second: np.ndarray) -> Ratio:
  """The median of `first / second`, paired by round.

  Programs that take turns share the slow periods of a machine, so the ratio
  within a round varies less than the speeds. The interval is the percentile
  bootstrap (Efron 1979) of the median.
  """
  ratios = first / second
  draws = np.random.default_rng(0).integers(
    len(ratios), size=(_NUM_RESAMPLES, len(ratios))
  )
  low, high = np.quantile(np.median(ratios[draws], axis=1), [0.025, 0.975])
  return Ratio(float(np.median(ratios)), float(low), float(high))


def best(
  speeds: Speeds, kind: str, precision: str, libraries: Container[str]
) -> Contestant | None:
  """The contestant of these libraries with the highest median speed."""
  medians = {
    contestant: np.median(values)
    for (contestant, its_kind), values in speeds.items()
    if its_kind == kind
    and contestant.precision == precision
    and contestant.peer.library in libraries
  }
  return max(medians, key=medians.get, default=None)


def roof(speeds: Speeds, kind: str, precision: str) -> np.ndarray | None:
  """`[rounds]` images/s, if all multiplications ran at the rate of matmul."""
  matmul = speeds.get((Contestant(peers.ROOF, precision), 'training'))
  if matmul is None:
    return None
  # A step of matmul is one product, counted as a batch of images.
  flops = matmul / peers.BATCH_SIZE * 2 * peers.MATMUL_SIZE**3
  return flops / FLOP_PER_IMAGE[kind]


def table(speeds: Speeds, kind: str, precision: str) -> str:
  """The speed of each peer, and ours divided by it."""
  rows = [[f'{kind}, {precision}', 'images/s', 'min', 'max']]
  rows[0] += ['ours / this', '95 % interval', 'of the roof']
  ours = speeds.get((Contestant(peers.OURS, precision), kind))
  top = roof(speeds, kind, precision)
  for peer in peers.PEERS:
    values = speeds.get((Contestant(peer, precision), kind))
    if values is None or peer == peers.ROOF:
      continue
    numbers = [np.median(values), values.min(), values.max()]
    row = [str(peer), *(round(number) for number in numbers)]
    is_ours = ours is None or peer == peers.OURS
    row += ['', ''] if is_ours else _ratio_cells(ratio(ours, values))
    rows.append([*row, _share(values, top)])
  return terminal.align(rows)


def bars(speeds: Speeds) -> str:
  """Ours beside the best of the others, and of the roof."""
  others = {peer.library for peer in peers.PEERS}
  others -= {peers.OURS.library, peers.ROOF.library}
  best_of_two = ' and '.join(BAR)
  rows = [['', 'ratio', '95 % interval', 'of the roof', 'the best is']]
  for kind in KINDS:
    for precision in peers.PRECISIONS:
      for libraries, name in ((BAR, best_of_two), (others, 'all')):
        other = best(speeds, kind, precision, libraries)
        rows += _row(speeds, kind, precision, other, f'best of {name}')
    for libraries, name in ((BAR, best_of_two), (others, 'all')):
      other = best(speeds, kind, 'float32', libraries)
      label = f'best of {name} in float32'
      rows += _row(speeds, kind, 'bfloat16', other, label)
    other = Contestant(peers.OURS, 'float32')
    rows += _row(speeds, kind, 'bfloat16', other, 'ours in float32')
  return terminal.align(rows)


def write_csv(path: pathlib.Path, turns: Iterable[Turn]) -> None:
  """One line per turn."""
  with path.open('w', newline='') as file:
    writer = csv.writer(file, lineterminator='\n')
    header = ['library', 'setting', 'precision', 'kind', 'round', 'images']
    writer.writerow([*header, 'seconds'])
    for turn in turns:
      writer.writerow(
        [*turn.contestant.peer, turn.contestant.precision, turn.kind]
        + [turn.round, turn.num_images, f'{turn.seconds:.6f}']
      )


def _row(speeds, kind, precision, other, label) -> list[Sequence[str]]:
  """A row of `bars`; none if one of the two was not measured."""
  ours = speeds.get((Contestant(peers.OURS, precision), kind))
  theirs = speeds.get((other, kind))
  if ours is None or theirs is None:
    return []
  return [
    [f'{kind}: ours in {precision} / {label}']
    + _ratio_cells(ratio(ours, theirs))
    + [_share(ours, roof(speeds, kind, precision)), str(other.peer)]
  ]


def _ratio_cells(value):
  return [f'{value.median:.2f}', f'{value.low:.2f} to {value.high:.2f}']


def _share(values, top):
  return '' if top is None else f'{np.median(values / top):.0%}'
