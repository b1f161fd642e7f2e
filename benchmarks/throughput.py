"""This project beside Keras, PyTorch, JAX and OpenVINO.

  pip install -e '.[benchmark]' && python -m benchmarks.throughput

In float32 and, where the processor multiplies in it, in bfloat16. Each program
runs in a process of its own. They take turns, in many short rounds, so a slow
period of the machine affects all of them. A turn is some training steps, after
others which do not count, and one evaluation of all 10,000 test images. All
turns are written to throughput.csv, and ratios with their intervals are drawn
in throughput.png.
"""

import multiprocessing
import pathlib

from absl import flags

from benchmarks import chart
from benchmarks import costs
from benchmarks import machine
from benchmarks import peers
from benchmarks import speeds
from benchmarks import workers
from cnn_tf import errors
from cnn_tf.figures import sheet
from cnn_tf.run import command

_QUICK_LIBRARIES = ('ours', 'Keras', 'PyTorch')
_QUICK_WITHOUT = ('1 replica', 'compiled')  # neither is the fastest, as a rule


def main() -> None:
  """Prints the tables of `benchmarks/README.md`."""
  contestants, quick = _contestants(), flags.FLAGS.quick
  num_rounds = flags.FLAGS.rounds or (5 if quick else 12)
  description = machine.describe()
  minutes = 'two minutes' if quick else 'ten minutes'
  print(f'{description}\nThis takes about {minutes}.\n', flush=True)
  turns = workers.measure(contestants, num_rounds, flags.FLAGS.steps)
  measured = speeds.by_round(turns)
  _print(measured)
  print(f'\n{speeds.bars(measured)}', flush=True)
  is_whole = not quick and not flags.FLAGS.only
  folder = command.folder('folder')
  if is_whole and folder is None:
    folder = pathlib.Path(__file__).parent
  if folder is not None:
    _write(folder, turns, measured, description)
  if is_whole:
    print(f'\n{costs.report(flags.FLAGS.precisions)}')


def _contestants():
  """What is compared, in the order of the turns; matmul always."""
  chosen, precisions = [], flags.FLAGS.precisions
  for peer in peers.PEERS:
    wanted = not flags.FLAGS.only or str(peer).startswith(
      tuple(flags.FLAGS.only)
    )
    if flags.FLAGS.quick:
      wanted = wanted and peer.library in _QUICK_LIBRARIES
      wanted = wanted and peer.setting not in _QUICK_WITHOUT
    if wanted or peer == peers.ROOF:
      chosen += [speeds.Contestant(peer, each) for each in precisions]
  if len(chosen) == len(precisions):
    names = '; '.join(map(str, peers.PEERS))
    raise errors.UserError(f'--only must be the start of one of: {names}')
  return chosen


def _print(measured):
  """The roofs, and a table for each kind and precision."""
  size = peers.MATMUL_SIZE
  for precision in flags.FLAGS.precisions:
    roofs = [speeds.roof(measured, kind, precision) for kind in speeds.KINDS]
    if roofs[0] is not None:
      training, evaluation = (sorted(roof)[len(roof) // 2] for roof in roofs)
      rate = training * speeds.FLOP_PER_IMAGE['training'] / 1e9
      print(
        f'Roof in {precision}: a matmul of {size} x {size} does {rate:,.0f} '
        f'GFLOP/s, as {training:,.0f} images/s in training, '
        f'{evaluation:,.0f} in evaluation'
      )
  for kind in speeds.KINDS:
    for precision in flags.FLAGS.precisions:
      print(f'\n{speeds.table(measured, kind, precision)}')


def _write(folder, turns, measured, description):
  """The CSV file; the figure, if there is anything to compare with."""
  folder.mkdir(parents=True, exist_ok=True)
  speeds.write_csv(folder / 'throughput.csv', turns)
  written = [folder / 'throughput.csv']
  if speeds.best(measured, 'training', 'float32', speeds.BAR):
    written.append(folder / 'throughput.png')
    with sheet.defaults():
      figure = chart.draw(measured, description.splitlines()[0])
      sheet.save(figure, written[-1])
  print(f'\nWritten: {", ".join(map(str, written))}', flush=True)


if __name__ == '__main__':
  flags.DEFINE_boolean(
    'quick', False, 'only ours, Keras and PyTorch, and fewer rounds'
  )
  flags.DEFINE_integer(
    'rounds', None, 'turns of each; 12, or 5 if quick', lower_bound=2
  )
  flags.DEFINE_list(
    'precisions',
    machine.precisions(),
    'which to run; by default bfloat16 only where the processor has it',
  )
  flags.DEFINE_integer('steps', 50, 'training steps of a turn', lower_bound=1)
  flags.DEFINE_multi_string(
    'only', [], 'run the peers whose name starts so; may be repeated'
  )
  flags.DEFINE_string(
    'folder',
    None,
    'for the CSV and the figure; if not given, only a whole run writes them, '
    'into benchmarks/',
  )
  multiprocessing.set_start_method('spawn')
  command.run(main)
