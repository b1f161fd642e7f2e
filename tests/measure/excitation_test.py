"""Tests of excitation.py."""

import numpy as np
from absl.testing import absltest
from absl.testing import parameterized

from cnn_tf.measure import excitation


def _excitation(on_map, image, on_node, patch, is_relu=True):
  trajectory = np.zeros([4, 28, 28])
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


class ExcitationTest(parameterized.TestCase):
  @parameterized.parameters(
    ('converged', 2, 1, 5, 4),
    ('converged', 2, 2.0001, 5, 5.0001),  # up to rounding
    ('not converged', 2, 3, 5, 4),
    ('not converged', 2, 1, 5, 6),
    ('not converged', -2, -1, 5, 4),
    ('silent', 2, -1, 5, -0.1),
    ('dead', -2, -3, -1, -1),
    ('converged', -2, -3, -1, -1, False),  # without relu, negative values pass
  )
  def test_status(self, status, *scores):
    self.assertEqual(_excitation(*scores).status, status)

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


if __name__ == '__main__':
  absltest.main()
