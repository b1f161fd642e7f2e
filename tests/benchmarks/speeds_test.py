"""Tests of benchmarks/speeds.py."""

import pathlib

import numpy as np
from absl.testing import absltest

from benchmarks import peers
from benchmarks import speeds
from cnn_tf.network import geometry
from cnn_tf.run import layers
from cnn_tf.run import settings as settings_lib

_KERAS = peers.Peer('Keras', 'fit')
_PYTORCH = peers.Peer('PyTorch', 'channels last')
_JAX = peers.Peer('JAX', '')


def _measured(kind='training', precision='float32'):
  """Four rounds; the machine is twice as slow in the second."""
  machine = np.array([1, 0.5, 1, 1])
  rates = {peers.OURS: 300, _KERAS: 100, _PYTORCH: 150, _JAX: 200}
  return {
    (speeds.Contestant(peer, precision), kind): rate * machine
    for peer, rate in rates.items()
  }


class RatioTest(absltest.TestCase):
  def test_it_is_paired_by_round(self):
    # Whatever the machine does in a round, the first is twice as fast.
    second = np.array([100.0, 50.0, 170.0, 80.0])
    self.assertEqual(speeds.ratio(2 * second, second), (2, 2, 2))

  def test_the_interval_of_two_rounds_goes_from_one_to_the_other(self):
    found = speeds.ratio(np.array([1.0, 3.0]), np.ones(2))
    # A resample has the medians 1, 2 or 3, with probability 1/4, 1/2 and 1/4.
    self.assertEqual(found, (2, 1, 3))

  def test_one_outlier_in_15_rounds_changes_neither_end(self):
    ratios = np.linspace(1.9, 2.1, 15)
    usual = speeds.ratio(ratios, np.ones(15))
    ratios[-1] = 50.0
    self.assertEqual(speeds.ratio(ratios, np.ones(15)), usual)

  def test_the_interval_covers_the_median_in_about_95_of_100_cases(self):
    draws = np.random.default_rng(0)
    intervals = [
      speeds.ratio(draws.normal(2, 0.1, 15), np.ones(15)) for _ in range(200)
    ]
    covered = [found.low <= 2 <= found.high for found in intervals]
    self.assertBetween(np.mean(covered), 0.9, 0.99)


class BestTest(absltest.TestCase):
  def test_it_has_the_highest_median_of_its_libraries(self):
    measured = _measured()
    best = speeds.best(measured, 'training', 'float32', speeds.BAR)
    self.assertEqual(best, (_PYTORCH, 'float32'))
    everyone = ('Keras', 'PyTorch', 'JAX')
    best = speeds.best(measured, 'training', 'float32', everyone)
    self.assertEqual(best, (_JAX, 'float32'))

  def test_other_kinds_and_precisions_do_not_count(self):
    measured = _measured() | _measured('evaluation', 'bfloat16')
    for kind, precision in (
      ('training', 'bfloat16'),
      ('evaluation', 'float32'),
    ):
      best = speeds.best(measured, kind, precision, speeds.BAR)
      self.assertIsNone(best)


class RoofTest(absltest.TestCase):
  def test_the_operations_per_image_are_as_the_geometry_says(self):
    traced = geometry.trace(
      layers.parse(settings_lib.REFERENCE_LAYERS), (28, 28, 1)
    )
    counts = [layer.num_multiplications for layer in traced]
    # Forward, and the gradients of kernels and of inputs, but conv1's.
    training = 2 * (3 * sum(counts) - counts[0])
    self.assertEqual(
      speeds.FLOP_PER_IMAGE,
      {'training': training, 'evaluation': 2 * sum(counts)},
    )

  def test_it_is_the_rate_of_matmul_over_the_operations_of_an_image(self):
    roof_peer = speeds.Contestant(peers.ROOF, 'float32')
    # 10 products of 2 * 1024 ** 3 operations in 0.1 s: 214.7 GFLOP/s.
    turn = speeds.Turn(roof_peer, 'training', 0, 10 * peers.BATCH_SIZE, 0.1)
    measured = speeds.by_round([turn])
    [images] = speeds.roof(measured, 'evaluation', 'float32')
    self.assertAlmostEqual(images, 214.748e9 / 5_630_672, delta=1)
    self.assertIsNone(speeds.roof(measured, 'training', 'bfloat16'))


class TablesTest(absltest.TestCase):
  def test_the_table_has_one_line_per_peer_with_its_ratio(self):
    lines = speeds.table(_measured(), 'training', 'float32').splitlines()
    self.assertLen(lines, 5)
    self.assertRegex(lines[1], r'^ours, auto replicas +300 +150 +300$')
    self.assertRegex(
      lines[2], r'^Keras, fit +100 +50 +100 +3\.00 +3\.00 to 3\.00$'
    )

  def test_the_bars_name_the_best_of_keras_and_pytorch_and_of_all(self):
    text = speeds.bars(_measured())
    self.assertRegex(
      text,
      r'ours in float32 / best of Keras and PyTorch +2\.00 +2\.00 to 2\.00 '
      r'+PyTorch, channels last',
    )
    self.assertRegex(text, r'ours in float32 / best of all +1\.50 .* JAX')
    self.assertNotIn('bfloat16', text)

  def test_bfloat16_is_also_compared_with_the_best_in_float32(self):
    half = {
      key: values / 2 for key, values in _measured(precision='bfloat16').items()
    }
    text = speeds.bars(_measured() | half)
    self.assertRegex(
      text, r'bfloat16 / best of Keras and PyTorch in float32 +1\.00'
    )
    self.assertRegex(text, r'bfloat16 / ours in float32 +0\.50')
    self.assertRegex(text, r'bfloat16 / best of Keras and PyTorch +2\.00')

  def test_without_ours_there_is_no_ratio(self):
    measured = _measured()
    del measured[speeds.Contestant(peers.OURS, 'float32'), 'training']
    lines = speeds.table(measured, 'training', 'float32').splitlines()
    self.assertRegex(lines[1], r'^Keras, fit +100 +50 +100$')
    self.assertLen(speeds.bars(measured).splitlines(), 1)


class CsvTest(absltest.TestCase):
  def test_it_has_one_line_per_turn(self):
    contestant = speeds.Contestant(_PYTORCH, 'bfloat16')
    turns = [
      speeds.Turn(contestant, 'training', 0, 6400, 0.5),
      speeds.Turn(contestant, 'evaluation', 0, 10000, 0.25),
    ]
    path = pathlib.Path(self.create_tempdir().full_path) / 'x.csv'
    speeds.write_csv(path, turns)
    self.assertEqual(
      path.read_text().splitlines(),
      [
        'library,setting,precision,kind,round,images,seconds',
        'PyTorch,channels last,bfloat16,training,0,6400,0.500000',
        'PyTorch,channels last,bfloat16,evaluation,0,10000,0.250000',
      ],
    )


if __name__ == '__main__':
  absltest.main()
