"""Tests of excitation.py."""

import pathlib

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf import errors
from cnn_tf.measure import excitation


def _excitation(on_map, image, on_node, patch, is_relu=True):
  trajectory = np.stack([np.full([28, 28], x) for x in (0.0, 0.1, 0.2, 0.3)])
  return excitation.Excitation(
    7,
    is_relu,
    np.array([on_map - 1, on_map]),
    trajectory,
    image,
    np.array([on_node, on_node - 1]),
    trajectory[0, :8, :8],
    np.array([patch, patch - 1]),
    [trajectory[0, :8, :8]] * 2,
  )


def _found(number, pattern):
  return excitation.Excitation(
    number,
    True,
    np.array([1.0, 3.0]),
    np.stack([np.zeros((4, 4)), np.full((4, 4), number / 10)]),
    2.0,
    np.array([5.0]),
    pattern,
    np.array([4.0]),
    [],
  )


class ExcitationTest(parameterized.TestCase):
  @parameterized.parameters(
    ('converged', 2, 1, 5, 4),
    ('converged', 2, 2.0001, 5, 5.0001),  # up to rounding
    ('not converged', 2, 3, 5, 4),
    ('not converged', 2, 1, 5, 6),
    ('not converged', -2, -1, 5, 4),
    ('not converged', np.nan, 1, 5, 4),
    ('not converged', 2, 1, np.nan, 4),
    ('silent', 2, -1, 5, -0.1),
    ('dead', -2, -3, -1, -1),
    ('converged', -2, -3, -1, -1, False),  # without relu, negative values pass
  )
  def test_status(self, status, *scores):
    self.assertEqual(_excitation(*scores).status, status)

  def test_an_ascent_that_did_not_start_has_not_converged(self):
    found = _excitation(2, 1, 5, 4)
    still = found._replace(trajectory=found.trajectory[[0, 0]])
    self.assertEqual(still.status, 'not converged')

  def test_nan_is_never_the_best_start(self):
    self.assertEqual(excitation.best_start(np.array([1, np.nan, 3, 2])), 2)
    self.assertEqual(excitation.best_start(np.array([np.nan, -np.inf])), 0)
    found = _excitation(2, 1, 5, 4)._replace(map_scores=np.array([np.nan, 2]))
    self.assertEqual((found.map_score, found.status), (2, 'converged'))

  def test_the_table_has_all_scores(self):
    header, row = excitation.table([_excitation(2, 1, 5, 4)])
    self.assertEqual(
      dict(zip(header, row, strict=True)),
      {
        'map': '7',
        'status': 'converged',
        'map_pattern': '2',
        'best_image': '1',
        'node_pattern': '5',
        'best_patch': '4',
        'map_start_0': '1',
        'map_start_1': '2',
        'node_start_0': '5',
        'node_start_1': '4',
      },
    )


class FileTest(absltest.TestCase):
  def setUp(self):
    super().setUp()
    self.folder = pathlib.Path(self.create_tempdir().full_path)

  def test_what_is_saved_is_read(self):
    patches = [_found(n, np.full((2, 2), 0.5)) for n in (3, 7)]
    excitation.save(self.folder, 'conv2', 12, patches)
    read = excitation.read(self.folder, 'conv2')
    self.assertEqual(read.epoch, 12)
    self.assertEqual(read.numbers.tolist(), [3, 7])
    self.assertEqual(read.statuses, ['converged'] * 2)
    self.assertEqual(read.images[:, 0, 0].tolist(), [0.3, 0.7])
    self.assertEqual(read.scores.tolist(), [3.0, 3.0])
    self.assertEqual(read.patches.shape, (2, 2, 2))

  def test_units_have_no_patches(self):
    excitation.save(self.folder, 'dense1', 1, [_found(0, None)])
    self.assertIsNone(excitation.read(self.folder, 'dense1').patches)

  def test_no_file_is_none_and_a_damaged_one_an_error(self):
    self.assertIsNone(excitation.read(self.folder, 'conv1'))
    (self.folder / 'patterns_conv1.npz').write_bytes(b'PK')
    with self.assertRaises(errors.UserError):
      excitation.read(self.folder, 'conv1')


if __name__ == '__main__':
  absltest.main()
