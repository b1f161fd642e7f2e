"""Tests of benchmarks/workers.py."""

import multiprocessing
import os
import pathlib
from unittest import mock

from absl.testing import absltest

from benchmarks import peers
from benchmarks import speeds
from benchmarks import workers

_WORKS, _SLOW, _ANSWERS, _ABSENT, _NEEDS_ONEDNN, _CRASHES = (
  peers.Peer(name, '')
  for name in ('works', 'slow', 'answers', 'absent', 'onednn', 'crashes')
)


def _works(precision):
  os.write(2, b'a library reports something\n')
  return peers.Work(lambda num_steps: 0.5, lambda: None)


def _slow(precision):
  return peers.Work(lambda num_steps: 0.25 * num_steps, lambda: None)


def _answers(precision):
  return peers.Work(None, lambda: None)


def _absent(precision):
  raise ImportError('no module')


def _needs_onednn(precision):
  if os.environ.get('TF_ENABLE_ONEDNN_OPTS') != '1':
    raise ImportError('oneDNN is off')
  return _works(precision)


def _crashes(precision):
  os.write(2, b'this is why\n')
  os._exit(1)


def _measure(*chosen):
  found = {_WORKS: _works, _SLOW: _slow, _ANSWERS: _answers}
  found |= {_ABSENT: _absent, _NEEDS_ONEDNN: _needs_onednn}
  found[_CRASHES] = _crashes
  # Forked processes have these functions, too.
  multiprocess = multiprocessing.get_context('fork')
  with (
    mock.patch.dict(peers.PEERS, found, clear=True),
    mock.patch.object(workers, 'multiprocessing', multiprocess),
    mock.patch('builtins.print') as printed,
  ):
    contestants = [speeds.Contestant(peer, 'float32') for peer in chosen]
    turns = workers.measure(contestants, num_rounds=2, num_steps=10)
  lines = [call.args[0] for call in printed.call_args_list if call.args]
  return turns, '\n'.join(map(str, lines))


class WorkersTest(absltest.TestCase):
  def test_every_round_has_a_turn_of_each_kind(self):
    turns, text = _measure(_WORKS)
    self.assertEqual(
      [(turn.kind, turn.round) for turn in turns],
      [(kind, number) for number in (0, 1) for kind in speeds.KINDS],
    )
    self.assertEqual((turns[0].num_images, turns[0].seconds), (10 * 128, 0.5))
    self.assertNotIn('reports something', text)

  def test_onednn_is_on_unless_it_is_turned_off(self):
    with mock.patch.dict(os.environ):
      del os.environ['TF_ENABLE_ONEDNN_OPTS']
      turns, _ = _measure(_NEEDS_ONEDNN)
      self.assertNotEmpty(turns)
      os.environ['TF_ENABLE_ONEDNN_OPTS'] = '0'
      turns, text = _measure(_NEEDS_ONEDNN)
      self.assertEmpty(turns)
      self.assertIn('oneDNN is off', text)

  def test_a_slow_peer_trains_for_fewer_steps(self):
    # 1.5 s at 0.25 s per step.
    turns, _ = _measure(_SLOW)
    self.assertEqual(turns[0].num_images, 6 * 128)

  def test_what_a_peer_does_not_do_is_no_turn(self):
    turns, _ = _measure(_ANSWERS)
    self.assertEqual([turn.kind for turn in turns], ['evaluation'] * 2)

  def test_a_missing_library_is_left_out(self):
    turns, text = _measure(_ABSENT, _WORKS)
    self.assertEqual({turn.contestant.peer for turn in turns}, {_WORKS})
    self.assertIn('absent, float32 is left out: no module', text)

  def test_a_crash_shows_what_the_process_wrote_last(self):
    turns, text = _measure(_WORKS, _CRASHES)
    self.assertLen(turns, 4)
    self.assertRegex(text, r'crashes.* is left out: its last lines:\s+this is')

  def test_output_of_c_goes_to_the_file(self):
    log = pathlib.Path(self.create_tempdir().full_path) / 'log'
    process = multiprocessing.get_context('fork').Process(
      target=_write_to_descriptors, args=(log,)
    )
    process.start()
    process.join()
    self.assertEqual(log.read_text(), 'one\ntwo\n')


def _write_to_descriptors(log):
  workers.redirect_output(log)
  os.write(1, b'one\n')
  os.write(2, b'two\n')


if __name__ == '__main__':
  absltest.main()
