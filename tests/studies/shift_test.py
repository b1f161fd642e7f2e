"""Tests of shift.py."""

from unittest import mock

import numpy as np
import tensorflow as tf

from cnn_tf.run import run_folder
from cnn_tf.studies import shift
from cnn_tf.studies import trained
from tests import miniature


class ShiftTest(tf.test.TestCase):
  def setUp(self):
    super().setUp()
    self.plan = miniature.plan(self.create_tempdir().full_path)

  def test_training_images_are_shifted_independently_by_up_to_4_pixels(self):
    dots = np.zeros((500, 28, 28), np.uint8)
    dots[:, 14, 14] = 255
    indices, rows, columns = np.nonzero(shift.at_random(dots))
    self.assertAllEqual(indices, np.arange(500))
    moves = np.stack([rows, columns], axis=1) - 14
    expected = np.random.default_rng(0).integers(-4, 5, size=(500, 2))
    self.assertAllEqual(moves, expected)
    self.assertEqual((moves.min(), moves.max()), (-4, 4))

  def test_the_layers_have_periods_of_1_2_and_4_pixels(self):
    run = next(trained.seeds(self.plan))
    errors = shift.equivariance(
      run.network, run.geometries, _noise(20), shift.DISTANCES
    )
    periods = {'conv1': 1, 'pool1': 2, 'conv2': 2, 'pool2': 4, 'conv3': 4}
    self.assertEqual(list(errors), list(periods))
    for name, period in periods.items():
      for distance, error in zip(shift.DISTANCES, errors[name], strict=True):
        with self.subTest(f'{name} at {distance}'):
          if distance % period:
            self.assertGreater(error, 0.05)
          else:
            self.assertLess(error, 1e-5)

  def test_an_error_between_two_nodes_equals_that_of_loops(self):
    run = next(trained.seeds(self.plan, layers='maxpool 3x3 stride 3'))
    images = _noise(2)
    errors = shift.equivariance(run.network, run.geometries, images, [1, 2, 5])
    for distance, nodes, first, error in zip(
      (1, 2, 5), (0, 1, 2), (1, 1, 2), errors['pool1'], strict=True
    ):
      differences, size = 0.0, 0.0
      # Shifting right is shifting the transposed image down.
      for image in [*images, *images.transpose(0, 2, 1)]:
        moved = np.zeros((28, 28))
        moved[distance:] = image[:-distance]
        for y in range(first, 9):
          for x in range(9):
            a = _largest(moved, y, x)
            b = _largest(image, y - nodes, x)
            differences += (a - b) ** 2
            size += b**2
      self.assertAllClose(error, (differences / size) ** 0.5)

  def test_the_report_scores_all_networks_on_the_same_images(self):
    two = {name: shift.NETWORKS[name] for name in ('CNN', 'MLP')}
    with mock.patch.object(shift, 'NETWORKS', two):
      header, *rows = shift.measure(self.plan).table
    table = {row[0]: row[1:] for row in rows}
    self.assertEqual(header[1:], list('012345678'))
    for name, text in two.items():
      [plain] = trained.folders(self.plan, layers=text)
      accuracy = run_folder.read_result(plain)['test_accuracy']
      right = table[f'{name}, plain: accuracy (%)']
      self.assertEqual(right[0], f'{100 * accuracy:.1f}')
      self.assertEqual(table[f'{name}, plain: unchanged (%)'][0], '100.0')
    test = next(trained.seeds(self.plan)).data.test
    folder = str(self.plan.networks / 'digits-shifted')
    run = next(trained.seeds(self.plan, data_dir=folder))
    self.assertNotAllEqual(run.data.test.images, test.images)
    accuracy = trained.accuracy(run.network, test)
    self.assertEqual(
      table['CNN, shifted: accuracy (%)'][0], f'{100 * accuracy:.1f}'
    )
    self.assertEqual(table['CNN, conv1: error'], ['0'] * 9)


def _noise(count):
  """Images without a dark border, so that pixels that move in are noticed."""
  random = np.random.default_rng(0)
  return random.integers(256, size=(count, 28, 28), dtype=np.uint8)


def _largest(image, y, x):
  return image[3 * y : 3 * y + 3, 3 * x : 3 * x + 3].max() / 255


if __name__ == '__main__':
  tf.test.main()
